#pragma once

#include <optional>
#include <string>

#include "memfit/units/bytes.h"

namespace memfit {

/// Figures as people read them. An absent figure is an empty text: a dash would look measured.

[[nodiscard]] std::string sizeText(std::optional<Bytes> bytes);
/// `no limit` for none.
[[nodiscard]] std::string limitText(std::optional<Bytes> limit);
/// `1.43 s`, `31 ms`, `480 us`.
[[nodiscard]] std::string durationText(std::optional<double> seconds);
/// CPU time in milliseconds to three significant digits, for what is compared: `5.68 ms`.
[[nodiscard]] std::string cpuText(std::optional<double> seconds);
/// Three significant digits, no exponent: `698`, `29.6`, `0.42`.
[[nodiscard]] std::string rateText(std::optional<double> value);
/// `+12 %`, `-3 %`, `+0.4 %` for a ratio; `0 %` below 0.0001 %.
[[nodiscard]] std::string changeText(double ratio);
/// `0.4 %`, `12 %`, `< 0.01 %`.
[[nodiscard]] std::string shareText(double share);

}  // namespace memfit
