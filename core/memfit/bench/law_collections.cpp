#include "memfit/bench/law_collections.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

#include "memfit/bench/grid_axis.h"
#include "memfit/bench/noise.h"
#include "memfit/trial/statistics.h"

namespace memfit {

namespace {

/// Collections of a load that the law cannot foresee: the first ones while the heap grows, and the
/// one under way when the load ends. Seen: within half a collection, or 2 %, of the law on
/// sales-api and prometheus.
constexpr double collectionsOff = 0.3;
constexpr double collectionsShare = 0.02;
/// Scatter of collections from run to run, where too few runs show it.
constexpr double usualScatter = 0.03;
/// A collection starts before the heap is at its goal, and what is not heap grows with it (spans in
/// part filled, the collector's own bitmaps), so that collections are a few per cent more than what
/// is allocated over the room. The logarithm of that ratio: seen 0 to 0.1 on sales-api, and at
/// most -log(0.95), with the growth beside it, from the start alone (runtime/mgcpacer.go,
/// maxTrigger).
constexpr double usualExcess = 0.04;
constexpr double excessSpread = 0.05;

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

double logStudent(double squared) {
    constexpr double tails = 4;
    return -((tails + 1) / 2) * std::log1p(squared / tails);
}

double squaredOff(const CellCollections& cell, double allocated, const Collecting& law) {
    const double foreseen =
        std::exp(law.excess) * allocated * cell.requests / (cell.gomemlimit - law.fixed);
    return std::pow(cell.mean - foreseen, 2) / cell.variance;
}

double squaredExcess(const Collecting& law) {
    return std::pow((law.excess - usualExcess) / excessSpread, 2);
}

double logCollections(const Counts& counts, const Collecting& law) {
    double sum = -squaredExcess(law) / 2;
    for (const auto& cell : counts.gomemlimit)
        sum += logStudent(squaredOff(cell, counts.allocated, law));
    return sum;
}

/// The sum of squares that cells and what is known beforehand are off by.
double allOff(const Counts& counts, const Collecting& law) {
    double sum = squaredExcess(law);
    for (const auto& cell : counts.gomemlimit) sum += squaredOff(cell, counts.allocated, law);
    return sum;
}

}  // namespace

std::vector<double> perRequest(const PriceCell& cell, std::optional<double> PriceRun::* figure) {
    std::vector<double> values;
    for (const auto& run : cell.runs)
        if (run.*figure && std::isfinite(*(run.*figure)) && *(run.*figure) >= 0)
            values.push_back(*(run.*figure) / run.requests.value_or(1));
    return values;
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

double smallestGomemlimit(const Counts& counts) {
    return std::ranges::min_element(counts.gomemlimit, {}, &CellCollections::gomemlimit)
        ->gomemlimit;
}

std::vector<Place> placesOf(const Counts& counts) {
    constexpr int coarse = 160;
    constexpr int fine = 28;
    constexpr double spreads = 2.4;
    constexpr double negligible = 10;
    const double lowest = smallestGomemlimit(counts);
    const auto excesses =
        axis(usualExcess - (spreads * excessSpread), usualExcess + (spreads * excessSpread), 13);
    std::vector<Place> all;
    for (int i = 0; i < excesses.count; ++i) {
        const double excess = excesses.at(i);
        const auto densityAt = [&](double logRoom) {
            return logCollections(counts, {lowest - std::exp(logRoom), excess});
        };
        const auto rooms =
            narrowed(axis(std::log(lowest * 0.003), std::log(lowest), coarse), fine, densityAt);
        for (int k = 0; k < rooms.count; ++k) {
            const double room = std::exp(rooms.at(k));
            // Places are closer where the range is narrow.
            all.push_back({{lowest - room, excess},
                           room * rooms.step,
                           densityAt(rooms.at(k)) + std::log(rooms.step)});
        }
    }
    const double most = std::ranges::max_element(all, {}, &Place::logDensity)->logDensity;
    std::erase_if(all, [&](const Place& place) { return place.logDensity < most - negligible; });
    return all;
}

double chanceOfCounts(const Counts& counts, const Collecting& law) {
    const auto freedom = static_cast<double>(counts.gomemlimit.size()) - 1;
    return boost::math::cdf(
        boost::math::complement(boost::math::chi_squared(freedom), allOff(counts, law)));
}

}  // namespace memfit
