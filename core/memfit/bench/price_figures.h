#pragma once

#include <optional>
#include <vector>

#include "memfit/trial/trial.h"

namespace memfit {

/// What one load of a cell says about the price of memory. Absent: not measured.
struct PriceRun {
    int block = 0;                         ///< round of the bench
    std::optional<double> clockSeconds;    ///< of a request, by the clock: 1 / requests per second
    std::optional<double> cpuSeconds;      ///< of a request: CPU time of the instance
    std::optional<double> requests;        ///< that succeeded; nullopt: the load counts as one
    std::optional<double> collections;     ///< during the load
    std::optional<double> allocatedBytes;  ///< during the load
    std::optional<double> inUseBytes;      ///< the most that was in use
};

/// A setting in which every run survived, and its runs.
struct PriceCell {
    Settings settings;
    std::vector<PriceRun> runs;
};

}  // namespace memfit
