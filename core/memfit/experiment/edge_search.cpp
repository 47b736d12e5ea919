#include "memfit/experiment/edge_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "memfit/experiment/edge_posterior.h"

namespace memfit {
namespace {

using Verdict = EdgeObservation::Verdict;

constexpr double confidence = 0.95;

/// Posterior mass of the interval that covers the edge with `confidence`, found by simulation:
/// after few trials a given spread is not the one that the prior expects.
constexpr double intervalMass = 0.965;

/// Certainty with which the risk at the minimum is kept, whatever the edge and the spread are.
constexpr double assurance = 0.975;

/// The model's own roughness, relative: no interval is narrower.
constexpr double modelError = 0.0015;

/// Worth, in nats, of a trial that surely counts as a confirmation.
constexpr double confirmationWorth = 0.1;

/// Loads vary by the spread: an interval is narrow enough when it is within the resolution and this
/// many spreads. Beyond that a trial tells ever less, and the limit that users set lies above
/// all of it.
constexpr double usefulSpreads = 3;

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
    [[nodiscard]] std::optional<Bytes> choose() const;

    [[nodiscard]] std::optional<Bytes> safeMinimum() const;
    [[nodiscard]] std::optional<Bytes> confirmedMinimum(Bytes safe) const;
    /// The minimum has its clean loads, and is within the resolution of the smallest safe one.
    [[nodiscard]] bool minimumSettled() const;
    [[nodiscard]] int missingConfirmations() const;
    /// The edge is known well enough; what is missing is clean loads at the minimum.
    [[nodiscard]] bool confirming() const {
        return missingConfirmations() > 0 && (edgeBelow() || narrowEnough());
    }
    [[nodiscard]] double enoughWidth() const;
    [[nodiscard]] double usefulWidth() const;
    [[nodiscard]] bool narrowEnough() const { return usefulWidth() <= enoughWidth(); }
    [[nodiscard]] Bytes mostInformative() const;
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
        return count([limit](const auto& trial) { return survivedAtMost(trial, limit); });
    }

    EdgeSearchOptions options_;
    EdgePosterior posterior_;
    std::vector<EdgeObservation> trials_;

    double low_ = 0, middle_ = 0, high_ = 0, spread_ = 0;
    std::optional<Bytes> safe_;  ///< smallest whole MiB that keeps the risk, confirmed or not
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

std::optional<Bytes> EdgeSearch::Impl::safeMinimum() const {
    const double safe =
        std::max(posterior_.safeLimit(options_.risk, assurance), asSize(lowestSize()));
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
        if (trial.limit && survivedAtMost(trial, largestLimit)) clean.push_back(*trial.limit);
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
    if (answer_.edge && !edgeBelow() && !edgeAbove() && narrowEnough() &&
        (minimumSettled() || noMinimumWithinBounds)) {
        return EdgeSearchState::found;
    }
    return std::cmp_less(trials_.size(), options_.maxTrials) ? EdgeSearchState::searching
                                                             : EdgeSearchState::outOfTrials;
}

std::optional<Bytes> EdgeSearch::Impl::choose() const {
    if (edgeAbove()) return highestLimit();
    if (edgeBelow() && lowestLimit() <= safe_.value_or(lowestLimit())) return lowestLimit();
    if (confirming()) return safe_;
    return mostInformative();
}

void EdgeSearch::Impl::decide() {
    summarize();
    answer_.state = state();
    next_ = answer_.state == EdgeSearchState::searching ? choose() : std::nullopt;
}

Bytes EdgeSearch::Impl::mostInformative() const {
    constexpr std::array quantiles = {0.03, 0.08, 0.15, 0.25, 0.35, 0.45, 0.55,
                                      0.65, 0.75, 0.85, 0.9,  0.94, 0.97, 0.99};
    std::vector<Bytes> limits;
    limits.reserve(quantiles.size() + 1);
    for (const double q : quantiles) limits.push_back(rounded(posterior_.edgeQuantile(q)));
    if (safe_) limits.push_back(*safe_);
    std::ranges::sort(limits);
    const auto repeated = std::ranges::unique(limits);
    limits.erase(repeated.begin(), repeated.end());
    // The first trials are for the edge alone.
    const bool confirms = trials_.size() > 2 && missingConfirmations() > 0;
    const auto worth = [&](Bytes limit) {
        double sum = posterior_.information(asSize(limit));
        if (confirms && limit <= *safe_) sum += confirmationWorth * (1 - risk(limit));
        return sum;
    };
    return *std::ranges::max_element(limits, {}, worth);
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
    for (std::size_t i = 0; i < count && limits.size() < count; ++i) {
        const double q = 0.05 + 0.9 * (static_cast<double>(i) + 0.5) / static_cast<double>(count);
        const Bytes limit = rounded(posterior_.edgeQuantile(q));
        if (std::ranges::find(limits, limit) == limits.end()) limits.push_back(limit);
    }
    return limits;
}

int EdgeSearch::Impl::trialsLeft() const {
    if (!next_) return 0;
    const int left = options_.maxTrials - static_cast<int>(trials_.size());
    // Verdicts halve the interval until it is as narrow as loads vary.
    const double excess = std::max(1.0, usefulWidth() / std::max(enoughWidth(), 1.0));
    const int narrowing = static_cast<int>(std::ceil(std::log2(excess) * 1.3));
    const int confirming =
        trials_.empty() ? options_.confirmations : std::max(1, missingConfirmations());
    return std::clamp(narrowing + confirming, 1, std::max(1, left));
}

EdgeSearch::EdgeSearch(EdgeSearchOptions options) : impl_(std::make_unique<Impl>(options)) {}
EdgeSearch::~EdgeSearch() = default;
EdgeSearch::EdgeSearch(EdgeSearch&&) noexcept = default;
EdgeSearch& EdgeSearch::operator=(EdgeSearch&&) noexcept = default;

void EdgeSearch::observe(const EdgeObservation& observation) {
    impl_->observe(observation);
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
