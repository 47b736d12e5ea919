#pragma once

#include <string>
#include <string_view>

namespace memfit {

/// `text` between double quotes, fit for one line of an error message: control characters and
/// bytes outside ASCII become `?`, and what goes past 40 characters is cut with an ellipsis `...`.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace memfit
