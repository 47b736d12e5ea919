#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memfit/error.h"

namespace memfit::plugin {

/// Readers for the values of flags. Errors: kind usage, naming the value and what would fit.

/// A whole number within [low, high].
[[nodiscard]] Result<int> parseInteger(std::string_view text, int low, int high);

/// A number within [low, high]; `5%` is 0.05.
[[nodiscard]] Result<double> parseShare(std::string_view text, double low, double high);

/// `500ms`, `90s`, `2m`, `1h`, or a bare number of seconds; more than zero.
[[nodiscard]] Result<double> parseSeconds(std::string_view text);

/// `NAME=VALUE`; the value may be empty and may hold `=`.
[[nodiscard]] Result<std::pair<std::string, std::string>> parseAssignment(std::string_view text);

/// Splits at commas; an empty word is an error.
[[nodiscard]] Result<std::vector<std::string>> splitCommas(std::string_view text);

/// The candidate nearest to `word` within three edits (insert, delete, replace); empty when none.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

}  // namespace memfit::plugin
