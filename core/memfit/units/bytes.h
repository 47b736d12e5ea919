#pragma once

#include <cstdint>
#include <string>

namespace memfit {

/// A size in bytes. Signed, so that differences are sizes too; a size itself is never negative.
using Bytes = std::int64_t;

inline constexpr Bytes KiB = 1024;
inline constexpr Bytes MiB = 1024 * KiB;
inline constexpr Bytes GiB = 1024 * MiB;

/// For people: in MiB (2^20 bytes), `17 MiB`, with one decimal where it is not whole, `10.5 MiB`;
/// below 0.1 MiB in KiB, `64 KiB`, and below 0.1 KiB in bytes, `12 B`. Rounded to the nearest;
/// any value, also a negative difference, `-1.5 MiB`.
[[nodiscard]] std::string formatMiB(Bytes bytes);

/// The smallest whole MiB that holds `bytes`; bytes >= 0, at most 2^63 - 2^20.
[[nodiscard]] constexpr Bytes ceilToMiB(Bytes bytes) {
    return (bytes + MiB - 1) / MiB * MiB;
}

}  // namespace memfit
