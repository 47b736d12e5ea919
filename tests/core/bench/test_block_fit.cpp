#include "memfit/bench/block_fit.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/simulated_world.h"

using namespace memfit;

namespace {

constexpr std::size_t count = 4;

/// Four cells whose costs rise by 5 % each, in five blocks of these effects (log scale).
std::vector<CostValue> steady(const std::vector<double>& effects, double noise = 0.002) {
    test::Random random(3);
    std::vector<CostValue> values;
    for (std::size_t block = 0; block < effects.size(); ++block)
        for (std::size_t cell = 0; cell < count; ++cell)
            values.push_back({cell, static_cast<int>(block),
                              std::exp((0.05 * static_cast<double>(cell)) + effects[block] +
                                       (noise * random.normal()))});
    return values;
}

/// The largest error of the differences between neighbours, which are 0.05.
double off(const BlockFit& fit) {
    double most = 0;
    for (std::size_t i = 1; i < count; ++i)
        most = std::max(most, std::abs(fit.best()[i] - fit.best()[i - 1] - 0.05));
    return most;
}

}  // namespace

TEST_CASE("block effects of any size are taken out of the costs") {
    CHECK(off({count, steady({0, 0, 0, 0, 0})}) < 0.005);
    CHECK(off({count, steady({0, 0.1, -0.1, 0.2, 0})}) < 0.005);
    CHECK(off({count, steady({0, 3, -3, 2, -1})}) < 0.005);
}

TEST_CASE("one wild run moves no cost much") {
    auto values = steady({0, 0.1, -0.1, 0.2, 0}, 0.01);
    const BlockFit before(count, values);
    values[6].value *= 3;
    const BlockFit after(count, values);
    for (std::size_t i = 0; i < count; ++i)
        CHECK(std::abs(after.best()[i] - before.best()[i]) < 0.01);
    CHECK(after.weight(2) < 4.2);
}

TEST_CASE("blocks that ran only some of the cells are taken out too") {
    auto values = steady({0, 0.5, -0.5, 1, 0});
    std::erase_if(values, [](const CostValue& each) {
        return (each.block == 1 && each.cell < 2) ||
               (each.block == 3 && each.cell != 0 && each.cell != 3);
    });
    const BlockFit fit(count, values);
    CHECK(fit.count() == 16);
    CHECK(off(fit) < 0.01);
}

TEST_CASE("a cell without values has no weight and moves no other") {
    const auto values = steady({0, 0.1, 0.2});
    const BlockFit fit(count + 1, values);
    CHECK(fit.weight(count) == 0);
    CHECK(fit.best()[count] == 0);
    CHECK(off(fit) < 0.005);
    std::vector<double> elsewhere = fit.best();
    elsewhere[count] = 5;
    CHECK(fit.squares(elsewhere) == doctest::Approx(fit.squares(fit.best())));
}

TEST_CASE("values that are not positive and finite are left out") {
    auto values = steady({0, 0.1, 0.2});
    const BlockFit before(count, values);
    for (const double value : {0.0, -1.0, std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN()})
        values.push_back({1, 7, value});
    const BlockFit after(count, values);
    CHECK(after.count() == before.count());
    CHECK(after.best() == before.best());
}

TEST_CASE("the least squares are those of the best costs, and the same at every level") {
    const BlockFit fit(count, steady({0, 0.1, -0.2}, 0.02));
    const double least = fit.squares(fit.best());
    for (std::size_t i = 0; i < count; ++i)
        for (const double by : {-0.01, 0.01}) {
            auto x = fit.best();
            x[i] += by;
            CHECK(fit.squares(x) > least);
        }
    auto raised = fit.best();
    for (auto& each : raised) each += 0.3;
    CHECK(fit.squares(raised) == doctest::Approx(least).epsilon(1e-6));
    CHECK(fit.level(raised) == doctest::Approx(fit.level(fit.best()) - 0.3));
}

TEST_CASE("no values, one value and one block make a fit that says nothing wrong") {
    const BlockFit none(2, {});
    CHECK(none.count() == 0);
    CHECK(none.squares(std::vector<double>{1, 2}) == 0);
    const BlockFit one(1, std::vector<CostValue>{{0, 0, 2.0}});
    CHECK(one.best() == std::vector<double>{0});
    CHECK(one.level(one.best()) == doctest::Approx(std::log(2.0)));
    const BlockFit block(count, steady({0.7}));
    CHECK(off(block) < 0.01);
    CHECK(block.freedom() == count - 1);
}

TEST_CASE("the interval of a difference holds as often as it says") {
    test::Random random(3);
    constexpr int benches = 1000;
    int held = 0;
    for (int bench = 0; bench < benches; ++bench) {
        std::vector<CostValue> values;
        for (int block = 0; block < 5; ++block)
            for (std::size_t cell = 0; cell < 4; ++cell)
                values.push_back({cell, block, std::exp(0.1 * random.normal())});
        const BlockFit fit(4, values);
        const double variance = fit.squares(fit.best()) / (fit.freedom() - 3);
        const double difference = fit.best()[0] - fit.best()[1];
        // Student's t with 12 to 16 degrees of freedom, 95 %.
        constexpr double deviations = 2.15;
        held += static_cast<int>(std::abs(difference) <
                                 deviations *
                                     std::sqrt(variance * (1 / fit.weight(0) + 1 / fit.weight(1))));
    }
    CHECK(static_cast<double>(held) / benches == doctest::Approx(0.95).epsilon(0.02));
}

TEST_CASE("a cell that may be off by an amount of its own counts for less") {
    const BlockFit fit(count, steady({0, 0.1, -0.1, 0.2, 0}, 0.01));
    const std::vector<double> x{0, 0.3, 0.1, 0.2};
    CHECK(fit.loosened(std::vector<double>(count)).squares(x) == doctest::Approx(fit.squares(x)));

    const auto loose = fit.loosened(std::vector<double>{0, 1e9, 0, 0});
    const double without = loose.squares(std::vector<double>{0, 0, 0.1, 0.2});
    CHECK(loose.squares(x) == doctest::Approx(without));
    CHECK(without < fit.squares(x));
    CHECK(loose.squares(loose.best()) == doctest::Approx(fit.squares(fit.best())));

    // One cell against another: the amount adds to the variance of their difference.
    const BlockFit pair(2, std::vector<CostValue>{{0, 0, 1}, {1, 0, 1}, {0, 1, 1}, {1, 1, 1}});
    const std::vector<double> apart{0, 0.1};
    CHECK(pair.squares(apart) == doctest::Approx(0.01));
    CHECK(pair.loosened(std::vector<double>{0.5, 0.5}).squares(apart) == doctest::Approx(0.005));
}
