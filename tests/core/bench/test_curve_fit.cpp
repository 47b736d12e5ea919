#include "memfit/bench/curve_fit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "memfit/trial/statistics.h"
#include "support/price.h"

using namespace memfit;
using namespace memfit::test;

namespace {

using Draws = std::vector<std::vector<double>>;

Draws curvesOf(const std::vector<PriceCell>& cells) {
    std::vector<CostValue> values;
    for (std::size_t i = 0; i < cells.size(); ++i)
        for (const auto& run : cells[i].runs) values.push_back({i, run.block, *run.clockSeconds});
    const std::vector<BlockFit> figures{BlockFit(cells.size(), values)};
    return fitCurves(cells, figures, std::vector<double>{0.06});
}

/// What cell `a` costs more than cell `b`, median of the draws.
double apart(const Draws& draws, std::size_t a, std::size_t b) {
    std::vector<double> all;
    for (const auto& draw : draws) all.push_back(draw[a] - draw[b]);
    return median(all).value_or(-1);
}

/// Plain at 20, 30 and 40 MiB, of these costs.
std::vector<PriceTruth> plainOf(double first, double second, double third) {
    return {{plainAt(20), first, {}, {}, {}},
            {plainAt(30), second, {}, {}, {}},
            {plainAt(40), third, {}, {}, {}}};
}

}  // namespace

TEST_CASE("cells that are equal show no step") {
    const auto draws = curvesOf(benched(plainOf(1, 1, 1), 5, 0.05));
    CHECK(apart(draws, 0, 2) == 0);
    CHECK(std::ranges::count_if(draws, [](const auto& draw) { return draw[0] - draw[2] < 0.02; }) >
          static_cast<std::ptrdiff_t>(draws.size() * 8 / 10));
}

TEST_CASE("more memory never costs more, whatever was seen") {
    auto truths = flatService();
    truths[1].cpuSeconds *= 0.8;  // the smallest plain cell is the fastest
    truths[8].cpuSeconds *= 1.2;  // and the largest with GOMEMLIMIT the slowest
    const auto draws = curvesOf(benched(truths, 3, 0.1));
    constexpr double rounding = 1e-9;
    for (const auto& draw : draws) {
        CHECK(draw[1] >= draw[0] - rounding);
        for (std::size_t i = 3; i < draw.size(); ++i) CHECK(draw[i] <= draw[i - 2] + rounding);
    }
}

TEST_CASE("a large step is found in full") {
    const auto draws = curvesOf(benched(plainOf(2, 1, 1), 4, 0.05));
    CHECK(apart(draws, 0, 1) == doctest::Approx(std::log(2)).epsilon(0.1));
    CHECK(apart(draws, 1, 2) == 0);
}

TEST_CASE("GOMEMLIMIT may cost more or less than the same limit without it") {
    auto truths = flatService();
    for (const double factor : {0.8, 1.25}) {
        for (std::size_t i = 2; i < truths.size(); i += 2) truths[i].cpuSeconds = 5e-3 * factor;
        const auto draws = curvesOf(benched(truths, 4, 0.02));
        CHECK(apart(draws, 2, 1) == doctest::Approx(std::log(factor)).epsilon(0.15));
    }
}

TEST_CASE("the order of the cells in the bench is no matter, and one cell has no curve") {
    const auto draws = curvesOf(benched({{plainAt(20), 1, {}, {}, {}}}, 3));
    CHECK(
        std::ranges::all_of(draws, [](const auto& draw) { return draw == Draws::value_type{0}; }));
    auto cells = benched(plainOf(1.4, 1.1, 1), 4);
    const auto before = curvesOf(cells);
    std::ranges::reverse(cells);
    const auto after = curvesOf(cells);
    CHECK(apart(after, 2, 0) == doctest::Approx(apart(before, 0, 2)).epsilon(0.02));
}
