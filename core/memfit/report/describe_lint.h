#pragma once

#include <vector>

#include "memfit/lint/lint.h"
#include "memfit/report/report.h"

namespace memfit {

/// What lint found, one finding a line, and how many there are.
[[nodiscard]] Report describe(const std::vector<Finding>& findings);

}  // namespace memfit
