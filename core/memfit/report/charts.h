#pragma once

// Internal to memfit/report: the charts of the result documents.

#include <optional>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/report/report.h"

namespace memfit {

/// P(OOM) over the limit with every trial as a dot; none where no trial had a limit. Marked is
/// `advised`, else the minimum.
[[nodiscard]] std::vector<Chart> charts(const SqueezeResult& result,
                                        std::optional<Bytes> advised = std::nullopt);
/// Throughput and latency over the limit, plain and GOMEMLIMIT, and the cost of a request; the time
/// of a load whose requests were not counted. Marked is `advised`.
[[nodiscard]] std::vector<Chart> charts(const BenchResult& result,
                                        std::optional<Bytes> advised = std::nullopt);
/// What a request cost at each limit, with the model of the whole bench: the law of Go's collector
/// where it holds, else curves. nullopt where no model can be fitted, or would be of single runs.
[[nodiscard]] std::optional<Chart> costChart(const BenchResult& result,
                                             std::optional<ChartLine> marked);
/// Go's memory over time with the count of collections; none with fewer than two samples.
[[nodiscard]] std::vector<Chart> charts(const ProbeResult& result);

/// Usage and Go's memory over time in the run of a cell, against its limit, with the count of
/// collections; none with fewer than two samples.
[[nodiscard]] std::vector<Chart> charts(const BenchCell& cell);

}  // namespace memfit
