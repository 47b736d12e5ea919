#include "memfit/edge/edge_likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace memfit {
namespace {

struct Piece {
    double from = 0;
    double to = 0;
    double density = 0;
};

// Where the numbers below come from. The places and densities of all pieces are chosen by hand: no
// measurement gives them. Where a comment names figures of real servers, these were seen in runs
// that are not recorded in this repository, and the pieces were chosen to hold them. What the
// choices are worth is shown by tests/bench/edge_simulation.cpp and squeeze_simulation.cpp
// (`make bench`), which try the search in worlds that follow them and in others.

/// D above the sampled demand: evenly up to 4 %, as tests/support/simulated_world.h draws it
/// (`sampledLow`), then spikes that sampling missed; a little below it, for usage that was sampled
/// together with what could still be reclaimed. A choice, not measured on services.
constexpr std::array samplingError = {
    Piece{-1.0, -0.3, 0.001}, Piece{-0.3, -0.06, 0.01}, Piece{-0.06, -0.015, 0.15},
    Piece{-0.015, 0.0, 1.0},  Piece{0.0, 0.041, 21.0},  Piece{0.041, 0.07, 2.5},
    Piece{0.07, 0.12, 0.5},   Piece{0.12, 0.3, 0.06},   Piece{0.3, 1.0, 0.005},
};

/// High-water mark above D in a run that found its files cached already. Seen on four real Go
/// servers: the mark of a run without a limit was within 5 % of the edge, spread included. That
/// most marks are within 0.5 % of D is a choice.
constexpr std::array warmCache = {
    Piece{0.0, 0.0015, 400.0},
    Piece{0.0015, 0.005, 66.0},
    Piece{0.005, 0.03, 6.8},
};

/// The same in a run that read its files itself. Seen on three services: marks of 15, 81 and 77 MiB
/// where later runs showed 9 to 11, 36 and 43, that is 0.4 to 0.8 in the logarithm. That anything
/// up to 0.85 is equally likely, and the tails above it, are a choice.
constexpr std::array coldCache = {
    Piece{0.0, 0.85, 1.0},
    Piece{0.85, 1.2, 0.3},
    Piece{1.2, 2.5, 0.03},
};

/// What Go mapped above D. Seen: Sys of 19 to 22 MiB with an edge of 10 to 10.5 MiB, and 23 with an
/// edge of 13, that is 0.6 to 0.8 in the logarithm. Programs that were idle for long have returned
/// more memory, so less is possible too; how likely, is a choice.
constexpr std::array mappedExcess = {
    Piece{-0.8, -0.3, 0.05}, Piece{-0.3, -0.05, 0.2}, Piece{-0.05, 0.1, 0.7},
    Piece{0.1, 0.85, 1.0},   Piece{0.85, 1.2, 0.25},  Piece{1.2, 2.5, 0.03},
};

/// Outside of the pieces nothing is quite impossible. A choice: small beside every piece.
constexpr double neverImpossible = 1e-4;

/// A mark this near to the limit (0.5 %) was stopped by it. A choice.
constexpr double atTheLimit = 0.005;

double densityAt(std::span<const Piece> pieces, double x) {
    for (const Piece& piece : pieces) {
        if (x >= piece.from && x < piece.to) return piece.density;
    }
    return 0;
}

double massAbove(std::span<const Piece> pieces, double x) {
    double mass = 0;
    for (const Piece& piece : pieces) {
        mass += piece.density * std::max(0.0, piece.to - std::max(piece.from, x));
    }
    return mass;
}

/// The chance that a run found its files cached already, by the habit of its service. A choice: a
/// service whose cache is warm usually keeps it warm, and its first run is the doubtful one.
double warmShare(CacheHabit habit, bool firstTrial) {
    if (habit != CacheHabit::warm) return 0.03;
    return firstTrial ? 0.6 : 0.96;
}

std::optional<double> positiveLog(const std::optional<Bytes>& size) {
    if (!size || *size <= 0) return std::nullopt;
    return logOf(*size);
}

/// What a survivor's figures say, as a weight over D.
class SurvivorWeight {
public:
    SurvivorWeight(const EdgeObservation& trial, const TrialHabits& habits, bool first)
        : sampled_(positiveLog(trial.demand)),
          mark_(freeMark(trial)),
          warm_(warmShare(habits.cache, first)) {
        if (sampled_) *sampled_ += habits.bias;
        if (trial.limit) bound_ = logOf(*trial.limit);
        if (!mark_ && trial.highWater && trial.limit) limit_ = bound_;
        if (mark_) bound_ = std::min(bound_, *mark_);
    }

    [[nodiscard]] double bound() const { return bound_; }

    [[nodiscard]] double at(double demand) const {
        double weight = 1;
        if (sampled_) weight *= densityAt(samplingError, demand - *sampled_);
        if (mark_) weight *= cacheDensity(*mark_ - demand);
        if (limit_) weight *= cacheAbove(*limit_ - atTheLimit - demand);
        return weight;
    }

    /// Where the weight changes, in order, ending with the bound.
    [[nodiscard]] std::vector<double> breaks() const {
        std::vector<double> result;
        if (sampled_) {
            result.push_back(*sampled_ + samplingError.front().from);
            for (const Piece& piece : samplingError) result.push_back(*sampled_ + piece.to);
        }
        if (mark_) addCacheBreaks(*mark_, result);
        if (limit_) addCacheBreaks(*limit_ - atTheLimit, result);
        std::erase_if(result, [this](double at) { return at >= bound_; });
        std::ranges::sort(result);
        if (bound_ < std::numeric_limits<double>::infinity()) result.push_back(bound_);
        return result;
    }

private:
    [[nodiscard]] double cacheDensity(double excess) const {
        return warm_ * densityAt(warmCache, excess) + (1 - warm_) * densityAt(coldCache, excess);
    }
    [[nodiscard]] double cacheAbove(double excess) const {
        if (excess <= 0) return 1;
        return warm_ * massAbove(warmCache, excess) + (1 - warm_) * massAbove(coldCache, excess);
    }
    static void addCacheBreaks(double top, std::vector<double>& breaks) {
        for (const Piece& piece : warmCache) breaks.push_back(top - piece.to);
        // The mass above falls in a slope, not a step, where the cache is cold.
        for (const double excess : {0.1, 0.2, 0.35, 0.5, 0.85, 1.2, 2.5}) {
            breaks.push_back(top - excess);
        }
    }

    std::optional<double> sampled_;
    std::optional<double> mark_;
    std::optional<double> limit_;  ///< set when the mark ran into it
    double warm_ = 0;
    double bound_ = std::numeric_limits<double>::infinity();
};

DemandEvidence verdictAlone(const EdgeObservation& trial) {
    if (!trial.limit) return {};
    const double limit = logOf(*trial.limit);
    if (trial.verdict == EdgeObservation::Verdict::tooSmall) {
        return {1 - lapseRate, {{limit, -(1 - 2 * lapseRate)}}, {}};
    }
    return {lapseRate, {{limit, 1 - 2 * lapseRate}}, {}};
}

}  // namespace

// Biases and shares are a choice. About two services in three are taken to be sampled without a
// common bias; the others are sampled 2.5 to 17 % low, or 3 to 6 % high. Half of the services are
// taken to have a warm cache. tests/bench/edge_simulation.cpp tries other shares: a bias of 4 to
// 8 % low, and each of four kinds of cache equally often.
std::vector<TrialHabits> trialHabits(bool demandSampled, bool marksSeen) {
    std::vector<TrialHabits> biases = {{0.0, CacheHabit::varying, 1.0}};
    if (demandSampled) {
        biases = {
            {0.0, CacheHabit::varying, 0.64},   {0.025, CacheHabit::varying, 0.06},
            {0.05, CacheHabit::varying, 0.08},  {0.075, CacheHabit::varying, 0.05},
            {0.11, CacheHabit::varying, 0.03},  {0.17, CacheHabit::varying, 0.02},
            {-0.03, CacheHabit::varying, 0.06}, {-0.06, CacheHabit::varying, 0.06},
        };
    }
    if (!marksSeen) return biases;
    std::vector<TrialHabits> result;
    for (TrialHabits habits : biases) {
        const double prior = habits.prior;
        for (const auto& [cache, share] :
             {std::pair{CacheHabit::warm, 0.5}, std::pair{CacheHabit::steady, 0.25},
              std::pair{CacheHabit::varying, 0.25}}) {
            habits.cache = cache;
            habits.prior = prior * share;
            result.push_back(habits);
        }
    }
    return result;
}

void MarkHistory::add(const EdgeObservation& trial) {
    first = false;
    if (!firstMark) firstMark = freeMark(trial);
}

std::optional<double> freeMark(const EdgeObservation& trial) {
    if (trial.verdict != EdgeObservation::Verdict::survived) return std::nullopt;
    const std::optional<double> mark = positiveLog(trial.highWater);
    if (!mark) return std::nullopt;
    if (trial.limit && *mark >= logOf(*trial.limit) - atTheLimit) return std::nullopt;
    return mark;
}

const EdgeObservation* lastSurvivor(const std::vector<EdgeObservation>& trials) {
    const auto last =
        std::ranges::find(trials.rbegin(), trials.rend(), EdgeObservation::Verdict::survived,
                          &EdgeObservation::verdict);
    return last == trials.rend() ? nullptr : &*last;
}

double mappedWeight(double mapped, double edge) {
    return neverImpossible + densityAt(mappedExcess, mapped - edge);
}

DemandEvidence evidenceOf(const EdgeObservation& trial, const TrialHabits& habits,
                          const MarkHistory& history) {
    const bool figures = positiveLog(trial.demand) || positiveLog(trial.highWater);
    if (trial.verdict == EdgeObservation::Verdict::tooSmall || !figures) return verdictAlone(trial);

    DemandEvidence evidence{neverImpossible, {}, {}};
    EdgeObservation rest = trial;
    if (habits.cache == CacheHabit::steady && history.firstMark && freeMark(trial)) {
        evidence.markGap = *freeMark(trial) - *history.firstMark;
        if (!rest.limit || *rest.limit > *rest.highWater) rest.limit = rest.highWater;
        rest.highWater.reset();
        if (!positiveLog(rest.demand)) {
            evidence.steps.push_back({std::log(static_cast<double>(*rest.limit)), 1});
            return evidence;
        }
    }
    const SurvivorWeight weight(rest, habits, history.first);
    const std::vector<double> breaks = weight.breaks();
    double left = 0;
    for (std::size_t i = 0; i < breaks.size(); ++i) {
        const bool last = i + 1 == breaks.size();
        const double right = last ? 0 : weight.at((breaks[i] + breaks[i + 1]) / 2);
        if (left != right) evidence.steps.push_back({breaks[i], left - right});
        left = right;
    }
    // Figures that contradict the verdict say nothing; the verdict stands.
    return evidence.steps.empty() ? verdictAlone(trial) : evidence;
}

}  // namespace memfit
