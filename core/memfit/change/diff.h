#pragma once

#include <string>
#include <string_view>

namespace memfit {

/// The change from `before` to `after` as a unified diff with three lines of context, as `patch`
/// and `git apply` take it; empty when both are the same. `fileName` stands in both header lines. A
/// missing final line break is shown as `\ No newline at end of file`; carriage returns belong to
/// their lines.
///
/// Linear where most lines are equal: what both texts begin and end with is left aside, and between
/// changes the texts are brought together by Myers' algorithm (E. W. Myers, "An O(ND) Difference
/// Algorithm and Its Variations", 1986) with at most 1,000 changed lines; texts that differ in more
/// are shown as one replaced block.
[[nodiscard]] std::string unifiedDiff(std::string_view before, std::string_view after,
                                      std::string_view fileName);

}  // namespace memfit
