#include "memfit/report/figures.h"

#include <fmt/format.h>

#include <cmath>

namespace memfit {

std::string sizeText(std::optional<Bytes> bytes) {
    return bytes ? formatMiB(*bytes) : "";
}

std::string limitText(std::optional<Bytes> limit) {
    return limit ? formatMiB(*limit) : std::string("no limit");
}

std::string durationText(std::optional<double> seconds) {
    if (!seconds) return {};
    if (*seconds >= 100) return fmt::format("{:.0f} s", *seconds);
    if (*seconds >= 1) return fmt::format("{:.2f} s", *seconds);
    if (*seconds >= 0.01) return fmt::format("{:.0f} ms", *seconds * 1e3);
    if (*seconds >= 0.001) return fmt::format("{:.1f} ms", *seconds * 1e3);
    return fmt::format("{:.0f} us", *seconds * 1e6);
}

std::string rateText(std::optional<double> value) {
    if (!value) return {};
    const double magnitude = std::abs(*value);
    if (magnitude >= 100) return fmt::format("{:.0f}", *value);
    if (magnitude >= 10) return fmt::format("{:.1f}", *value);
    if (magnitude > 0 && magnitude < 0.1) return fmt::format("{:.2g}", *value);
    return fmt::format("{:.2f}", *value);
}

std::string cpuText(std::optional<double> seconds) {
    return seconds ? rateText(*seconds * 1e3) + " ms" : std::string();
}

std::string changeText(double ratio) {
    const double percent = (ratio - 1) * 100;
    const double magnitude = std::abs(percent);
    if (magnitude >= 0.95) return fmt::format("{:+.0f} %", percent);
    // A small change can be a sure one, and is not none.
    for (int decimals = 1; decimals <= 4; ++decimals)
        if (magnitude * std::pow(10, decimals) >= 0.95)
            return fmt::format("{:+.{}f} %", percent, decimals);
    return "0 %";
}

std::string shareText(double share) {
    const double percent = share * 100;
    if (percent > 0 && percent < 0.01) return "< 0.01 %";
    if (percent < 1) return fmt::format("{:.2g} %", percent);
    return fmt::format("{:.0f} %", percent);
}

}  // namespace memfit
