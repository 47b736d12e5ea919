#pragma once

#include <optional>
#include <string>

#include "memfit/observe/memory_snapshot.h"
#include "memfit/trial/trial.h"

namespace memfit {

/// CPU time that all processes of an instance have used since it was started, as the testbed sees
/// it.
struct CpuTime {
    double seconds = 0;
    std::string source;  ///< `cgroup` or `process`, see Cost::cpuSource

    friend bool operator==(const CpuTime&, const CpuTime&) = default;
};

/// What was read at one end of the load. Either may be unknown.
struct CostReading {
    std::optional<CpuTime> cpu;
    std::optional<MemorySnapshot> page;
};

/// What the load cost, from readings right before its start and right after its end.
///
/// CPU time is the testbed's where both readings have it from the same source, else that of the
/// page. A counter that went down, or is missing on one side, gives an unknown figure, never a
/// negative one; where one of the page's went down the program was started anew in between, so that
/// nothing of the page counts. nullopt: nothing is known.
[[nodiscard]] std::optional<Cost> costBetween(const CostReading& before, const CostReading& after);

}  // namespace memfit
