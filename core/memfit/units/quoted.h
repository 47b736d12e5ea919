#pragma once

#include <string>
#include <string_view>

namespace memfit {

/// `text` between double quotes, fit for one line of an error message: control characters and
/// bytes outside ASCII become `?`, and what goes past 40 characters is cut with an ellipsis `...`.
[[nodiscard]] std::string quoted(std::string_view text);
// A std::string finds std::quoted too, where something includes <iomanip>; these are the better
// match.
[[nodiscard]] inline std::string quoted(const std::string& text) {
    return quoted(std::string_view{text});
}
[[nodiscard]] inline std::string quoted(std::string& text) {
    return quoted(std::string_view{text});
}

}  // namespace memfit
