#pragma once

#include "memfit/report/report.h"
#include "memfit/scan/scan.h"

namespace memfit {

/// One table, a row a container, the most urgent first.
[[nodiscard]] Report describe(const ScanResult& result);

}  // namespace memfit
