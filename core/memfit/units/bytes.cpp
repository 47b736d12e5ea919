#include "memfit/units/bytes.h"

#include <fmt/format.h>

#include <string_view>

namespace memfit {

namespace {

/// `size` in units of `unit`, rounded to one decimal, which is left out where it is zero.
std::string inUnits(std::uint64_t size, std::uint64_t unit, std::string_view name) {
    const std::uint64_t roundedTenths = ((size % unit * 10) + (unit / 2)) / unit;
    const std::uint64_t whole = (size / unit) + (roundedTenths / 10);
    const std::uint64_t tenths = roundedTenths % 10;
    return tenths == 0 ? fmt::format("{} {}", whole, name)
                       : fmt::format("{}.{} {}", whole, tenths, name);
}

}  // namespace

std::string formatMiB(Bytes bytes) {
    constexpr std::uint64_t kib = KiB;
    constexpr std::uint64_t mib = MiB;
    // Negated as unsigned: the most negative value has no positive counterpart.
    const auto bits = static_cast<std::uint64_t>(bytes);
    const std::uint64_t size = bytes < 0 ? 0 - bits : bits;
    const std::string sign = bytes < 0 ? "-" : "";
    if (size == 0 || size > mib / 10) return sign + inUnits(size, mib, "MiB");
    if (size > kib / 10) return sign + inUnits(size, kib, "KiB");
    return sign + fmt::format("{} B", size);
}

}  // namespace memfit
