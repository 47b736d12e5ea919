#pragma once

#include "memfit/lint/lint.h"
#include "memfit/report/report.h"

namespace memfit {

/// What lint found, one finding a line, how many there are, and what was judged.
[[nodiscard]] Report describe(const LintReport& lint);

}  // namespace memfit
