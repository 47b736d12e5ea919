#include "memfit/bench/bench_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include "memfit/trial/words.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

constexpr Bytes smallestLimit = MiB;
constexpr double largestMultiple = 1000;

/// A plain decimal number that fills the whole text.
std::optional<double> parseNumber(std::string_view text) {
    double number = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, number, std::chars_format::fixed);
    if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
    return number;
}

/// A size, for the flag and word that an error names.
Result<Bytes> parseSize(std::string_view flag, std::string_view word) {
    const auto quantity = parseQuantity(word);
    if (!quantity)
        return usageError(fmt::format("{}: `{}`: {}", flag, word, quantity.error().what),
                          quantity.error().next);
    if (quantity->bytes < smallestLimit) {
        const bool bare = word.find_first_not_of("0123456789") == std::string_view::npos;
        return usageError(
            fmt::format("{}: `{}` is below 1Mi: no Go program runs in that", flag, word),
            fmt::format("give a size like {}Mi", bare && quantity->bytes > 0 ? word : "64"));
    }
    return quantity->bytes;
}

Result<LimitWord> parseLimitWord(std::string_view word) {
    LimitWord result;
    result.label = word;
    if (word == "none") return result;
    if (word == "min" || word == "sys") {
        result.kind = word == "min" ? LimitWord::Kind::min : LimitWord::Kind::sys;
        return result;
    }
    if (word.find_first_of("0123456789") == std::string_view::npos)
        return usageError(fmt::format("--limits: `{}` is not known", word),
                          "use none, min, sys, a multiple like 2x or a quantity like 64Mi");
    if (word.ends_with('x')) {
        const auto multiple = parseNumber(word.substr(0, word.size() - 1));
        if (!multiple || !(*multiple > 0) || *multiple > largestMultiple)
            return usageError(fmt::format("--limits: `{}` is not a multiple of min", word),
                              "write it as 2x or 1.5x");
        result.kind = LimitWord::Kind::multiple;
        result.multiple = *multiple;
        return result;
    }
    const auto size = parseSize("--limits", word);
    if (!size) return size.error();
    result.kind = LimitWord::Kind::literal;
    result.literal = *size;
    return result;
}

std::optional<Bytes> known(const std::optional<Bytes>& size) {
    return size && *size > 0 ? size : std::nullopt;
}

/// Rounded up to whole MiB; nullopt beyond what a size can be.
std::optional<Bytes> wholeMiB(long double bytes) {
    constexpr auto most = static_cast<long double>(std::numeric_limits<Bytes>::max() - MiB);
    // A multiple such as 1.1 is not exact in binary: a thousandth of a byte is no reason for a MiB.
    const long double whole = std::ceil(bytes - 0.001L);
    if (whole > most) return std::nullopt;
    return ceilToMiB(static_cast<Bytes>(whole));
}

/// The limit that a word stands for; its value is nullopt for `none`.
Result<std::optional<Bytes>> limitOf(const LimitWord& word, const BenchPlanOptions& options) {
    using Kind = LimitWord::Kind;
    if (word.kind == Kind::none) return std::optional<Bytes>();
    if (word.kind == Kind::literal) return std::optional(word.literal);

    const auto base = known(word.kind == Kind::sys ? options.sys : options.minimum);
    if (!base && word.kind == Kind::sys)
        return usageError(
            fmt::format("--limits: `{}` needs Go's Sys, which is not known", word.label),
            "let the program publish its memory statistics (--stats-port), or leave the word out");
    if (!base)
        return usageError(
            fmt::format("--limits: `{}` needs the minimum, which is not known", word.label),
            "give --min or a squeeze result with -f");
    if (word.kind == Kind::min) return base;

    const long double factor =
        word.kind == Kind::sys ? 1.0L : static_cast<long double>(word.multiple);
    const auto size = wholeMiB(static_cast<long double>(*base) * factor);
    if (!size) return usageError(fmt::format("--limits: `{}` is too large for a size", word.label));
    return size;
}

std::optional<Settings> settingsOf(std::optional<Bytes> limit, Mode mode,
                                   const GomemlimitRule& rule) {
    if (mode == Mode::plain) return plainSettings(limit);
    if (!limit) return std::nullopt;
    return gomemlimitSettings(*limit, rule.forLimit(*limit));
}

}  // namespace

Bytes GomemlimitRule::forLimit(Bytes limit) const {
    if (kind == Kind::literal) return literal;
    if (kind == Kind::limit || percent >= 100) return limit;
    return static_cast<Bytes>(static_cast<long double>(limit) * static_cast<long double>(percent) /
                              100);
}

Result<GomemlimitRule> parseGomemlimitRule(std::string_view text) {
    GomemlimitRule rule;
    const auto word = trimmed(text);
    if (word == "limit") return rule;
    if (word.ends_with('%')) {
        const auto percent = parseNumber(word.substr(0, word.size() - 1));
        if (!percent || !(*percent > 0) || *percent > 100)
            return usageError(
                fmt::format("--gomemlimit: `{}` is not a percentage above 0 and up to 100", word),
                "write it as 90%");
        rule.kind = GomemlimitRule::Kind::percent;
        rule.percent = *percent;
        return rule;
    }
    const auto size = parseSize("--gomemlimit", word);
    if (!size) return size.error();
    rule.kind = GomemlimitRule::Kind::literal;
    rule.literal = *size;
    return rule;
}

Result<std::vector<LimitWord>> parseLimitWords(std::string_view text) {
    std::vector<LimitWord> words;
    while (true) {
        const auto comma = text.find(',');
        const auto word = trimmed(text.substr(0, comma));
        if (word.empty())
            return usageError("--limits: a word is empty", "write it as none,min,sys,2x,4x");
        auto parsed = parseLimitWord(word);
        if (!parsed) return parsed.error();
        words.push_back(std::move(*parsed));
        if (comma == std::string_view::npos) return words;
        text.remove_prefix(comma + 1);
    }
}

Result<std::vector<CellSpec>> benchCells(const BenchPlanOptions& options) {
    std::vector<CellSpec> cells;
    for (const auto& word : options.limits) {
        const auto limit = limitOf(word, options);
        if (!limit) return limit.error();
        for (const auto mode : options.modes) {
            auto settings = settingsOf(*limit, mode, options.gomemlimit);
            if (!settings || std::ranges::count(cells, *settings, &CellSpec::settings) > 0)
                continue;
            const auto larger = std::ranges::upper_bound(
                cells, *limit, {}, [](const CellSpec& cell) { return cell.settings.limit; });
            cells.insert(larger, {word.label, *std::move(settings)});
        }
    }
    if (cells.empty())
        return usageError("nothing left to bench: without a limit only plain is run",
                          "add a limit to --limits or plain to --modes");
    return cells;
}

std::vector<std::vector<std::size_t>> shuffledBlocks(std::size_t cells, int runs,
                                                     std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::vector<std::size_t>> blocks;
    for (int run = 0; run < runs; ++run) {
        auto& block = blocks.emplace_back(cells);
        std::iota(block.begin(), block.end(), std::size_t{0});
        // Not std::shuffle: its order differs between standard libraries.
        for (std::size_t left = cells; left > 1; --left)
            std::swap(block[left - 1], block[static_cast<std::size_t>(random() % left)]);
    }
    return blocks;
}

}  // namespace memfit
