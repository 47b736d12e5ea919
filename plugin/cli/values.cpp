#include "cli/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

namespace memfit::plugin {
namespace {

std::optional<double> readNumber(std::string_view text) {
    double value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

Result<int> parseInteger(std::string_view text, int low, int high) {
    int value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
        return usageError(fmt::format("'{}' is not a whole number from {} to {}", text, low, high));
    }
    return value;
}

Result<double> parseShare(std::string_view text, double low, double high) {
    const bool percent = text.ends_with('%');
    const auto number = readNumber(percent ? text.substr(0, text.size() - 1) : text);
    const double value = percent ? number.value_or(0) / 100 : number.value_or(0);
    if (!number || value < low || value > high) {
        return usageError(
            fmt::format("'{}' is not a share from {}% to {}%", text, low * 100, high * 100),
            "write it as 5% or 0.05");
    }
    return value;
}

Result<double> parseSeconds(std::string_view text) {
    struct Unit {
        std::string_view suffix;
        double seconds;
    };
    // `ms` stands before `s`: the longest suffix that fits is the unit.
    constexpr Unit units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"", 1}};
    for (const auto& unit : units) {
        if (!text.ends_with(unit.suffix)) continue;
        const auto number = readNumber(text.substr(0, text.size() - unit.suffix.size()));
        if (!number || *number <= 0 || *number * unit.seconds > 1e7) break;
        return *number * unit.seconds;
    }
    return usageError(fmt::format("'{}' is not a duration", text), "write it as 500ms, 90s or 2m");
}

Result<std::pair<std::string, std::string>> parseAssignment(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        return usageError(fmt::format("'{}' does not set a variable", text.substr(0, equals)),
                          "write it as NAME=VALUE");
    }
    return std::pair{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

Result<std::vector<std::string>> splitCommas(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t start = 0; start <= text.size();) {
        const auto comma = std::min(text.find(',', start), text.size());
        if (comma == start) return usageError(fmt::format("'{}' has an empty word", text));
        words.emplace_back(text.substr(start, comma - start));
        start = comma + 1;
    }
    return words;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    std::string_view best;
    std::size_t bestDistance = 4;
    for (const auto candidate : candidates) {
        const auto distance = editDistance(word, candidate);
        // Three edits make any three letters into any others; more must stay than changes.
        if (distance < bestDistance && distance * 2 <= candidate.size()) {
            best = candidate;
            bestDistance = distance;
        }
    }
    return best;
}

}  // namespace memfit::plugin
