#include "memfit/bench/law_fit.h"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <utility>

#include "memfit/bench/grid_axis.h"
#include "memfit/bench/law_collections.h"
#include "memfit/bench/noise.h"
#include "memfit/trial/statistics.h"

namespace memfit {

namespace {

/// What the law may be off by in the cost of a cell before it is called wrong.
constexpr double costShare = 0.015;
constexpr double rejected = 0.015;
/// The same of a cost that falls with the limit itself, against which the other tests are weak.
constexpr double rejectedLimit = 0.03;
/// Where a heap has less room than without GOMEMLIMIT, a collection costs less than elsewhere (less
/// becomes garbage while it runs, and from half of the CPU on the collector is held back:
/// runtime/mgclimit.go). By this share of what the collections beyond those without GOMEMLIMIT add,
/// such cells may be off; seen on sales-api: 0.1 to 0.2.
constexpr double crowdedOff = 0.2;
/// What the first use of memory may cost, seconds of CPU a MiB, and over the rest of the load. Seen
/// on sales-api in a virtual machine: 4 ms. A program that runs on pays it once, so that it is part
/// of what a short load costs, and no part of what a request costs.
constexpr double mostForFirstUse = 10e-3;
constexpr double mostShareForFirstUse = 0.4;
/// Spread (log scale) of what it costs a program about what was measured of another.
constexpr double firstUseSpread = 0.15;

/// Bytes in use for each request of a load of the cell, median; nullopt where that is not known.
std::optional<double> inUsePerRequest(const PriceCell& cell) {
    const auto values = perRequest(cell, &PriceRun::inUseBytes);
    return values.size() == cell.runs.size() ? median(values) : std::nullopt;
}

/// What the first use of memory may add to the cost of the cell with the most of it, in units of a
/// request without collections.
struct FirstUse {
    double share = 0;
    double logDensity = 0;  ///< of what is known beforehand
};

/// A draw, and what the first use of memory adds to the cost of the cell with the most of it.
struct LoadDraw {
    LawDraw law;
    double firstUse = 0;
};

class Law {
public:
    Law(std::span<const PriceCell> cells, std::span<const BlockFit> figures,
        std::span<const double> usual, const Counts& counts,
        std::optional<double> firstUseSecondsPerMiB)
        : cells_(cells),
          figures_(figures.begin(), figures.end()),
          usual_(usual),
          counts_(counts),
          lowest_(smallestGomemlimit(counts)) {
        readInUse(firstUseSecondsPerMiB);
    }

    /// The parameters at a place of the grid; `logAdded`: the logarithm of what all collections of
    /// the costliest cell add to the cost.
    [[nodiscard]] LoadDraw drawAt(const Collecting& collecting, double logAdded,
                                  double firstUse) const {
        LawDraw draw;
        draw.fixed = collecting.fixed;
        draw.allocated = counts_.allocated;
        draw.excess = std::exp(collecting.excess);
        if (counts_.plain) draw.plainCollections = counts_.plain->mean / counts_.plain->requests;
        double most = draw.plainCollections;
        for (const auto& cell : counts_.gomemlimit)
            most = std::max(most, cell.mean / cell.requests);
        draw.price = most > 0 ? std::exp(logAdded) / most : 0;
        if (firstUse > 0) draw.firstUse = firstUse / mostInUse_;
        return {draw, firstUse};
    }

    /// What the first use of memory may add; only 0 where memory in use is not known, or does not
    /// matter.
    [[nodiscard]] const std::vector<FirstUse>& firstUses() const { return firstUses_; }

    [[nodiscard]] std::vector<double> costs(const LoadDraw& draw) const {
        std::vector<double> all;
        all.reserve(cells_.size());
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            const double cost = draw.law.logCost(gomemlimitOf(cells_[i]));
            all.push_back(draw.firstUse > 0 ? std::log(std::exp(cost) + (draw.firstUse * inUse_[i]))
                                            : cost);
        }
        return all;
    }

    [[nodiscard]] double logCosts(const LoadDraw& draw) const {
        const auto x = costs(draw);
        double sum = 0;
        for (std::size_t i = 0; i < figures_.size(); ++i)
            sum += logLikelihood(figures_[i].squares(x), figures_[i].freedom(), usual_[i]);
        return sum;
    }

    /// From here on cells with more collections than without GOMEMLIMIT may be off the law.
    void loosen(const LawDraw& draw) {
        if (draw.plainCollections <= 0) return;
        for (std::size_t i = 0; i < figures_.size(); ++i) {
            const double variance = noiseOf(i);
            std::vector<double> slack;
            for (const auto& cell : cells_) {
                const auto limit = gomemlimitOf(cell);
                const double collections = limit ? draw.collections(*limit) : 0;
                const double more = std::max(0.0, collections - draw.plainCollections);
                const double added = std::min(draw.price * more, 10.0);
                slack.push_back(std::pow(crowdedOff * added / (1 + (draw.price * collections)), 2) /
                                variance);
            }
            figures_[i] = figures_[i].loosened(slack);
        }
    }

    static std::optional<double> gomemlimitOf(const PriceCell& cell) {
        if (cell.settings.mode == Mode::plain) return std::nullopt;
        return static_cast<double>(
            cell.settings.gomemlimit.value_or(cell.settings.limit.value_or(0)));
    }

    /// Is the cost of the cells off what these parameters say by more than noise and a small share?
    [[nodiscard]] bool costsOff(const LoadDraw& draw) const {
        const auto x = costs(draw);
        for (std::size_t i = 0; i < figures_.size(); ++i) {
            const auto& figure = figures_[i];
            double used = 0;
            double allowed = 0;
            for (std::size_t cell = 0; cell < figure.cells(); ++cell) {
                if (figure.weight(cell) <= 0) continue;
                ++used;
                allowed += figure.weight(cell) * costShare * costShare;
            }
            const double left = figure.squares(figure.best());
            const double freedom = std::max(figure.freedom() - (used - 1), 0.0);
            const double fitted = firstUses_.size() > 1 ? 3 : 2;  // level, price and first use
            const double more = used - fitted;
            if (more < 1) continue;
            const double noise = noiseOf(i);
            const double f = (figure.squares(x) - left - allowed) / more / noise;
            if (f <= 0) continue;
            const boost::math::fisher_f distribution(more, freedom + usualWeight);
            if (boost::math::cdf(boost::math::complement(distribution, f)) < rejected) return true;
        }
        return false;
    }

    /// Does the cost fall with the limit itself, beside what collections make of it (pages of files
    /// that fit beside the heap)? By a t-test of one more term, pages / limit, with the price
    /// fitted anew; all figures together.
    [[nodiscard]] bool limitPays(const LoadDraw& draw) const {
        const auto x = costs(draw);
        auto dearer = draw;
        constexpr double step = 1e-3;
        dearer.law.price *= 1 + step;
        auto price = costs(dearer);
        std::vector<double> pages;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            price[i] = (price[i] - x[i]) / step;
            const auto& limit = cells_[i].settings.limit;
            pages.push_back(limit ? lowest_ / static_cast<double>(*limit) : 0);
        }
        Term gained;
        double freedom = 0;
        for (std::size_t i = 0; i < figures_.size(); ++i) {
            const auto& figure = figures_[i];
            const auto count = static_cast<double>(cells_.size());
            const double left = std::max(figure.freedom() - (count - 1), 0.0);
            const double noise = noiseOf(i);
            const double runs = static_cast<double>(figure.count()) / count;
            gained.add(figure, x, pages, price, noise + (runs * costShare * costShare));
            freedom += left + usualWeight;
        }
        const double t = gained.t();
        if (!(t > 0)) return false;
        const boost::math::students_t distribution(freedom);
        return boost::math::cdf(boost::math::complement(distribution, t)) < rejectedLimit;
    }

private:
    /// Normal equations of one term beside a nuisance one.
    struct Term {
        double tt = 0, tn = 0, nn = 0, t0 = 0, n0 = 0;
        void add(const BlockFit& figure, const std::vector<double>& at,
                 const std::vector<double>& term, const std::vector<double>& nuisance,
                 double noise) {
            for (std::size_t i = 0; i < at.size(); ++i) {
                double pull = figure.b(i);
                for (std::size_t k = 0; k < at.size(); ++k) {
                    const double a = figure.a(i, k) / noise;
                    pull -= figure.a(i, k) * at[k];
                    tt += a * term[i] * term[k];
                    tn += a * term[i] * nuisance[k];
                    nn += a * nuisance[i] * nuisance[k];
                }
                t0 += pull / noise * term[i];
                n0 += pull / noise * nuisance[i];
            }
        }
        [[nodiscard]] double t() const {
            const double shared = nn > 0 ? tn / nn : 0;
            const double precision = tt - (shared * tn);
            return precision > 0 ? (t0 - (shared * n0)) / std::sqrt(precision) : 0;
        }
    };

    /// Variance of the noise of a figure.
    [[nodiscard]] double noiseOf(std::size_t i) const {
        const auto& figure = figures_[i];
        double used = 0;
        for (std::size_t cell = 0; cell < figure.cells(); ++cell)
            used += figure.weight(cell) > 0 ? 1 : 0;
        const double freedom = std::max(figure.freedom() - (used - 1), 0.0);
        return ((usualWeight * usual_[i] * usual_[i]) + figure.squares(figure.best())) /
               (freedom + usualWeight);
    }

    void readInUse(std::optional<double> secondsPerMiB) {
        firstUses_ = {{0, 0}};
        for (const auto& cell : cells_) {
            const auto its = inUsePerRequest(cell);
            if (!its) return;
            inUse_.push_back(*its);
        }
        mostInUse_ = std::ranges::max(inUse_);
        const auto& figure = figures_.back();  // CPU time where it is known
        const double cost = std::exp(figure.level(figure.best()));
        const double perSecond = mostInUse_ / static_cast<double>(MiB) / cost;
        const double share =
            std::min(mostShareForFirstUse, secondsPerMiB.value_or(mostForFirstUse) * perSecond);
        constexpr double noMatter = 0.005;
        if (!(share > noMatter)) return;
        for (double& each : inUse_) each /= mostInUse_;
        firstUses_.clear();
        constexpr int places = 7;
        for (int i = 0; i < places; ++i) {
            const double at = static_cast<double>(i) / (places - 1);
            if (!secondsPerMiB) {
                firstUses_.push_back({share * at, 0});
                continue;
            }
            constexpr double widest = 2.4;
            const double spreads = widest * ((2 * at) - 1);
            firstUses_.push_back(
                {share * std::exp(spreads * firstUseSpread), -spreads * spreads / 2});
        }
    }

    std::span<const PriceCell> cells_;
    std::vector<BlockFit> figures_;
    std::span<const double> usual_;
    const Counts& counts_;
    double lowest_;
    std::vector<double> inUse_;  ///< of each cell, over the most
    double mostInUse_ = 0;       ///< bytes a request
    std::vector<FirstUse> firstUses_;
};

}  // namespace

double LawDraw::collections(double gomemlimit) const {
    const double room = gomemlimit - fixed;
    return room > 0 ? excess * allocated / room : std::numeric_limits<double>::infinity();
}

double LawDraw::logCost(std::optional<double> gomemlimit) const {
    if (gomemlimit && *gomemlimit <= fixed) return std::numeric_limits<double>::infinity();
    return std::log1p(price * (gomemlimit ? collections(*gomemlimit) : plainCollections));
}

double LawDraw::gomemlimitFor(double logCost) const {
    const double added = std::expm1(logCost);
    if (price * allocated <= 0) return fixed;
    return added > 0 ? fixed + (price * excess * allocated / added)
                     : std::numeric_limits<double>::infinity();
}

LawFit fitLaw(std::span<const PriceCell> cells, std::span<const BlockFit> figures,
              std::span<const double> usualNoise, std::optional<double> firstUseSecondsPerMiB) {
    const auto counts = countsOf(cells);
    if (!counts) return {};
    Law law(cells, figures, usualNoise, *counts, firstUseSecondsPerMiB);

    const auto places = placesOf(*counts);
    const auto& likeliest = *std::ranges::max_element(places, {}, &Place::logDensity);
    if (chanceOfCounts(*counts, likeliest.collecting) < rejected)
        return {LawFit::State::collectionsOff, {}, {}};

    constexpr int fine = 28;
    const auto bestAt = [&](double logAdded) {
        LoadDraw best;
        double most = -std::numeric_limits<double>::infinity();
        for (const auto& firstUse : law.firstUses()) {
            const auto draw = law.drawAt(likeliest.collecting, logAdded, firstUse.share);
            const double density = firstUse.logDensity + law.logCosts(draw);
            if (density > most) {
                most = density;
                best = draw;
            }
        }
        return std::pair(most, best);
    };
    const auto wide = axis(std::log(0.002), std::log(10.0), 60);
    auto found = bestAt(wide.low);
    for (int i = 1; i < wide.count; ++i)
        if (auto next = bestAt(wide.at(i)); next.first > found.first) found = std::move(next);
    law.loosen(found.second.law);

    const auto added = narrowed(wide, fine, [&](double at) { return bestAt(at).first; });
    std::vector<double> density;
    double most = -std::numeric_limits<double>::infinity();
    LoadDraw best;
    for (const auto& place : places)
        for (const auto& firstUse : law.firstUses())
            for (int k = 0; k < added.count; ++k) {
                const auto draw = law.drawAt(place.collecting, added.at(k), firstUse.share);
                density.push_back(place.logDensity + firstUse.logDensity + law.logCosts(draw));
                if (density.back() > most) {
                    most = density.back();
                    best = draw;
                }
            }
    if (law.costsOff(best) || law.limitPays(best)) return {LawFit::State::costOff, {}, {}};

    double sum = 0;
    for (auto& each : density) sum += each = std::exp(each - most);
    // Evenly through the whole grid, and evenly spread within a place of it.
    constexpr int wanted = 400;
    constexpr double golden = 0.6180339887498949;
    LawFit fit{LawFit::State::holds, {}, std::vector<double>(cells.size())};
    double reached = 0;
    std::size_t place = 0;
    for (int i = 0; i < wanted; ++i) {
        const double goal = sum * (i + 0.5) / wanted;
        while (place + 1 < density.size() && reached + density[place] < goal)
            reached += density[place++];
        const double across = std::fmod((i + 1) * golden, 1) - 0.5;
        const double along = std::fmod((i + 1) * golden * golden, 1) - 0.5;
        const auto columns = static_cast<std::size_t>(added.count);
        const auto& at = places[place / (law.firstUses().size() * columns)];
        const double firstUse = law.firstUses()[place / columns % law.firstUses().size()].share;
        const auto column = static_cast<int>(place % columns);
        auto collecting = at.collecting;
        collecting.fixed = std::max(0.0, collecting.fixed - (at.width * across));
        const auto draw = law.drawAt(collecting, added.at(column) + (added.step * along), firstUse);
        const auto seen = law.costs(draw);
        for (std::size_t k = 0; k < seen.size(); ++k) fit.seen[k] += seen[k] / wanted;
        fit.draws.push_back(draw.law);
    }
    return fit;
}

}  // namespace memfit
