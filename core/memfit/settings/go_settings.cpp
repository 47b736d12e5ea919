#include "memfit/settings/go_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

struct Unit {
    std::string_view suffix;
    unsigned shift;
};

/// Longest suffix first, so that the first one that ends a text is the right one.
constexpr std::array units{Unit{"TiB", 40}, Unit{"GiB", 30}, Unit{"MiB", 20},
                           Unit{"KiB", 10}, Unit{"B", 0},    Unit{"", 0}};

constexpr bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<Bytes> parseByteCount(std::string_view text) {
    const auto* const unit = std::ranges::find_if(
        units, [&](const Unit& candidate) { return text.ends_with(candidate.suffix); });
    const std::string_view digits = text.substr(0, text.size() - unit->suffix.size());
    if (digits.empty() || !std::ranges::all_of(digits, isDigit)) return std::nullopt;

    Bytes count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc{}) return std::nullopt;
    if (count > (std::numeric_limits<Bytes>::max() >> unit->shift)) return std::nullopt;
    return count << unit->shift;
}

/// What Go would read as the size that `text` seems to mean; empty when that cannot be told.
std::string probablyMeant(std::string_view text) {
    if (text.ends_with('B')) text.remove_suffix(1);
    const Result<Quantity> meant = parseQuantity(text);
    if (!meant || meant->fractional || meant->bytes == 0) return {};
    std::string exact = formatGomemlimit(meant->bytes);

    // `17MB` may have been meant as either kind of mega.
    const Result<Quantity> binary = parseQuantity(std::string(text) + "i");
    if (!binary || binary->fractional) return exact;
    return fmt::format("{} or {}", formatGomemlimit(binary->bytes), exact);
}

}  // namespace

Result<std::optional<Bytes>> parseGomemlimit(std::string_view text) {
    if (text.empty() || text == "off") return std::optional<Bytes>{};
    if (const std::optional<Bytes> bytes = parseByteCount(text)) return bytes;

    constexpr std::size_t longestEcho = 24;
    const std::string meant = text.size() <= longestEcho ? probablyMeant(text) : std::string{};
    return inputError(
        fmt::format("GOMEMLIMIT={} is malformed: a Go program dies at start with it", quoted(text)),
        fmt::format("write {}", meant.empty() ? "a size such as 36MiB, or off" : meant));
}

std::string formatGomemlimit(Bytes bytes) {
    for (const Unit& unit : units) {
        if (unit.shift > 0 && bytes != 0 && bytes % (Bytes{1} << unit.shift) == 0) {
            return fmt::format("{}{}", bytes >> unit.shift, unit.suffix);
        }
    }
    return std::to_string(bytes);
}

Gogc parseGogc(std::string_view text) {
    if (text.empty()) return {};
    if (text == "off") return {.off = true};

    // Go reads a lone minus sign as zero, and knows no plus sign; from_chars agrees on the latter.
    std::int32_t percent = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [stop, error] = std::from_chars(begin, end, percent);
    if (text != "-" && (error != std::errc{} || stop != end)) return {.malformed = true};
    if (percent < 0) return {.off = true};
    return {.percent = percent};
}

std::string formatGogc(const Gogc& gogc) {
    return gogc.off ? "off" : std::to_string(gogc.percent);
}

}  // namespace memfit
