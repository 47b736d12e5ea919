#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "memfit/bench/price_figures.h"
#include "support/simulated_world.h"

namespace memfit::test {

/// One setting of a service whose figures are known.
struct PriceTruth {
    Settings settings;
    double cpuSeconds = 0;              ///< of a request
    std::optional<double> clockFactor;  ///< seconds by the clock over `cpuSeconds`; nullopt: 1
    std::optional<double> collections;  ///< of a load
    std::optional<double> allocated;    ///< bytes a load
    std::optional<double> inUse = {};   ///< bytes
};

inline Settings plainAt(double mebibytes) {
    return plainSettings(static_cast<Bytes>(mebibytes * static_cast<double>(MiB)));
}

inline Settings gomemlimitAt(double mebibytes) {
    const auto limit = static_cast<Bytes>(mebibytes * static_cast<double>(MiB));
    return gomemlimitSettings(limit, limit);
}

/// sales-api of the examples, as measured: a load of 600 requests allocates 363.6 MiB.
inline std::vector<PriceTruth> salesApi() {
    constexpr double allocated = 363.6 * static_cast<double>(MiB);
    return {{plainSettings(std::nullopt), 5.68e-3, {}, 80, allocated},
            {plainAt(22), 5.68e-3, {}, 80, allocated},
            {plainAt(31), 5.68e-3, {}, 80, allocated},
            {gomemlimitAt(31), 4.67e-3, {}, 21, allocated},
            {gomemlimitAt(44), 4.46e-3, {}, 12, allocated},
            {gomemlimitAt(88), 4.18e-3, {}, 5, allocated}};
}

/// A service that is equally fast everywhere.
inline std::vector<PriceTruth> flatService() {
    std::vector<PriceTruth> truths{{plainSettings(std::nullopt), 5e-3, {}, {}, {}}};
    for (const double limit : {20.0, 30.0, 40.0, 80.0}) {
        truths.push_back({plainAt(limit), 5e-3, {}, {}, {}});
        truths.push_back({gomemlimitAt(limit), 5e-3, {}, {}, {}});
    }
    return truths;
}

/// Its bench: `rounds` runs of every cell. By the clock blocks differ widely and runs scatter by
/// `noise` (log scale); of CPU time by a third of that.
inline std::vector<PriceCell> benched(const std::vector<PriceTruth>& truths, int rounds,
                                      double noise = 0.01, std::uint64_t seed = 1) {
    Random random(seed);
    std::vector<PriceCell> cells;
    for (const auto& truth : truths) cells.push_back({truth.settings, {}});
    for (int block = 0; block < rounds; ++block) {
        const double effect = 3 * noise * random.normal();
        for (std::size_t i = 0; i < truths.size(); ++i) {
            const auto& truth = truths[i];
            PriceRun run;
            run.block = block;
            run.requests = 600;
            run.clockSeconds = truth.cpuSeconds * truth.clockFactor.value_or(1) *
                               std::exp(effect + (noise * random.normal()));
            run.cpuSeconds = truth.cpuSeconds * std::exp((effect + (noise * random.normal())) / 3);
            run.collections = truth.collections;
            run.allocatedBytes = truth.allocated;
            run.inUseBytes = truth.inUse;
            cells[i].runs.push_back(run);
        }
    }
    return cells;
}

}  // namespace memfit::test
