#pragma once

// Internal to memfit/report.

#include <string_view>
#include <vector>

namespace memfit {

/// The lines of `text` without their ends; none of an empty text.
[[nodiscard]] std::vector<std::string_view> lines(std::string_view text);

}  // namespace memfit
