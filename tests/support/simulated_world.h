#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <optional>

#include "memfit/edge/edge_search.h"

/// A service with a known edge, so that a search can be judged by it.

namespace memfit::test {

/// Random numbers that are the same with every standard library.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {  // splitmix64
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }
    double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
    double uniform(double from, double to) { return from + (to - from) * uniform(); }
    double normal() {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }

private:
    std::uint64_t state_;
};

/// The truth about a world, and what its testbed can see.
struct WorldTruth {
    double edge = 100.0 * static_cast<double>(MiB);
    double spread = 0.02;
    double sysRatio = 1.6;   ///< Go's Sys over the edge
    double coldCache = 0;    ///< reclaimable cache of a run: 0 to this share of its demand
    double steadyCache = 0;  ///< the same amount in every run, a share of the edge
    double firstCache = 0;   ///< 0 to this share in the first run alone
    /// The first run's mark, a share of its demand, and no other: read before the demand was at its
    /// most, as a kubelet's last sample may be.
    std::optional<double> earlyMark;
    bool seesHighWater = true;
    bool seesDemand = true;
    bool seesMapped = true;
    double sampledLow = 0.04;     ///< sampled demand is 0 to this share low,
    double bias = 1;              ///< and always by this factor
    double heavyShare = 0;        ///< share of the loads that need more,
    double heavyBy = 0;           ///< by this share
    std::optional<int> freakRun;  ///< this run (the unlimited one is 0) has the wrong verdict
};

class SimulatedWorld {
public:
    SimulatedWorld(const WorldTruth& truth, std::uint64_t seed) : truth_(truth), random_(seed) {}

    [[nodiscard]] const WorldTruth& truth() const { return truth_; }
    [[nodiscard]] int runs() const { return runs_; }
    [[nodiscard]] int heavyRuns() const { return heavyRuns_; }
    [[nodiscard]] Bytes sys() const { return toBytes(truth_.edge * truth_.sysRatio); }

    /// One load at `limit`; nullopt: without one.
    EdgeObservation run(std::optional<Bytes> limit) {
        double demand = truth_.edge * std::exp(truth_.spread * random_.normal());
        if (truth_.heavyShare > 0 && random_.uniform() < truth_.heavyShare) {
            demand *= 1 + truth_.heavyBy;
            ++heavyRuns_;
        }
        double cache = random_.uniform() * truth_.coldCache;
        const double firstCache = random_.uniform() * truth_.firstCache;
        const double low = random_.uniform(0, truth_.sampledLow);
        const double released = random_.uniform();
        const bool first = runs_ == 0;
        if (first) cache += firstCache;
        const bool freak = truth_.freakRun == runs_;
        ++runs_;

        EdgeObservation seen;
        seen.limit = limit;
        const bool killed = limit && (demand > static_cast<double>(*limit)) != freak;
        const double ceiling =
            limit ? static_cast<double>(*limit) : std::numeric_limits<double>::infinity();
        seen.verdict =
            killed ? EdgeObservation::Verdict::tooSmall : EdgeObservation::Verdict::survived;
        if (truth_.seesHighWater) {
            const double charged = demand * (1 + cache) + truth_.steadyCache * truth_.edge;
            seen.highWater = toBytes(killed ? ceiling : std::min(ceiling, charged));
        }
        if (first && truth_.earlyMark) seen.highWater = toBytes(demand * *truth_.earlyMark);
        if (truth_.seesDemand) {
            seen.demand = toBytes(std::min(ceiling, demand * truth_.bias * (1 - low)));
        }
        if (truth_.seesMapped) {
            const double most = std::max(demand, truth_.edge * truth_.sysRatio);
            seen.goMapped = toBytes(demand + released * (most - demand));
        }
        return seen;
    }

    /// True chance that a load is killed at `limit`.
    [[nodiscard]] double risk(Bytes limit) const { return riskAt(static_cast<double>(limit)); }

    /// The smallest size at which that chance is `risk`.
    [[nodiscard]] double limitOfRisk(double risk) const {
        double low = truth_.edge / 4;
        double high = truth_.edge * 4 * (1 + truth_.heavyBy);
        for (int i = 0; i < 50; ++i) {
            const double middle = (low + high) / 2;
            (riskAt(middle) > risk ? low : high) = middle;
        }
        return high;
    }

private:
    [[nodiscard]] double riskAt(double size) const {
        const auto above = [&](double edge) {
            return 0.5 * std::erfc(std::log(size / edge) / truth_.spread / std::numbers::sqrt2);
        };
        return (1 - truth_.heavyShare) * above(truth_.edge) +
               truth_.heavyShare * above(truth_.edge * (1 + truth_.heavyBy));
    }

    static Bytes toBytes(double size) { return static_cast<Bytes>(std::llround(size)); }

    WorldTruth truth_;
    Random random_;
    int runs_ = 0;
    int heavyRuns_ = 0;
};

}  // namespace memfit::test
