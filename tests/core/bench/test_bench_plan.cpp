#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memfit/bench/bench_plan.h"

using memfit::BenchPlanOptions;
using memfit::Bytes;
using memfit::CellSpec;
using memfit::GomemlimitRule;
using memfit::MiB;
using memfit::Mode;

namespace {

BenchPlanOptions plan(std::string_view limits) {
    BenchPlanOptions options;
    const auto words = memfit::parseLimitWords(limits);
    REQUIRE_MESSAGE(words.has_value(), limits);
    options.limits = *words;
    options.minimum = 18 * MiB;
    options.sys = 23'418'120;
    return options;
}

std::vector<CellSpec> cellsOf(const BenchPlanOptions& options) {
    auto cells = memfit::benchCells(options);
    REQUIRE(cells.has_value());
    return *cells;
}

CellSpec plain(std::string label, std::optional<Bytes> limit) {
    return {std::move(label), memfit::plainSettings(limit)};
}

CellSpec limited(std::string label, Bytes limit) {
    return {std::move(label), memfit::gomemlimitSettings(limit, limit)};
}

std::string labels(const std::vector<CellSpec>& cells) {
    std::string text;
    for (const auto& cell : cells)
        text += cell.label + (cell.settings.mode == Mode::plain ? " " : "+ ");
    return text;
}

std::string wordsRefusal(std::string_view text) {
    const auto words = memfit::parseLimitWords(text);
    REQUIRE_MESSAGE(words.has_error(), text);
    CHECK(words.error().kind == memfit::ErrorKind::usage);
    return words.error().message();
}

std::string planRefusal(const BenchPlanOptions& options) {
    const auto cells = memfit::benchCells(options);
    REQUIRE(cells.has_error());
    CHECK(cells.error().kind == memfit::ErrorKind::usage);
    return cells.error().message();
}

std::string ruleRefusal(std::string_view text) {
    const auto rule = memfit::parseGomemlimitRule(text);
    REQUIRE_MESSAGE(rule.has_error(), text);
    CHECK(rule.error().kind == memfit::ErrorKind::usage);
    return rule.error().message();
}

}  // namespace

TEST_CASE("the default bench goes from no limit up through min, sys and its multiples") {
    const std::vector<CellSpec> expected{
        plain("none", std::nullopt), plain("min", 18 * MiB),   limited("min", 18 * MiB),
        plain("sys", 23 * MiB),      limited("sys", 23 * MiB), plain("2x", 36 * MiB),
        limited("2x", 36 * MiB),     plain("4x", 72 * MiB),    limited("4x", 72 * MiB),
    };
    CHECK(cellsOf(plan("none,min,sys,2x,4x")) == expected);
}

TEST_CASE("cells come in the order of their limits, whatever order was written") {
    CHECK(labels(cellsOf(plan("4x, 64Mi ,min,none,2x"))) ==
          "none min min+ 2x 2x+ 64Mi 64Mi+ 4x 4x+ ");
}

TEST_CASE("at one limit the modes keep their order, and a mode said twice runs once") {
    auto options = plan("min");
    options.modes = {Mode::gomemlimit, Mode::plain, Mode::gomemlimit};
    CHECK(labels(cellsOf(options)) == "min+ min ");
}

TEST_CASE("words for the same limit are one cell, with the label that was written first") {
    CHECK(labels(cellsOf(plan("36Mi,2x,none,min,none,min,1x"))) == "none min min+ 36Mi 36Mi+ ");
    CHECK(labels(cellsOf(plan("1x,min"))) == "1x 1x+ ");
}

TEST_CASE("sys and multiples are rounded up to whole MiB, min and quantities are not") {
    auto options = plan("min,1.5x,sys,30500Ki");
    options.minimum = 17 * MiB + 1;
    options.modes = {Mode::plain};
    const std::vector<CellSpec> expected{
        plain("min", 17 * MiB + 1),
        plain("sys", 23 * MiB),
        plain("1.5x", 26 * MiB),
        plain("30500Ki", Bytes{30'500} * 1024),
    };
    CHECK(cellsOf(options) == expected);
}

TEST_CASE("a multiple that is not exact in binary does not cost a MiB") {
    auto options = plan("1.1x");
    options.minimum = 10 * MiB;
    options.modes = {Mode::plain};
    CHECK(cellsOf(options) == std::vector<CellSpec>{plain("1.1x", 11 * MiB)});
}

TEST_CASE("GOMEMLIMIT follows the limit by the rule") {
    auto options = plan("min");
    options.modes = {Mode::gomemlimit};
    options.gomemlimit = {GomemlimitRule::Kind::percent, 90, 0};
    CHECK(cellsOf(options).front().settings.gomemlimit == 16'986'931);  // 16986931.2

    options.gomemlimit = {GomemlimitRule::Kind::literal, 100, 64 * MiB};
    CHECK(cellsOf(options).front().settings.gomemlimit == 64 * MiB);
}

TEST_CASE("a share of the largest limit there is does not overflow") {
    constexpr Bytes most = std::numeric_limits<Bytes>::max();
    CHECK(GomemlimitRule{GomemlimitRule::Kind::percent, 100, 0}.forLimit(most) == most);
    CHECK(GomemlimitRule{GomemlimitRule::Kind::percent, 50, 0}.forLimit(most) == most / 2);
}

TEST_CASE("a word that needs a figure nobody knows says which and what to do") {
    auto options = plan("none,2x");
    options.minimum.reset();
    CHECK(planRefusal(options) ==
          "--limits: `2x` needs the minimum, which is not known; give --min or a squeeze result "
          "with -f");
    options.minimum = 0;
    CHECK(planRefusal(options).starts_with("--limits: `2x` needs the minimum"));

    options = plan("sys");
    options.sys.reset();
    CHECK(planRefusal(options) ==
          "--limits: `sys` needs Go's Sys, which is not known; let the program publish its memory "
          "statistics (--stats-port), or leave the word out");
}

TEST_CASE("gomemlimit without any limit leaves nothing to run") {
    auto options = plan("none");
    options.modes = {Mode::gomemlimit};
    const std::string message =
        "nothing left to bench: without a limit only plain is run; add a limit to --limits or "
        "plain to --modes";
    CHECK(planRefusal(options) == message);
    CHECK(planRefusal(BenchPlanOptions{}) == message);
}

TEST_CASE("a multiple beyond every size is refused, not wrapped") {
    auto options = plan("1000x");
    options.minimum = std::numeric_limits<Bytes>::max() / 2;
    CHECK(planRefusal(options) == "--limits: `1000x` is too large for a size");
}

TEST_CASE("limit words that mean nothing are refused by name") {
    const std::string usage = "; use none, min, sys, a multiple like 2x or a quantity like 64Mi";
    const std::string small = " is below 1Mi: no Go program runs in that; give a size like ";
    struct Row {
        std::string_view text;
        std::string message;
    };
    const std::array rows{
        Row{"", "--limits: a word is empty; write it as none,min,sys,2x,4x"},
        Row{"min,,2x", "--limits: a word is empty; write it as none,min,sys,2x,4x"},
        Row{"min,max", "--limits: `max` is not known" + usage},
        Row{"None", "--limits: `None` is not known" + usage},
        Row{"0x", "--limits: `0x` is not a multiple of min; write it as 2x or 1.5x"},
        Row{"-2x", "--limits: `-2x` is not a multiple of min; write it as 2x or 1.5x"},
        Row{"x", "--limits: `x` is not known" + usage},
        Row{"infx", "--limits: `infx` is not known" + usage},
        Row{"1e300x", "--limits: `1e300x` is not a multiple of min; write it as 2x or 1.5x"},
        Row{"1001x", "--limits: `1001x` is not a multiple of min; write it as 2x or 1.5x"},
        Row{"64", "--limits: `64`" + small + "64Mi"},
        Row{"min,64m", "--limits: `64m`" + small + "64Mi"},
        Row{"512Ki", "--limits: `512Ki`" + small + "64Mi"},
        Row{"0", "--limits: `0`" + small + "64Mi"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(wordsRefusal(row.text) == row.message);
    }
}

TEST_CASE("a quantity with a suffix that Kubernetes does not know says which word it was") {
    const auto message = wordsRefusal("min,64MB,2x");
    CHECK(message.starts_with("--limits: `64MB`: "));
    CHECK(message.find("; ") != std::string::npos);
    CHECK(wordsRefusal("-64Mi").starts_with("--limits: `-64Mi`: "));
    CHECK(wordsRefusal("99999999Ei").starts_with("--limits: `99999999Ei`: "));
}

TEST_CASE("the rule for GOMEMLIMIT is the limit, a percentage or a size") {
    const auto limit = memfit::parseGomemlimitRule("limit");
    REQUIRE(limit.has_value());
    CHECK(limit->kind == GomemlimitRule::Kind::limit);
    CHECK(limit->forLimit(36 * MiB) == 36 * MiB);

    const auto percent = memfit::parseGomemlimitRule("92.5%");
    REQUIRE(percent.has_value());
    CHECK(percent->kind == GomemlimitRule::Kind::percent);
    CHECK(percent->forLimit(1000) == 925);

    const auto literal = memfit::parseGomemlimitRule("64Mi");
    REQUIRE(literal.has_value());
    CHECK(literal->forLimit(36 * MiB) == 64 * MiB);
}

TEST_CASE("a rule for GOMEMLIMIT that makes no sense is refused") {
    for (const std::string text : {"0%", "-5%", "101%", "%", "nan%", "9e1%"}) {
        CAPTURE(text);
        CHECK(ruleRefusal(text) ==
              "--gomemlimit: `" + text +
                  "` is not a percentage above 0 and up to 100; write it as 90%");
    }
    CHECK(ruleRefusal("17") ==
          "--gomemlimit: `17` is below 1Mi: no Go program runs in that; give "
          "a size like 17Mi");
    CHECK(ruleRefusal("17MB").starts_with("--gomemlimit: `17MB`: "));
    CHECK(ruleRefusal("").starts_with("--gomemlimit: ``: "));
    CHECK(ruleRefusal("off").starts_with("--gomemlimit: `off`: "));
}

TEST_CASE("every block holds every cell once") {
    const auto blocks = memfit::shuffledBlocks(9, 5, 42);
    REQUIRE(blocks.size() == 5);
    for (const auto& block : blocks)
        CHECK(std::set<std::size_t>(block.begin(), block.end()) ==
              std::set<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(std::ranges::all_of(blocks, [](const auto& block) { return block.size() == 9; }));
}

TEST_CASE("the order is the seed's, and blocks differ in it") {
    CHECK(memfit::shuffledBlocks(9, 5, 42) == memfit::shuffledBlocks(9, 5, 42));
    CHECK(memfit::shuffledBlocks(9, 5, 42) != memfit::shuffledBlocks(9, 5, 43));
    const auto blocks = memfit::shuffledBlocks(9, 2, 42);
    CHECK(blocks[0] != blocks[1]);
}

TEST_CASE("every cell comes to stand at every place about equally often") {
    std::array<std::array<int, 4>, 4> seen{};
    for (const auto& block : memfit::shuffledBlocks(4, 4000, 1))
        for (std::size_t place = 0; place < 4; ++place) ++seen.at(place).at(block[place]);
    for (const auto& row : seen)
        for (const int count : row) {
            CHECK(count > 880);
            CHECK(count < 1120);
        }
}

TEST_CASE("no runs or no cells make no order") {
    CHECK(memfit::shuffledBlocks(3, 0, 1).empty());
    CHECK(memfit::shuffledBlocks(3, -1, 1).empty());
    CHECK(memfit::shuffledBlocks(0, 1, 1) == std::vector<std::vector<std::size_t>>{{}});
}
