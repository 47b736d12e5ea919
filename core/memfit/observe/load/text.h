#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace memfit::load {

/// Counts are kept below 2^53, so that they are exact as doubles and their sums cannot overflow.
inline constexpr std::int64_t maxCount = std::int64_t{1} << 53;

/// The sum of two counts, at most maxCount.
[[nodiscard]] std::int64_t addCounts(std::int64_t a, std::int64_t b);
/// The nearest whole number; nullopt for what is negative, not finite or above maxCount.
[[nodiscard]] std::optional<std::int64_t> toCount(std::optional<double> value);
/// value * unit; nullopt for zero too: tools print a latency below their resolution as 0.
[[nodiscard]] std::optional<double> toSeconds(std::optional<double> value, double unit = 1.0);
/// value * unit in bytes, rounded.
[[nodiscard]] std::optional<std::int64_t> toBytes(std::optional<double> value, double unit = 1.0);

/// Without ANSI colour sequences; a carriage return becomes a line end.
[[nodiscard]] std::string withoutTerminalCodes(std::string_view text);

[[nodiscard]] bool contains(std::string_view text, std::string_view part);
/// From the last occurrence of `mark` to the end; empty when there is none.
[[nodiscard]] std::string_view fromLast(std::string_view text, std::string_view mark);
/// What follows the first occurrence of `mark`; empty when there is none.
[[nodiscard]] std::string_view after(std::string_view text, std::string_view mark);
/// What precedes the first occurrence of `mark`; everything when there is none.
[[nodiscard]] std::string_view before(std::string_view text, std::string_view mark);
/// The first line of `text`.
[[nodiscard]] std::string_view firstLine(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// Calls `use` with each line, without line end.
void forEachLine(std::string_view text, const std::function<void(std::string_view)>& use);
/// The parts between separators, trimmed.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// The words of `text`, at most `limit`.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text, std::size_t limit = 32);

/// A number and the word behind it: `51.31ms`, `0.03 secs`, `199.04KB`.
struct Measure {
    double value = 0;
    std::string_view unit;  ///< letters, `%` and `µ` that follow; may be empty
};
/// The number that `text` starts with, after spaces; nullopt when there is none, or when it is
/// negative or not finite.
[[nodiscard]] std::optional<Measure> leadingMeasure(std::string_view text);
[[nodiscard]] std::optional<double> leadingNumber(std::string_view text);
/// The number right behind the first `label`, on the same line.
[[nodiscard]] std::optional<double> numberAfter(std::string_view text, std::string_view label);
[[nodiscard]] std::optional<std::int64_t> countAfter(std::string_view text, std::string_view label);

/// Seconds in one unit: ns, us, µs, ms, s, m (minutes), h and the words sec, secs, min, …
[[nodiscard]] std::optional<double> secondsPer(std::string_view unit);
/// Seconds in `28.20ms`, `1m2.5s`, `145.08µs`; nullopt for anything else, and for zero.
[[nodiscard]] std::optional<double> duration(std::string_view text);
/// Bytes in one unit; `k`, `kB`, … are `base`-based (1000 or 1024), `KiB`, … always 1024-based.
[[nodiscard]] std::optional<double> bytesPer(std::string_view unit, double base);

}  // namespace memfit::load
