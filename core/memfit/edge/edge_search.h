#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "memfit/units/bytes.h"

namespace memfit {

/// What one trial says about the demand D of its run, that is the memory it would have used at
/// most.
struct EdgeObservation {
    enum class Verdict {
        survived,  ///< D <= limit, and D <= highWater where that is known
        tooSmall,  ///< killed, or below the floor: D > limit
    };

    std::optional<Bytes> limit;  ///< nullopt: the unlimited run (always survived)
    Verdict verdict = Verdict::survived;
    /// The kernel's high-water mark of a survivor: an upper bound on D; it also holds reclaimable
    /// page cache, so it may lie far above D when the cache was cold.
    std::optional<Bytes> highWater;
    /// Largest sampled usage less reclaimable cache: lies near D, usually a little low, since
    /// sampling misses spikes. Only believed of survivors.
    std::optional<Bytes> demand;
    /// Largest Sys - HeapReleased: what Go mapped; a rough upper hint for D.
    std::optional<Bytes> goMapped;
};

struct EdgeSearchOptions {
    std::optional<Bytes> from;  ///< never try below this limit
    std::optional<Bytes> to;    ///< never try above this limit
    /// How finely it is to be known, relative: what one more trial has to bring down the minimum by
    /// to be run is a share of it, and so is the width of the edge's interval (see
    /// EdgeSearchState::found).
    double resolution = 0.02;
    Bytes smallestStep = 256 * KiB;  ///< but never finer than this, or than 256 KiB
    int confirmations = 3;           ///< clean loads wanted at or below the minimum
    int maxTrials = 24;              ///< the unlimited run included
    double risk = 0.01;              ///< accepted chance that one load is OOM-killed at minimum
    // Values that make no sense are moved to the nearest that do.
};

/// The OOM edge: the limit at which half of the loads are killed.
struct Edge {
    Bytes estimate = 0;  ///< posterior median
    Bytes low = 0;       ///< 95 % interval
    Bytes high = 0;
    double confidence = 0.95;

    friend bool operator==(const Edge&, const Edge&) = default;
};

/// Why a search ended, or that it has not.
enum class EdgeSearchState {
    searching,
    /// The minimum is confirmed, within the resolution and one spread of the smallest that keeps
    /// the risk, and no further trial is expected to bring it down by about a fifth of the
    /// resolution (an eighth, where trials bring verdicts alone). The interval of the edge is
    /// within the resolution and six spreads, and a load was killed, unless the edge is so near to
    /// `from` that none could be. Or no whole MiB within `to` keeps the risk: then without a
    /// minimum.
    found,
    /// The edge is below `from` (or below 1 MiB, the smallest limit that makes sense), and loads
    /// there were clean.
    neverKilled,
    /// Too small even at `to`: two kills there, and the interval lies above.
    alwaysKilled,
    outOfTrials,  ///< maxTrials used up
};

/// What the search knows now.
struct EdgeAnswer {
    EdgeSearchState state = EdgeSearchState::searching;
    /// Absent until there is evidence on both sides: a survivor, and a kill or a sampled demand.
    std::optional<Edge> edge;
    /// Smallest whole MiB with riskAtMinimum <= options.risk at which, or below which, enough loads
    /// were clean. Never below the demand that a survivor was sampled with. Above a limit at which
    /// a load was killed although hardly any should have been: then only clean loads above that
    /// limit count, for a few loads may need more than the others.
    std::optional<Bytes> minimum;
    /// Predicted chance that one load is killed there, on the safe side: with a probability of
    /// 97.5 % the posterior holds it to be no greater (its mean, risk(), is smaller). The model's,
    /// not a proof.
    std::optional<double> riskAtMinimum;
    int confirmationsSoFar = 0;    ///< clean loads at or below the (candidate) minimum
    std::optional<double> spread;  ///< posterior median of the edge's relative spread
};

/// Finds the OOM edge with as few trials as it can, by asking for the next limit to try.
///
/// Model: a run's demand D is log-normal around the edge with an unknown spread; a posterior over
/// (edge, spread) on a grid in log space. Each trial is an interval-censored observation of D
/// (killed at M: D > M; survived at M with high-water mark P: D <= min(M, P)), sharpened by the
/// sampled demand, whose common bias is unknown, and by the mark itself where page cache is warm,
/// which is unknown too. A small lapse rate keeps one accidental verdict from deciding alone. While
/// the edge is hardly known the next limit is the one that tells most of it; then it is the one
/// from which the minimum is expected to come down most, that is, after which the smallest limit of
/// the accepted risk is best known. A clean load that the minimum still wants, and a first kill,
/// count as much as a trial costs. Last comes a load just below the edge, where none was killed so
/// far. Deterministic: same observations, same question. A decision takes about a millisecond.
///
/// Few trials cannot show the share of loads that need far more than the others: where it is 1 in
/// 20, half of all searches meet no such load. tests/bench/squeeze_simulation.cpp shows what the
/// minimum is worth then.
///
/// Use: while (auto limit = search.next()) { run a trial; search.observe(...); } The unlimited run
/// is the caller's first observation (or may be missing: the search works without it).
class EdgeSearch {
public:
    explicit EdgeSearch(EdgeSearchOptions options = {});
    ~EdgeSearch();
    EdgeSearch(const EdgeSearch&) = delete;
    EdgeSearch& operator=(const EdgeSearch&) = delete;
    EdgeSearch(EdgeSearch&&) noexcept;
    EdgeSearch& operator=(EdgeSearch&&) noexcept;

    void observe(const EdgeObservation& observation);

    /// From now on no limit below `from` is tried: it turned out that none can be. As if
    /// EdgeSearchOptions::from had been so, where that is smaller.
    void stayAbove(Bytes from);

    /// The next limit to try; nullopt when the search is over (see answer().state).
    [[nodiscard]] std::optional<Bytes> next() const;

    /// Up to `count` limits worth trying at the same time, for parallel trials; next() is the
    /// first. They differ, spread over where the edge may be, except when nothing but clean loads
    /// at the minimum is wanting: then it is named once for each. Never more than there are trials
    /// left.
    [[nodiscard]] std::vector<Bytes> nextBatch(std::size_t count) const;

    [[nodiscard]] EdgeAnswer answer() const;

    /// Predicted chance that one load is OOM-killed at `limit` (for curves in reports); 0..1.
    [[nodiscard]] double risk(Bytes limit) const;

    /// Rough number of trials still to come, for a time estimate; >= 0.
    [[nodiscard]] int expectedTrialsLeft() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace memfit
