#include "memfit/observe/load/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace memfit::load {

namespace {

constexpr std::string_view blanks = " \t";

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f';
}

bool isUnitByte(char c) {
    // 0xC2 0xB5 and 0xCE 0xBC are the two micro signs in UTF-8.
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '%' || c == '\xC2' ||
           c == '\xB5' || c == '\xCE' || c == '\xBC';
}

/// The length of the escape sequence that `text` starts with (`ESC [ … letter`).
std::size_t escapeLength(std::string_view text) {
    if (text.size() < 2 || text[1] != '[') return 1;
    const auto parameters = text.substr(2);
    const auto* const end = std::ranges::find_if(parameters, [](char c) { return c >= '@'; });
    return std::min(text.size(), static_cast<std::size_t>(end - parameters.begin()) + 3);
}

/// value * unit; divides by units below one, so that 51 ms is 0.051 s to the last digit.
double scaled(double value, double unit) {
    return unit < 1 ? value / std::round(1 / unit) : value * unit;
}

}  // namespace

std::int64_t addCounts(std::int64_t a, std::int64_t b) {
    return std::min(maxCount, a + b);
}

std::optional<std::int64_t> toCount(std::optional<double> value) {
    if (!value || !std::isfinite(*value) || *value < 0 || *value > static_cast<double>(maxCount)) {
        return std::nullopt;
    }
    return std::llround(*value);
}

std::optional<double> toSeconds(std::optional<double> value, double unit) {
    if (!value) return std::nullopt;
    const double seconds = scaled(*value, unit);
    if (!std::isfinite(seconds) || seconds <= 0) return std::nullopt;
    return seconds;
}

std::optional<std::int64_t> toBytes(std::optional<double> value, double unit) {
    return value ? toCount(*value * unit) : std::nullopt;
}

std::string withoutTerminalCodes(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            i += escapeLength(text.substr(i)) - 1;
        } else {
            plain += text[i] == '\r' ? '\n' : text[i];
        }
    }
    return plain;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string_view fromLast(std::string_view text, std::string_view mark) {
    const auto at = text.rfind(mark);
    return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

std::string_view after(std::string_view text, std::string_view mark) {
    const auto at = text.find(mark);
    return at == std::string_view::npos ? std::string_view{} : text.substr(at + mark.size());
}

std::string_view before(std::string_view text, std::string_view mark) {
    return text.substr(0, text.find(mark));
}

std::string_view firstLine(std::string_view text) {
    return before(text, "\n");
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
    return text;
}

void forEachLine(std::string_view text, const std::function<void(std::string_view)>& use) {
    while (!text.empty()) {
        const auto line = firstLine(text);
        use(line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.push_back(trimmed(text.substr(0, at)));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::vector<std::string_view> words(std::string_view text, std::size_t limit) {
    std::vector<std::string_view> found;
    while (found.size() < limit) {
        while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
        if (text.empty()) break;
        const auto* const end = std::ranges::find_if(text, isBlank);
        const auto size = static_cast<std::size_t>(end - text.begin());
        found.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return found;
}

std::optional<Measure> leadingMeasure(std::string_view text) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(blanks)));
    Measure measure;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), measure.value);
    if (error != std::errc{} || !std::isfinite(measure.value) || measure.value < 0) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(blanks)));
    const auto* const unitEnd = std::ranges::find_if_not(text, isUnitByte);
    measure.unit = text.substr(0, static_cast<std::size_t>(unitEnd - text.begin()));
    return measure;
}

std::optional<double> leadingNumber(std::string_view text) {
    const auto measure = leadingMeasure(text);
    return measure ? std::optional(measure->value) : std::nullopt;
}

std::optional<double> numberAfter(std::string_view text, std::string_view label) {
    return leadingNumber(firstLine(after(text, label)));
}

std::optional<std::int64_t> countAfter(std::string_view text, std::string_view label) {
    return toCount(numberAfter(text, label));
}

std::optional<double> secondsPer(std::string_view unit) {
    static constexpr std::array<std::pair<std::string_view, double>, 14> units{{
        {"ns", 1e-9},
        {"us", 1e-6},
        {"\xC2\xB5s", 1e-6},
        {"\xCE\xBCs", 1e-6},
        {"ms", 1e-3},
        {"s", 1},
        {"sec", 1},
        {"secs", 1},
        {"seconds", 1},
        {"m", 60},
        {"min", 60},
        {"h", 3600},
        {"hr", 3600},
        {"hour", 3600},
    }};
    for (const auto& [name, seconds] : units) {
        if (unit == name) return seconds;
    }
    return std::nullopt;
}

std::optional<double> duration(std::string_view text) {
    text = trimmed(text);
    double sum = 0;
    while (!text.empty()) {
        const auto part = leadingMeasure(text);
        if (!part) return std::nullopt;
        const auto unit = secondsPer(part->unit);
        if (!unit) return std::nullopt;
        sum += scaled(part->value, *unit);
        const auto* const end = part->unit.data() + part->unit.size();
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    return toSeconds(sum);
}

std::optional<double> bytesPer(std::string_view unit, double base) {
    static constexpr std::string_view prefixes = "kmgtp";
    const bool binary = unit.ends_with("iB");
    if (binary) {
        unit.remove_suffix(2);
    } else if (unit.ends_with('B')) {
        unit.remove_suffix(1);
    }
    if (unit.empty()) return 1.0;
    if (unit.size() != 1) return std::nullopt;
    const auto power = prefixes.find(static_cast<char>(unit[0] | 0x20));
    if (power == std::string_view::npos) return std::nullopt;
    return std::pow(binary ? 1024.0 : base, static_cast<double>(power + 1));
}

}  // namespace memfit::load
