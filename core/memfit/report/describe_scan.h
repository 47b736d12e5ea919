#pragma once

#include "memfit/advice/scan.h"
#include "memfit/report/report.h"

namespace memfit {

/// One table, a row a container, the most pressing first.
[[nodiscard]] Report describe(const ScanResult& result);

}  // namespace memfit
