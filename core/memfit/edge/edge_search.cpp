#include "memfit/edge/edge_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "memfit/edge/edge_posterior.h"

namespace memfit {
namespace {

using Verdict = EdgeObservation::Verdict;

constexpr double confidence = 0.95;

/// Posterior mass of the interval that covers the edge with `confidence`, found by simulation:
/// after few trials a given spread is not the one that the prior expects.
constexpr double intervalMass = 0.97;

/// Certainty with which the risk at the minimum is kept, whatever the edge and the spread are.
constexpr double assurance = 0.975;

/// The model's own roughness, relative: no interval is narrower.
constexpr double modelError = 0.0015;

/// A minimum less well known than this (standard deviation of its logarithm) waits: first the edge
/// is sought, by the limit that tells most of it.
constexpr double roughlyKnown = 0.12;

/// Share of the resolution by which one more trial is to bring down the minimum; else it is not
/// worth running. Found by simulation (tests/bench/squeeze_simulation.cpp). One verdict brings
/// little, but the next ones bring nearly as much: a search that looks only one trial ahead gives
/// up too early.
constexpr double worthwhile = 0.19;
constexpr double worthwhileVerdict = 0.12;

/// A minimum in whole MiB cannot be told more finely than to this share of one.
constexpr double shareOfMiB = 0.5;

/// The assured minimum lies about so many standard deviations above the middle of what it may be.
constexpr double assuredDeviations = 2;

/// An interval of the edge is narrow enough when it is within the resolution and this many spreads.
/// What is decided is the minimum, which lies above all of it.
constexpr double usefulSpreads = 6;

/// So many spreads below the interval of the edge, a load is almost surely killed.
constexpr double fallSpreads = 2;

/// A load that needed more than a limit of a smaller risk than this was not expected: it may be one
/// of a few heavy ones, of which the model knows nothing. The minimum then lies above what it
/// needed: `heavyReach` above a limit at which it was killed, since it is not known how much it
/// lacked.
constexpr double unexpected = 0.03;
constexpr double heavyReach = 1.12;

/// A kill farther above the minimum than this counts as an accident.
constexpr double freakReach = 1.25;

/// Sampled demand is low by up to this share.
constexpr double sampledLow = 0.04;

/// So many clean loads at a limit above the minimum are enough.
constexpr int cleanAbove = 2;

/// Between two neighbouring limits nothing can be told apart.
constexpr double usefulSteps = 1.5;

constexpr Bytes limitUnit = 256 * KiB;
constexpr Bytes pageSize = 4 * KiB;
constexpr Bytes smallestLimit = 1 * MiB;
constexpr Bytes largestLimit = Bytes{1024} * 1024 * GiB;

/// Kills at `to` that it takes to say that it is too small.
constexpr int killsAtTop = 2;

double asSize(Bytes bytes) {
    return static_cast<double>(bytes);
}

Bytes toBytes(double size) {
    return static_cast<Bytes>(std::llround(std::clamp(size, 1.0, asSize(largestLimit))));
}

bool survivedAtMost(const EdgeObservation& trial, Bytes limit) {
    return trial.verdict == Verdict::survived && trial.limit && *trial.limit <= limit;
}

bool killedAtLeast(const EdgeObservation& trial, Bytes limit) {
    return trial.verdict == Verdict::tooSmall && trial.limit && *trial.limit >= limit;
}

EdgeSearchOptions sane(EdgeSearchOptions options) {
    options.resolution = std::clamp(options.resolution, 1e-4, 1.0);
    options.smallestStep = std::clamp<Bytes>(options.smallestStep, 1, largestLimit);
    options.confirmations = std::max(options.confirmations, 0);
    options.maxTrials = std::max(options.maxTrials, 1);
    options.risk = std::clamp(options.risk, 1e-6, 0.5);
    if (options.from) options.from = std::clamp(*options.from, smallestLimit, largestLimit);
    if (options.to) {
        options.to = std::clamp(*options.to, options.from.value_or(smallestLimit), largestLimit);
    }
    return options;
}

}  // namespace

class EdgeSearch::Impl {
public:
    explicit Impl(const EdgeSearchOptions& options)
        : options_(sane(options)), posterior_(options_.to) {
        decide();
    }

    void observe(const EdgeObservation& trial) {
        trials_.push_back(trial);
        posterior_.observe(trial);
        decide();
    }

    void stayAbove(Bytes from) {
        options_.from = std::max(options_.from.value_or(from), from);
        options_ = sane(options_);
        decide();
    }

    [[nodiscard]] const EdgeAnswer& answer() const { return answer_; }
    [[nodiscard]] std::optional<Bytes> next() const { return next_; }
    [[nodiscard]] std::vector<Bytes> batch(std::size_t count) const;
    [[nodiscard]] int trialsLeft() const;
    [[nodiscard]] double risk(Bytes limit) const {
        return limit <= 0 ? 1 : posterior_.risk(asSize(limit));
    }

private:
    /// Sets answer_ and next_ from the trials.
    void decide();
    void summarize();
    [[nodiscard]] EdgeSearchState state() const;
    [[nodiscard]] Bytes choose() const;

    /// Largest limit at which a load was killed that, by the model, should not have been.
    [[nodiscard]] Bytes unexplainedKill() const;
    /// What some load has certainly used.
    [[nodiscard]] Bytes largestDemand() const;
    [[nodiscard]] std::optional<Bytes> safeMinimum() const;
    [[nodiscard]] std::optional<Bytes> confirmedMinimum(Bytes safe) const;
    /// The minimum has its clean loads, and is within the resolution of the smallest safe one.
    [[nodiscard]] bool minimumSettled() const;
    [[nodiscard]] int missingConfirmations() const;
    /// The minimum is known well enough; what is missing is clean loads there.
    [[nodiscard]] bool confirming() const {
        return missingConfirmations() > 0 && (edgeBelow() || learnt());
    }
    [[nodiscard]] double enoughWidth() const;
    [[nodiscard]] double usefulWidth() const;
    [[nodiscard]] bool narrowEnough() const { return usefulWidth() <= enoughWidth(); }
    [[nodiscard]] Bytes mostInformative() const;
    /// What may be had from a trial at a limit.
    struct Prospect {
        Bytes limit = 0;
        double gain = 0;  ///< expected fall of the minimum, a share of it
        double risk = 0;  ///< chance of a kill
    };
    [[nodiscard]] std::vector<Prospect> prospects() const;
    [[nodiscard]] std::vector<Bytes> candidates() const;
    /// The fall of the minimum that makes a trial worth its while, a share of the minimum.
    [[nodiscard]] double trialCost() const;
    [[nodiscard]] double mostGain() const;
    /// Limits of the prospects, the best first; a clean load at the minimum that is still wanting
    /// is worth a trial, and so is a first kill.
    [[nodiscard]] std::vector<Bytes> byWorth() const;
    /// The best among those at which a clean load confirms the minimum.
    [[nodiscard]] Bytes bestConfirmation() const;
    /// A clean load at `limit` confirms the smallest minimum that keeps the risk.
    [[nodiscard]] bool confirmsAt(Bytes limit) const {
        return safe_ && limit <= *safe_ && limit > unexplained_;
    }
    /// No trial is expected to tell enough of the edge or the minimum.
    [[nodiscard]] bool learnt() const {
        return narrowEnough() && (!safe_ || (!prospects_.empty() && mostGain() < trialCost()));
    }
    /// A limit just below the edge, where no load was killed so far and none below the bounds is
    /// needed: no edge is named before a load was killed below it.
    [[nodiscard]] std::optional<Bytes> fallWanted() const;
    [[nodiscard]] Bytes rounded(double size) const;

    [[nodiscard]] Bytes lowestSize() const { return options_.from.value_or(smallestLimit); }
    /// The edge is below all limits that may be tried, or above them.
    [[nodiscard]] bool edgeBelow() const { return high_ <= asSize(lowestSize()); }
    [[nodiscard]] bool edgeAbove() const { return options_.to && low_ >= asSize(*options_.to); }
    [[nodiscard]] Bytes lowestLimit() const {
        const Bytes limit = (lowestSize() + limitUnit - 1) / limitUnit * limitUnit;
        return options_.to && limit > *options_.to ? rounded(asSize(limit)) : limit;
    }
    [[nodiscard]] Bytes highestLimit() const {
        return rounded(asSize(options_.to.value_or(largestLimit)));
    }
    template <class Predicate>
    [[nodiscard]] int count(Predicate predicate) const {
        return static_cast<int>(std::ranges::count_if(trials_, predicate));
    }
    [[nodiscard]] int cleanAtMost(Bytes limit) const {
        return count([&](const auto& trial) {
            return survivedAtMost(trial, limit) && *trial.limit > unexplained_;
        });
    }

    EdgeSearchOptions options_;
    EdgePosterior posterior_;
    std::vector<EdgeObservation> trials_;

    Bytes unexplained_ = 0;  ///< see unexplainedKill()
    double low_ = 0, middle_ = 0, high_ = 0, spread_ = 0;
    std::vector<Prospect> prospects_;  ///< none while the minimum is hardly known
    std::optional<Bytes> safe_;        ///< smallest whole MiB that keeps the risk, confirmed or not
    EdgeAnswer answer_;
    std::optional<Bytes> next_;
};

Bytes EdgeSearch::Impl::rounded(double size) const {
    const auto units = static_cast<Bytes>(size * options_.resolution / 8) / limitUnit;
    const Bytes smallest = (options_.smallestStep + limitUnit - 1) / limitUnit;
    const Bytes step = std::max({units, smallest, Bytes{1}}) * limitUnit;
    const Bytes lowest = (lowestSize() + limitUnit - 1) / limitUnit * limitUnit;
    const Bytes limit = std::max((toBytes(size) + step / 2) / step * step, lowest);
    if (!options_.to || limit <= *options_.to) return limit;
    const Bytes highest = *options_.to / limitUnit * limitUnit;
    return highest >= lowest ? highest : std::max(*options_.to / pageSize * pageSize, pageSize);
}

Bytes EdgeSearch::Impl::unexplainedKill() const {
    const double farthest = freakReach * posterior_.safeLimit(options_.risk, assurance);
    Bytes largest = 0;
    for (const EdgeObservation& trial : trials_) {
        if (!killedAtLeast(trial, largest) || asSize(*trial.limit) > farthest) continue;
        if (risk(*trial.limit) < unexpected) largest = *trial.limit;
    }
    return largest;
}

Bytes EdgeSearch::Impl::largestDemand() const {
    Bytes largest = 0;
    for (const EdgeObservation& trial : trials_) {
        if (trial.verdict == Verdict::survived)
            largest = std::max(largest, trial.demand.value_or(0));
    }
    if (largest == 0 || risk(largest) >= unexpected) return largest;
    return toBytes(asSize(largest) * (1 + sampledLow) * std::exp(fallSpreads * spread_));
}

std::optional<Bytes> EdgeSearch::Impl::safeMinimum() const {
    const double safe =
        std::max({posterior_.safeLimit(options_.risk, assurance), asSize(lowestSize()),
                  asSize(largestDemand()), heavyReach * asSize(unexplained_)});
    Bytes limit = ceilToMiB(toBytes(safe));
    // Beyond the assured share of possible edges a few may lie so far above that the mean suffers.
    while (std::max(posterior_.risk(asSize(limit)),
                    posterior_.carefulRisk(asSize(limit), assurance)) > options_.risk) {
        limit = ceilToMiB(toBytes(asSize(limit) * 1.002) + 1);
        if (limit >= largestLimit) return std::nullopt;
    }
    if (options_.to && limit > *options_.to) return std::nullopt;
    return limit;
}

std::optional<Bytes> EdgeSearch::Impl::confirmedMinimum(Bytes safe) const {
    std::vector<Bytes> clean;
    for (const EdgeObservation& trial : trials_) {
        if (trial.limit && *trial.limit > unexplained_ && survivedAtMost(trial, largestLimit)) {
            clean.push_back(*trial.limit);
        }
    }
    if (options_.confirmations == 0) return safe;
    const auto wanted = static_cast<std::size_t>(options_.confirmations);
    if (clean.size() < wanted) return std::nullopt;
    std::ranges::sort(clean);
    return std::max(safe, ceilToMiB(clean[wanted - 1]));
}

bool EdgeSearch::Impl::minimumSettled() const {
    if (!answer_.minimum || !safe_) return false;
    const double wanted = asSize(*safe_) * (1 + options_.resolution + spread_);
    return *answer_.minimum <= ceilToMiB(toBytes(wanted));
}

int EdgeSearch::Impl::missingConfirmations() const {
    if (!safe_ || minimumSettled()) return 0;
    return std::max(1, options_.confirmations - cleanAtMost(*safe_));
}

double EdgeSearch::Impl::enoughWidth() const {
    return std::max(options_.resolution * middle_, usefulSteps * asSize(options_.smallestStep)) +
           usefulSpreads * spread_ * middle_;
}

double EdgeSearch::Impl::usefulWidth() const {
    const double low = std::max(low_, asSize(lowestSize()));
    return (options_.to ? std::min(high_, asSize(*options_.to)) : high_) - low;
}

void EdgeSearch::Impl::summarize() {
    low_ = posterior_.edgeQuantile((1 - intervalMass) / 2) * (1 - modelError);
    middle_ = posterior_.edgeQuantile(0.5);
    high_ = posterior_.edgeQuantile((1 + intervalMass) / 2) * (1 + modelError);
    spread_ = posterior_.spreadQuantile(0.5);
    unexplained_ = unexplainedKill();
    safe_ = trials_.empty() ? std::nullopt : safeMinimum();

    answer_ = {};
    const auto isSurvivor = [](const auto& trial) { return trial.verdict == Verdict::survived; };
    const bool survived = count(isSurvivor) > 0;
    const bool killed = count([](const auto& trial) { return killedAtLeast(trial, 0); }) > 0;
    const bool sampled =
        count([&](const auto& trial) { return isSurvivor(trial) && trial.demand > Bytes{0}; }) > 0;
    if (survived && (killed || sampled)) {
        answer_.edge = Edge{toBytes(middle_), toBytes(low_), toBytes(high_), confidence};
        answer_.spread = spread_;
    }
    if (!safe_ || !survived) return;
    answer_.minimum = confirmedMinimum(*safe_);
    answer_.confirmationsSoFar = cleanAtMost(answer_.minimum.value_or(*safe_));
    if (answer_.minimum) {
        const double size = asSize(*answer_.minimum);
        answer_.riskAtMinimum =
            std::max(posterior_.risk(size), posterior_.carefulRisk(size, assurance));
    }
}

std::optional<Bytes> EdgeSearch::Impl::fallWanted() const {
    if (count([](const auto& trial) { return killedAtLeast(trial, 0); }) > 0) return std::nullopt;
    const double below = std::exp(-fallSpreads * spread_) * low_;
    if (below < asSize(lowestLimit())) return std::nullopt;
    return rounded(below);
}

double EdgeSearch::Impl::trialCost() const {
    const auto* const last = lastSurvivor(trials_);
    const bool figures = last != nullptr && (last->demand > Bytes{0} || last->highWater > Bytes{0});
    return (figures ? worthwhile : worthwhileVerdict) *
           std::max(options_.resolution, shareOfMiB * asSize(MiB) / middle_);
}

EdgeSearchState EdgeSearch::Impl::state() const {
    if (trials_.empty()) return EdgeSearchState::searching;
    if (edgeBelow() && cleanAtMost(lowestLimit()) > 0 && minimumSettled()) {
        return EdgeSearchState::neverKilled;
    }
    if (edgeAbove() && count([this](const auto& trial) {
                           return killedAtLeast(trial, highestLimit());
                       }) >= killsAtTop) {
        return EdgeSearchState::alwaysKilled;
    }
    const bool noMinimumWithinBounds = !safe_;
    if (answer_.edge && !edgeBelow() && !edgeAbove() && learnt() &&
        (minimumSettled() || noMinimumWithinBounds) && !fallWanted()) {
        return EdgeSearchState::found;
    }
    return std::cmp_less(trials_.size(), options_.maxTrials) ? EdgeSearchState::searching
                                                             : EdgeSearchState::outOfTrials;
}

Bytes EdgeSearch::Impl::choose() const {
    if (edgeAbove()) return highestLimit();
    if (edgeBelow() && lowestLimit() <= safe_.value_or(lowestLimit())) return lowestLimit();
    if (confirming() && !prospects_.empty()) return bestConfirmation();
    if (learnt()) return fallWanted().value_or(mostInformative());
    if (prospects_.empty() || mostGain() < trialCost()) return mostInformative();
    return byWorth().front();
}

void EdgeSearch::Impl::decide() {
    summarize();
    prospects_ = prospects();
    answer_.state = state();
    next_.reset();
    if (answer_.state == EdgeSearchState::searching) next_ = choose();
}

std::vector<EdgeSearch::Impl::Prospect> EdgeSearch::Impl::prospects() const {
    std::vector<Prospect> result;
    if (!safe_ || posterior_.minimumWidth(middle_, options_.risk).now > roughlyKnown) return result;
    for (const Bytes limit : candidates()) {
        const auto width = posterior_.minimumWidth(asSize(limit), options_.risk);
        result.push_back({limit, assuredDeviations * (width.now - width.after), risk(limit)});
    }
    return result;
}

std::vector<Bytes> EdgeSearch::Impl::candidates() const {
    constexpr int steps = 14;
    const double low = posterior_.edgeQuantile(0.03);
    const double high = asSize(*safe_) * std::exp(spread_);
    std::vector<Bytes> limits = {*safe_};
    for (int i = 0; i <= steps; ++i) {
        limits.push_back(rounded(low * std::pow(high / low, static_cast<double>(i) / steps)));
    }
    std::ranges::sort(limits);
    const auto repeated = std::ranges::unique(limits);
    limits.erase(repeated.begin(), repeated.end());
    // Above the minimum only a kill would teach something, and clean loads there make one unlikely:
    // stop after enough of them, whatever the model still expects.
    std::erase_if(limits, [this](Bytes limit) {
        return limit > *safe_ && count([limit](const auto& trial) {
                                     return trial.limit == limit && survivedAtMost(trial, limit);
                                 }) >= cleanAbove;
    });
    return limits;
}

double EdgeSearch::Impl::mostGain() const {
    if (prospects_.empty()) return 0;
    return std::ranges::max(prospects_, {}, &Prospect::gain).gain;
}

std::vector<Bytes> EdgeSearch::Impl::byWorth() const {
    const bool confirms = missingConfirmations() > 0;
    const bool falls = fallWanted().has_value();
    const double cost = trialCost();
    std::vector<std::pair<double, Bytes>> worths;
    for (const Prospect& prospect : prospects_) {
        double worth = prospect.gain;
        if (confirms && confirmsAt(prospect.limit)) worth += cost * (1 - prospect.risk);
        if (falls) worth += cost * prospect.risk;
        worths.emplace_back(-worth, prospect.limit);
    }
    std::ranges::sort(worths);
    std::vector<Bytes> limits;
    limits.reserve(worths.size());
    for (const auto& [worth, limit] : worths) limits.push_back(limit);
    return limits;
}

Bytes EdgeSearch::Impl::bestConfirmation() const {
    const double cost = trialCost();
    const auto worth = [&](const Prospect& prospect) {
        if (!confirmsAt(prospect.limit)) return 0.0;
        return prospect.gain + cost * (1 - prospect.risk);
    };
    return std::ranges::max(prospects_, {}, worth).limit;
}

Bytes EdgeSearch::Impl::mostInformative() const {
    constexpr std::array quantiles = {0.03, 0.08, 0.15, 0.25, 0.35, 0.45, 0.55,
                                      0.65, 0.75, 0.85, 0.9,  0.94, 0.97, 0.99};
    std::vector<Bytes> limits;
    limits.reserve(quantiles.size());
    for (const double q : quantiles) limits.push_back(rounded(posterior_.edgeQuantile(q)));
    return *std::ranges::max_element(
        limits, {}, [this](Bytes limit) { return posterior_.information(asSize(limit)); });
}

std::vector<Bytes> EdgeSearch::Impl::batch(std::size_t count) const {
    std::vector<Bytes> limits;
    if (!next_ || count == 0) return limits;
    const auto left = static_cast<std::size_t>(options_.maxTrials) - trials_.size();
    count = std::min(count, left);
    limits.push_back(*next_);
    if (confirming()) {
        const auto missing = static_cast<std::size_t>(missingConfirmations());
        limits.resize(std::min(count, missing), *next_);
        return limits;
    }
    if (learnt()) return limits;
    std::vector<Bytes> others = byWorth();
    for (std::size_t i = 0; prospects_.empty() && i < count; ++i) {
        const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
        others.push_back(rounded(posterior_.edgeQuantile(0.05 + 0.9 * share)));
    }
    for (const Bytes limit : others) {
        if (limits.size() == count) break;
        if (std::ranges::find(limits, limit) == limits.end()) limits.push_back(limit);
    }
    return limits;
}

int EdgeSearch::Impl::trialsLeft() const {
    if (!next_) return 0;
    const int left = options_.maxTrials - static_cast<int>(trials_.size());
    const int confirming = trials_.empty() ? options_.confirmations : missingConfirmations();
    double learning = 0;
    if (prospects_.empty()) {
        // Verdicts halve the interval until it is as narrow as loads vary.
        const double excess = std::max(1.0, usefulWidth() / std::max(enoughWidth(), 1.0));
        learning = std::log2(excess) * 1.3 + 2;
    } else if (mostGain() > trialCost()) {
        // The gain of the n-th trial falls about as n to the power of -1.5.
        learning =
            static_cast<double>(trials_.size()) * (std::pow(mostGain() / trialCost(), 2.0 / 3) - 1);
    }
    const int wanted = std::max(static_cast<int>(std::ceil(learning)), confirming);
    return std::clamp(wanted + (fallWanted() ? 1 : 0), 1, std::max(1, left));
}

EdgeSearch::EdgeSearch(EdgeSearchOptions options) : impl_(std::make_unique<Impl>(options)) {}
EdgeSearch::~EdgeSearch() = default;
EdgeSearch::EdgeSearch(EdgeSearch&&) noexcept = default;
EdgeSearch& EdgeSearch::operator=(EdgeSearch&&) noexcept = default;

void EdgeSearch::observe(const EdgeObservation& observation) {
    impl_->observe(observation);
}
void EdgeSearch::stayAbove(Bytes from) {
    impl_->stayAbove(from);
}
std::optional<Bytes> EdgeSearch::next() const {
    return impl_->next();
}
std::vector<Bytes> EdgeSearch::nextBatch(std::size_t count) const {
    return impl_->batch(count);
}
EdgeAnswer EdgeSearch::answer() const {
    return impl_->answer();
}
double EdgeSearch::risk(Bytes limit) const {
    return impl_->risk(limit);
}
int EdgeSearch::expectedTrialsLeft() const {
    return impl_->trialsLeft();
}

}  // namespace memfit
