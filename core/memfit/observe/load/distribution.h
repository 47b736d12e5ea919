#pragma once

#include <optional>
#include <string_view>

#include "memfit/observe/load/tool.h"

namespace memfit::load {

/// The layout that hey began and oha took over: labelled times, then percentiles, then lines
/// `[200] 180 responses` and `[20] connection refused`.
struct Distribution {
    StatusCounts counts;
    std::int64_t aborted = 0;  ///< requests cut off at the end of the run, in none of the counts
};

/// Reads the status and error lines of a report.
[[nodiscard]] Distribution readDistribution(std::string_view report);

/// The time behind `label`, in the unit that follows it.
[[nodiscard]] std::optional<double> labelledTime(std::string_view report, std::string_view label);

/// Total, fastest, slowest, average and the percentiles `50% in …` or `50.00% in …`.
void readTimes(std::string_view report, LoadReport& into);

}  // namespace memfit::load
