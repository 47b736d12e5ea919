#include "memfit/units/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <ranges>
#include <system_error>
#include <utility>

#include "memfit/units/quoted.h"

namespace memfit {

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

/// What a suffix multiplies by: 10^decimal * 2^binary.
struct Scale {
    std::int64_t decimal = 0;
    unsigned binary = 0;
};

struct Suffix {
    std::string_view text;
    Scale scale;
};

constexpr std::array suffixes{
    Suffix{"", {0, 0}},    Suffix{"n", {-9, 0}},  Suffix{"u", {-6, 0}},  Suffix{"m", {-3, 0}},
    Suffix{"k", {3, 0}},   Suffix{"M", {6, 0}},   Suffix{"G", {9, 0}},   Suffix{"T", {12, 0}},
    Suffix{"P", {15, 0}},  Suffix{"E", {18, 0}},  Suffix{"Ki", {0, 10}}, Suffix{"Mi", {0, 20}},
    Suffix{"Gi", {0, 30}}, Suffix{"Ti", {0, 40}}, Suffix{"Pi", {0, 50}}, Suffix{"Ei", {0, 60}},
};

/// A quantity as it is written, cut into its parts; nothing is computed yet.
struct Parts {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    std::string_view suffix;
};

/// Whole units, rounded up.
struct Amount {
    std::int64_t units = 0;
    bool fractional = false;
};

constexpr bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view takeDigits(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

Parts split(std::string_view text) {
    Parts parts;
    if (text.starts_with('-') || text.starts_with('+')) {
        parts.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    parts.whole = takeDigits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        parts.fraction = takeDigits(text);
    }
    parts.suffix = text;
    return parts;
}

/// `e3`, `E-3`, `e+3`; a lone `E` is the suffix exa. An exponent past what 64 bits hold is cut to
/// a value that is just as much too large or too small.
std::optional<Scale> parseExponent(std::string_view text) {
    constexpr std::int64_t farOut = std::int64_t{1} << 40;
    if (!text.starts_with('e') && !text.starts_with('E')) return std::nullopt;
    text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || !std::ranges::all_of(text, isDigit)) return std::nullopt;

    std::int64_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{} || exponent > farOut) exponent = farOut;
    return Scale{negative ? -exponent : exponent, 0};
}

std::optional<Scale> parseSuffix(std::string_view text) {
    const auto* const known =
        std::ranges::find_if(suffixes, [&](const Suffix& suffix) { return suffix.text == text; });
    if (known != suffixes.end()) return known->scale;
    return parseExponent(text);
}

/// The digits of a number with its decimal point moved, without writing out the zeros that the
/// move would append or prepend: an exponent may ask for a billion of them.
class DecimalDigits {
public:
    DecimalDigits(std::string_view whole, std::string_view fraction, std::int64_t exponent)
        : whole_(whole),
          fraction_(fraction),
          point_(static_cast<std::int64_t>(whole.size()) + exponent) {}

    [[nodiscard]] bool isZero() const {
        return whole_.find_first_not_of('0') == std::string_view::npos &&
               fraction_.find_first_not_of('0') == std::string_view::npos;
    }

    /// Where the decimal point is, counted in digits from the first one; may lie outside them.
    [[nodiscard]] std::int64_t point() const { return point_; }
    [[nodiscard]] std::int64_t size() const {
        return static_cast<std::int64_t>(whole_.size() + fraction_.size());
    }

    /// The digit at `index`; 0 outside of what was written.
    [[nodiscard]] unsigned at(std::int64_t index) const {
        if (index < 0 || index >= size()) return 0;
        const auto position = static_cast<std::size_t>(index);
        const char digit =
            position < whole_.size() ? whole_[position] : fraction_[position - whole_.size()];
        return static_cast<unsigned>(digit - '0');
    }

    [[nodiscard]] std::int64_t firstNonZero() const {
        std::int64_t index = 0;
        while (at(index) == 0 && index < size()) ++index;
        return index;
    }

private:
    std::string_view whole_;
    std::string_view fraction_;
    std::int64_t point_;
};

/// The whole part; nullopt when it does not fit.
std::optional<std::uint64_t> wholePart(const DecimalDigits& digits) {
    constexpr std::int64_t mostDigits = 19;
    const std::int64_t first = digits.firstNonZero();
    if (digits.point() - first > mostDigits) return std::nullopt;
    std::uint64_t value = 0;
    for (std::int64_t index = first; index < digits.point(); ++index) {
        value = value * 10 + digits.at(index);
    }
    return value;
}

struct ScaledFraction {
    std::uint64_t whole = 0;
    bool remainder = false;
};

/// The part behind the decimal point times 2^binary, by long multiplication from the last digit on:
/// a digit and a carry stay below 10 * 2^60, which fits in 64 bits.
ScaledFraction scaleFraction(const DecimalDigits& digits, unsigned binary) {
    // Zeros between the point and the first digit: after 20 of them nothing of a carry is left.
    constexpr std::int64_t enoughZeros = 20;
    const std::int64_t begin = std::max(digits.point(), -enoughZeros);
    ScaledFraction scaled;
    for (std::int64_t index = digits.size() - 1; index >= begin; --index) {
        const std::uint64_t sum = (std::uint64_t{digits.at(index)} << binary) + scaled.whole;
        scaled.whole = sum / 10;
        scaled.remainder = scaled.remainder || sum % 10 != 0;
    }
    return scaled;
}

/// nullopt when it is more than 2^63 - 1.
std::optional<Amount> evaluate(const Parts& parts, Scale scale) {
    const DecimalDigits digits(parts.whole, parts.fraction, scale.decimal);
    if (digits.isZero()) return Amount{};
    const std::optional<std::uint64_t> whole = wholePart(digits);
    if (!whole || *whole > (static_cast<std::uint64_t>(most) >> scale.binary)) return std::nullopt;

    const ScaledFraction fraction = scaleFraction(digits, scale.binary);
    const std::uint64_t units =
        (*whole << scale.binary) + fraction.whole + (fraction.remainder ? 1 : 0);
    if (units > static_cast<std::uint64_t>(most)) return std::nullopt;
    return Amount{static_cast<std::int64_t>(units), fraction.remainder};
}

std::string lowered(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    return lower;
}

/// The suffixes that were probably meant by one that Kubernetes does not know, with the number that
/// was written in front of them; empty when there is no guess.
std::string probablyMeant(std::string_view number, std::string_view suffix) {
    std::string unit = lowered(suffix);
    unit.erase(0, unit.find_first_not_of(' '));
    if (unit == "b" || unit == "byte" || unit == "bytes") return std::string(number);
    if (unit.ends_with('b')) unit.pop_back();
    const bool binary = unit.ends_with('i');
    if (binary) unit.pop_back();
    if (unit.size() != 1 || std::string_view("kmgtpe").find(unit) == std::string_view::npos) {
        return {};
    }
    const auto upper = static_cast<char>(unit[0] - 32);
    std::string binaryForm = fmt::format("{}{}i", number, upper);
    if (binary) return binaryForm;
    return fmt::format("{}{} or {}", number, upper == 'K' ? 'k' : upper, binaryForm);
}

std::string adviceOn(std::string_view text, const Parts& parts) {
    constexpr std::size_t longestEcho = 20;
    const std::string_view number = text.substr(0, text.size() - parts.suffix.size());
    std::string meant;
    if (number.size() <= longestEcho) meant = probablyMeant(number, parts.suffix);
    if (!meant.empty()) return "write " + meant;
    if (parts.suffix == "%") return "a percentage is not a size: write a size such as 36Mi";
    return "write a number with one of k, M, G, Ki, Mi, Gi, such as 36Mi";
}

struct Wording {
    std::string_view noun;  ///< what is read
    std::string_view form;  ///< how to write one
    bool isSize = true;     ///< whether suffixes of sizes may be meant
};

constexpr Wording memoryWording{"quantity", "write a size such as 36Mi", true};
constexpr Wording cpuWording{"CPU quantity", "write cores such as 250m or 1.5", false};

/// `exponent` is that of the unit wanted: 3 for thousandths.
Result<Amount> parseAmount(std::string_view text, std::int64_t exponent, const Wording& wording) {
    const Parts parts = split(text);
    const auto refuse = [&](std::string_view why, std::string next) {
        return inputError(fmt::format("{} is not a {}: {}", quoted(text), wording.noun, why),
                          std::move(next));
    };

    if (parts.whole.empty() && parts.fraction.empty()) {
        return refuse("it has no digits", std::string(wording.form));
    }
    std::optional<Scale> scale = parseSuffix(parts.suffix);
    if (!scale) {
        return refuse(fmt::format("Kubernetes knows no suffix {}", quoted(parts.suffix)),
                      wording.isSize ? adviceOn(text, parts) : std::string(wording.form));
    }
    scale->decimal += exponent;
    const std::optional<Amount> amount = evaluate(parts, *scale);
    if (!amount) return refuse("it is beyond 2^63 - 1", std::string(wording.form));
    if (parts.negative && amount->units != 0) {
        return refuse("it is negative", std::string(wording.form));
    }
    return *amount;
}

}  // namespace

Result<Quantity> parseQuantity(std::string_view text) {
    const Result<Amount> amount = parseAmount(text, 0, memoryWording);
    if (!amount) return amount.error();
    const auto scale = parseSuffix(split(text).suffix);
    const bool large = scale && (scale->decimal > 0 || scale->binary > 0);
    return Quantity{amount->units, amount->fractional && !large};
}

std::string formatQuantity(Bytes bytes) {
    const auto fits = [&](const Suffix& suffix) {
        return suffix.scale.decimal == 0 && bytes % (Bytes{1} << suffix.scale.binary) == 0;
    };
    // The table's last suffixes are the largest, and the empty one always fits.
    const auto largestFirst = std::views::reverse(suffixes);
    const auto suffix = std::ranges::find_if(largestFirst, fits);
    if (bytes == 0 || suffix == largestFirst.end()) return std::to_string(bytes);
    return fmt::format("{}{}", bytes >> suffix->scale.binary, suffix->text);
}

Result<std::int64_t> parseMilliCpu(std::string_view text) {
    constexpr std::int64_t milli = 3;
    const Result<Amount> amount = parseAmount(text, milli, cpuWording);
    if (!amount) return amount.error();
    return amount->units;
}

}  // namespace memfit
