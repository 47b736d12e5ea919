#include "memfit/observe/memstats_fields.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace memfit::memstats {

std::optional<std::int64_t> wholeNumber(double value) {
    constexpr double beyond = 0x1p63;
    const bool fits = value >= 0 && value < beyond && std::trunc(value) == value;
    return fits ? std::optional(static_cast<std::int64_t>(value)) : std::nullopt;
}

std::optional<double> parseDouble(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<std::int64_t> parseWholeNumber(std::string_view text) {
    std::int64_t value = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (error == std::errc{} && stop == end) {
        return value >= 0 ? std::optional(value) : std::nullopt;
    }
    const std::optional<double> inexact = parseDouble(text);
    return inexact ? wholeNumber(*inexact) : std::nullopt;
}

void setField(MemorySnapshot& snapshot, const Field& field, std::string_view text) {
    if (const std::optional<double> value = parseDouble(text)) {
        setField(snapshot, field, *value, parseWholeNumber(text));
    }
}

void setField(MemorySnapshot& snapshot, const Field& field, double value,
              std::optional<std::int64_t> exact) {
    constexpr double nanosecond = 1e-9;
    if (const auto* const whole =
            std::get_if<std::optional<std::int64_t> MemorySnapshot::*>(&field)) {
        if (!exact) exact = wholeNumber(value);
        if (exact) snapshot.** whole = exact;
        return;
    }
    if (!(value >= 0)) return;
    if (const auto* const real = std::get_if<std::optional<double> MemorySnapshot::*>(&field)) {
        snapshot.** real = value;
    } else {
        snapshot.pauseTotalSeconds = value * nanosecond;
    }
}

bool hasMemoryFigure(const MemorySnapshot& snapshot) {
    return snapshot.sys || snapshot.heapAlloc || snapshot.heapSys || snapshot.heapReleased ||
           snapshot.heapInuse || snapshot.stackSys || snapshot.nextGc || snapshot.totalAlloc ||
           snapshot.mapped || snapshot.resident;
}

std::optional<std::string_view> takeLine(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace memfit::memstats
