#include "memfit/bench/law_fit.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "memfit/bench/noise.h"
#include "memfit/experiment/statistics.h"

namespace memfit {

namespace {

/// Collections of a load that the law cannot foresee: the first ones while the heap grows, and the
/// one under way when the load ends. Seen: within half a collection, or 2 %, of the law on
/// sales-api and prometheus.
constexpr double collectionsOff = 0.3;
constexpr double collectionsShare = 0.02;
/// Scatter of collections from run to run, where too few runs show it.
constexpr double usualScatter = 0.03;
/// What the law may be off by in the cost of a cell before it is called wrong.
constexpr double costShare = 0.015;
constexpr double rejected = 0.015;
/// The same of a cost that falls with the limit itself, against which the other tests are weak.
constexpr double rejectedLimit = 0.03;

struct CellCollections {
    double gomemlimit = 0;
    double mean = 0;      ///< a load
    double variance = 0;  ///< of the mean, with what the law cannot foresee
    double requests = 1;  ///< a load
};

/// Collections and allocation of the bench, by load.
struct Counts {
    std::vector<CellCollections> gomemlimit;
    std::optional<CellCollections> plain;
    double allocated = 0;  ///< bytes a request; 0: not known
};

std::vector<double> perRequest(const PriceCell& cell, std::optional<double> PriceRun::* figure) {
    std::vector<double> values;
    for (const auto& run : cell.runs)
        if (run.*figure && std::isfinite(*(run.*figure)) && *(run.*figure) >= 0)
            values.push_back(*(run.*figure) / run.requests.value_or(1));
    return values;
}

double meanRequests(const PriceCell& cell) {
    double sum = 0;
    for (const auto& run : cell.runs) sum += run.requests.value_or(1);
    return std::max(1.0, sum / static_cast<double>(cell.runs.size()));
}

CellCollections collectionsOf(const std::vector<double>& values, double requests) {
    CellCollections cell;
    cell.requests = requests;
    for (const double value : values)
        cell.mean += value * requests / static_cast<double>(values.size());
    const double middle = median(values).value_or(0) * requests;
    if (values.size() > 2) cell.mean = middle;
    double squares = 0;
    for (const double value : values) squares += std::pow((value * requests) - cell.mean, 2);
    const double usual = std::pow(usualScatter * cell.mean, 2);
    const auto count = static_cast<double>(values.size());
    const double scatter = (squares + (usualWeight * usual)) / (count - 1 + usualWeight);
    cell.variance = (scatter / count) + std::pow(collectionsShare * cell.mean, 2) +
                    (collectionsOff * collectionsOff);
    return cell;
}

std::optional<Counts> countsOf(std::span<const PriceCell> cells) {
    Counts counts;
    std::vector<double> allocated;
    std::vector<double> plain;
    double plainRequests = 1;
    bool anyPlain = false;
    for (const auto& cell : cells) {
        anyPlain = anyPlain || cell.settings.mode == Mode::plain;
        const auto collections = perRequest(cell, &PriceRun::collections);
        if (collections.size() < cell.runs.size() || collections.empty()) {
            if (cell.settings.mode == Mode::gomemlimit) return std::nullopt;
            continue;
        }
        const auto bytes = perRequest(cell, &PriceRun::allocatedBytes);
        allocated.insert(allocated.end(), bytes.begin(), bytes.end());
        if (cell.settings.mode == Mode::plain) {
            plain.insert(plain.end(), collections.begin(), collections.end());
            plainRequests = meanRequests(cell);
            continue;
        }
        auto found = collectionsOf(collections, meanRequests(cell));
        found.gomemlimit =
            static_cast<double>(cell.settings.gomemlimit.value_or(cell.settings.limit.value_or(0)));
        if (found.gomemlimit <= 0) return std::nullopt;
        counts.gomemlimit.push_back(found);
    }
    // Without them what a plain cell costs would be taken for the cost without any collection.
    if (anyPlain && plain.empty()) return std::nullopt;
    if (!plain.empty()) counts.plain = collectionsOf(plain, plainRequests);
    counts.allocated = median(allocated).value_or(0);
    constexpr std::size_t fewest = 2;
    if (counts.gomemlimit.size() < fewest || counts.allocated <= 0) return std::nullopt;
    return counts;
}

double logStudent(double squared) {
    constexpr double tails = 4;
    return -((tails + 1) / 2) * std::log1p(squared / tails);
}

double smallestGomemlimit(const Counts& counts) {
    return std::ranges::min_element(counts.gomemlimit, {}, &CellCollections::gomemlimit)
        ->gomemlimit;
}

double squaredOff(const CellCollections& cell, double allocated, double fixed) {
    const double foreseen = allocated * cell.requests / (cell.gomemlimit - fixed);
    return std::pow(cell.mean - foreseen, 2) / cell.variance;
}

double logCollections(const Counts& counts, double fixed) {
    double sum = 0;
    for (const auto& cell : counts.gomemlimit)
        sum += logStudent(squaredOff(cell, counts.allocated, fixed));
    return sum;
}

/// Evenly spaced values of a logarithm, and the step.
struct Axis {
    double low = 0;
    double step = 0;
    int count = 1;
    [[nodiscard]] double at(int i) const { return low + (step * i); }
};

Axis axis(double low, double high, int count) {
    return {low, (high - low) / (count - 1), count};
}

/// The part of `wide` in which `logDensity` is not negligible, as `count` places.
template <class Density>
Axis narrowed(const Axis& wide, int count, Density logDensity) {
    std::vector<double> values;
    for (int i = 0; i < wide.count; ++i) values.push_back(logDensity(wide.at(i)));
    const double most = std::ranges::max(values);
    constexpr double negligible = 12;
    int first = wide.count;
    int last = 0;
    for (int i = 0; i < wide.count; ++i)
        if (values[static_cast<std::size_t>(i)] > most - negligible) {
            first = std::min(first, i);
            last = std::max(last, i);
        }
    first = std::max(0, first - 1);
    last = std::min(wide.count - 1, last + 1);
    return axis(wide.at(first), wide.at(last), count);
}

class Law {
public:
    Law(std::span<const PriceCell> cells, std::span<const BlockFit> figures,
        std::span<const double> usual, const Counts& counts)
        : cells_(cells),
          figures_(figures),
          usual_(usual),
          counts_(counts),
          lowest_(smallestGomemlimit(counts)) {}

    /// The parameters at a place of the grid: logarithms of the room above `fixed` at the smallest
    /// GOMEMLIMIT, and of what all collections of the costliest cell add to the cost.
    [[nodiscard]] LawDraw drawAt(double logRoom, double logAdded) const {
        LawDraw draw;
        draw.fixed = lowest_ - std::exp(logRoom);
        draw.allocated = counts_.allocated;
        if (counts_.plain) draw.plainCollections = counts_.plain->mean / counts_.plain->requests;
        double most = draw.plainCollections;
        for (const auto& cell : counts_.gomemlimit)
            most = std::max(most, cell.mean / cell.requests);
        draw.price = most > 0 ? std::exp(logAdded) / most : 0;
        return draw;
    }

    [[nodiscard]] std::vector<double> costs(const LawDraw& draw) const {
        std::vector<double> all;
        all.reserve(cells_.size());
        for (const auto& cell : cells_) all.push_back(draw.logCost(gomemlimitOf(cell)));
        return all;
    }

    [[nodiscard]] double logCosts(const LawDraw& draw) const {
        const auto x = costs(draw);
        double sum = 0;
        for (std::size_t i = 0; i < figures_.size(); ++i)
            sum += logLikelihood(figures_[i].squares(x), figures_[i].freedom(), usual_[i]);
        return sum;
    }

    static std::optional<double> gomemlimitOf(const PriceCell& cell) {
        if (cell.settings.mode == Mode::plain) return std::nullopt;
        return static_cast<double>(
            cell.settings.gomemlimit.value_or(cell.settings.limit.value_or(0)));
    }

    /// Is the cost of the cells off what these parameters say by more than noise and a small share?
    [[nodiscard]] bool costsOff(const LawDraw& draw) const {
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
            const double more = used - 2;  // level and price
            if (more < 1) continue;
            const double noise =
                ((usualWeight * usual_[i] * usual_[i]) + left) / (freedom + usualWeight);
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
    [[nodiscard]] bool limitPays(const LawDraw& draw) const {
        const auto x = costs(draw);
        auto dearer = draw;
        constexpr double step = 1e-3;
        dearer.price *= 1 + step;
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
            const double noise =
                ((usualWeight * usual_[i] * usual_[i]) + figure.squares(figure.best())) /
                (left + usualWeight);
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

    std::span<const PriceCell> cells_;
    std::span<const BlockFit> figures_;
    std::span<const double> usual_;
    const Counts& counts_;
    double lowest_;
};

}  // namespace

double LawDraw::logCost(std::optional<double> gomemlimit) const {
    if (!gomemlimit) return std::log1p(price * plainCollections);
    const double room = *gomemlimit - fixed;
    return room > 0 ? std::log1p(price * allocated / room)
                    : std::numeric_limits<double>::infinity();
}

double LawDraw::gomemlimitFor(double logCost) const {
    const double added = std::expm1(logCost);
    if (price * allocated <= 0) return fixed;
    return added > 0 ? fixed + (price * allocated / added)
                     : std::numeric_limits<double>::infinity();
}

LawFit fitLaw(std::span<const PriceCell> cells, std::span<const BlockFit> figures,
              std::span<const double> usualNoise) {
    const auto counts = countsOf(cells);
    if (!counts) return {};
    const Law law(cells, figures, usualNoise, *counts);

    constexpr int coarse = 160;
    constexpr int fine = 28;
    const double lowest = smallestGomemlimit(*counts);
    const auto rooms =
        narrowed(axis(std::log(lowest * 0.003), std::log(lowest), coarse), fine,
                 [&](double at) { return logCollections(*counts, lowest - std::exp(at)); });
    double bestRoom = rooms.low;
    double most = -std::numeric_limits<double>::infinity();
    for (int i = 0; i < rooms.count; ++i) {
        const double value = logCollections(*counts, lowest - std::exp(rooms.at(i)));
        if (value > most) {
            most = value;
            bestRoom = rooms.at(i);
        }
    }
    double off = 0;
    for (const auto& cell : counts->gomemlimit)
        off += squaredOff(cell, counts->allocated, lowest - std::exp(bestRoom));
    const auto freedom = static_cast<double>(counts->gomemlimit.size()) - 1;
    const boost::math::chi_squared distribution(freedom);
    if (boost::math::cdf(boost::math::complement(distribution, off)) < rejected)
        return {LawFit::State::collectionsOff, {}};

    const auto added = narrowed(axis(std::log(0.002), std::log(10.0), 60), fine,
                                [&](double at) { return law.logCosts(law.drawAt(bestRoom, at)); });
    std::vector<double> density;
    most = -std::numeric_limits<double>::infinity();
    LawDraw best;
    for (int i = 0; i < rooms.count; ++i) {
        const double first = logCollections(*counts, lowest - std::exp(rooms.at(i)));
        for (int k = 0; k < added.count; ++k) {
            const auto draw = law.drawAt(rooms.at(i), added.at(k));
            density.push_back(first + law.logCosts(draw));
            if (density.back() > most) {
                most = density.back();
                best = draw;
            }
        }
    }
    if (law.costsOff(best) || law.limitPays(best)) return {LawFit::State::costOff, {}};

    double sum = 0;
    for (auto& each : density) sum += each = std::exp(each - most);
    // Evenly through the whole grid, and evenly spread within a place of it.
    constexpr int wanted = 400;
    constexpr double golden = 0.6180339887498949;
    LawFit fit{LawFit::State::holds, {}};
    double reached = 0;
    std::size_t place = 0;
    for (int i = 0; i < wanted; ++i) {
        const double goal = sum * (i + 0.5) / wanted;
        while (place + 1 < density.size() && reached + density[place] < goal)
            reached += density[place++];
        const double across = std::fmod((i + 1) * golden, 1) - 0.5;
        const double along = std::fmod((i + 1) * golden * golden, 1) - 0.5;
        const int row = static_cast<int>(place) / added.count;
        const int column = static_cast<int>(place) % added.count;
        fit.draws.push_back(
            law.drawAt(std::min(rooms.at(row) + (rooms.step * across), std::log(lowest)),
                       added.at(column) + (added.step * along)));
    }
    return fit;
}

}  // namespace memfit
