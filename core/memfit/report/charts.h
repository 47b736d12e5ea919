#pragma once

// Internal to memfit/report: the charts of the result documents.

#include <vector>

#include "memfit/experiment/documents.h"
#include "memfit/report/report.h"

namespace memfit {

/// P(OOM) over the limit with every trial as a dot; none where no trial had a limit.
[[nodiscard]] std::vector<Chart> charts(const SqueezeResult& result);
/// Throughput and latency over the limit, plain and GOMEMLIMIT.
[[nodiscard]] std::vector<Chart> charts(const BenchResult& result);
/// Go's memory over time with the count of collections; none with fewer than two samples.
[[nodiscard]] std::vector<Chart> charts(const ProbeResult& result);

/// Usage and Go's memory over time in the run of a cell, against its limit, with the count of
/// collections; none with fewer than two samples.
[[nodiscard]] std::vector<Chart> charts(const BenchCell& cell);

}  // namespace memfit
