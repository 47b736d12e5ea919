#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;
using nlohmann::json;

namespace {

const std::string bench = "replay/seed-bench.json";

BinaryEnd recommend(const std::string& fixture, const std::vector<std::string>& flags) {
    std::vector<std::string> words{"recommend", "-f", fixturePath(fixture)};
    words.insert(words.end(), flags.begin(), flags.end());
    return memfitRun(words);
}

json advice(const std::string& fixture, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"-o", "json"});
    const auto end = recommend(fixture, flags);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    return json::parse(end.out);
}

}  // namespace

TEST_CASE("the published bench gives its recommendation, word for word, in every format") {
    const std::vector<std::pair<std::vector<std::string>, std::string>> formats{
        {{}, "table.txt"},
        {{"--color", "never"}, "table.txt"},
        {{"-o", "markdown"}, "md"},
        {{"-o", "yaml"}, "yaml"},
    };
    for (const auto& [flags, fixture] : formats) {
        CAPTURE(fixture);
        const auto end = recommend(bench, flags);
        CHECK(end.code == 0);
        CHECK(end.err.empty());
        CHECK(end.out == readFixture("e2e/seed-bench." + fixture));
    }
}

TEST_CASE("a measured recommendation gives its page, and the document behind it") {
    const std::string measured = "replay/local-recommend.json";
    const auto end = recommend(measured, {"-o", "html"});
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    // The document itself is told by the JSON tests.
    const auto link = end.out.find("<p><a download");
    REQUIRE(link != std::string::npos);
    CHECK(end.out.substr(0, link) == readFixture("e2e/local-recommend.html"));
    CHECK(end.out.substr(link).find("href=\"data:application/json;base64,") != std::string::npos);
}

TEST_CASE("the published bench gives its recommendation as JSON, with the bench in its inputs") {
    auto result = advice(bench);
    REQUIRE(result.at("inputs").size() == 1);
    CHECK(result.at("inputs").at(0).at("kind") == "BenchResult");
    CHECK(result.at("inputs").at(0).at("cells") == json::parse(readFixture(bench)).at("cells"));
    result.erase("inputs");
    CHECK(result == json::parse(readFixture("e2e/seed-bench.json")));
}

TEST_CASE("the policies choose what the published numbers say") {
    CHECK(advice(bench, {"--policy", "lean"}).at("recommendation") ==
          json::parse(R"({"limitBytes": 18874368, "requestBytes": 18874368,
                          "gomemlimit": {"mode": "limits.memory"}, "gogc": "off"})"));
    CHECK(advice(bench, {"--policy", "no-limit"}).at("recommendation") ==
          json::parse(R"({"limitBytes": null, "gomemlimit": {"mode": "unset"}})"));
    CHECK(advice(bench, {"--tolerance", "10%"}).at("recommendation").at("limitBytes") == 24117248);
}

TEST_CASE("a squeeze alone gives its minimum and names the bench as the next step") {
    const auto result = advice("replay/seed-squeeze.json");
    CHECK(result.at("recommendation") ==
          json::parse(R"({"limitBytes": 18874368, "requestBytes": 18874368,
                          "gomemlimit": {"mode": "unset"}})"));
    CHECK(result.at("next").get<std::string>().starts_with("kubectl memfit bench "));
}

TEST_CASE("surviving with GOMEMLIMIT is not enough: alone it gives no advice") {
    const auto end = recommend("replay/seed-13mi-gomemlimit.json", {});
    CHECK(end.code == 4);
    CHECK(end.err ==
          "error: the squeeze ran with GOMEMLIMIT, where a run that survives may be far too slow, "
          "so no limit follows from it alone; run kubectl memfit bench deploy/sales-api -n "
          "sales-system -c "
          "sales-api --load 'make talk-load'\n");
}

TEST_CASE("all published results together, in any order and from standard input, agree") {
    const auto apart =
        memfitRun({"recommend", "-o", "json", "-f", fixturePath("replay/seed-squeeze.json"), "-f",
                   fixturePath(bench), "-f", fixturePath("replay/seed-13mi-gomemlimit.json")});
    CHECK(apart.code == 0);
    const auto piped =
        memfitRun({"recommend", "-o", "json", "-f", "-"},
                  {.input = readFixture("replay/seed-13mi-gomemlimit.json") + readFixture(bench) +
                            readFixture("replay/seed-squeeze.json")});
    CHECK(piped.code == 0);
    const auto result = json::parse(apart.out);
    CHECK(result.at("recommendation").at("limitBytes") == 37748736);
    CHECK(result.at("inputs").size() == 3);
    CHECK(json::parse(piped.out).at("recommendation") == result.at("recommendation"));
}

TEST_CASE("--check exits 3 and says what does not fit, and 0 when all does") {
    const auto wrong = recommend(bench, {"--check", "--limit", "64Mi"});
    CHECK(wrong.code == 3);
    CHECK(wrong.err ==
          "check: memory limit is 64Mi, above the advised 36Mi\n"
          "check: memory request is 64Mi, above the advised 36Mi\n"
          "check: GOMEMLIMIT is not set, the limit, 64Mi, is advised\n"
          "check: GOGC is not set, off is advised\n");
    const auto right = recommend(
        bench, {"--check", "--limit", "36Mi", "-e", "GOMEMLIMIT=36MiB", "-e", "GOGC=off"});
    CHECK(right.code == 0);
    CHECK(right.err.empty());
}

TEST_CASE("colour comes only when it is asked for, and NO_COLOR does not refuse what is asked") {
    CHECK(recommend(bench, {}).out.find('\x1b') == std::string::npos);
    CHECK(recommend(bench, {"--color", "always"}).out.find('\x1b') != std::string::npos);
}
