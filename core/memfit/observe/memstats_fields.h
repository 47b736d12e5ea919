#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "memfit/observe/memory_snapshot.h"

/// How the figures of a statistics page get into a MemorySnapshot; shared by the readers of the
/// three kinds of page.
namespace memfit::memstats {

/// A member of MemorySnapshot that a page can set. `PauseNanoseconds` stands for
/// pauseTotalSeconds given in nanoseconds.
struct PauseNanoseconds {};
using Field = std::variant<std::optional<std::int64_t> MemorySnapshot::*,
                           std::optional<double> MemorySnapshot::*, PauseNanoseconds>;

/// A page's name for a field.
struct NamedField {
    std::string_view name;
    Field field;
};

/// The whole number that `value` is; absent when it is negative, has a fraction, or is beyond
/// 2^63 - 1, and for NaN.
[[nodiscard]] std::optional<std::int64_t> wholeNumber(double value);

/// Reads all of `text` as a number in decimal or exponent form; absent when it is not one.
[[nodiscard]] std::optional<double> parseDouble(std::string_view text);

/// Reads all of `text` as a non-negative whole number, exactly where it is written as digits.
[[nodiscard]] std::optional<std::int64_t> parseWholeNumber(std::string_view text);

/// Sets the field from the text of a number; leaves it alone when the text makes no sense for it.
void setField(MemorySnapshot& snapshot, const Field& field, std::string_view text);

/// The same for a number that is already one. `exact` is absent where the number was written with
/// a decimal point or exponent, or is negative.
void setField(MemorySnapshot& snapshot, const Field& field, double value,
              std::optional<std::int64_t> exact);

/// Takes the next line that ends in a line feed, without it (and without a carriage return before
/// it); nullopt when there is none.
[[nodiscard]] std::optional<std::string_view> takeLine(std::string_view& text);

/// Whether any figure of memory is known.
[[nodiscard]] bool hasMemoryFigure(const MemorySnapshot& snapshot);

}  // namespace memfit::memstats
