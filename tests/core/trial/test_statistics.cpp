#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "memfit/trial/comparison.h"
#include "memfit/trial/statistics.h"

using memfit::BlockedValue;
using memfit::compare;
using memfit::estimate;
using memfit::median;
using memfit::quantile;

namespace {

using Cell = std::vector<BlockedValue>;

Cell blocked(const std::vector<double>& values) {
    Cell cell;
    for (const double value : values) cell.push_back({static_cast<int>(cell.size()), value});
    return cell;
}

Cell scaled(const Cell& cell, double factor) {
    Cell result = cell;
    for (auto& each : result) each.value *= factor;
    return result;
}

/// Seven cells that saw nothing but the given drift, a little noise apart.
std::vector<Cell> witnesses(const std::vector<double>& drift) {
    std::vector<Cell> cells;
    std::mt19937_64 random(1);
    for (int cell = 0; cell < 7; ++cell) {
        std::vector<double> values;
        for (const double factor : drift)
            values.push_back(factor * (20.0 + cell) *
                             (1 + 0.0001 * static_cast<double>(random() % 100)));
        cells.push_back(blocked(values));
    }
    return cells;
}

bool consistent(const memfit::Difference& difference) {
    const bool excludesOne = difference.low > 1 || difference.high < 1;
    return difference.significant == excludesOne &&
           difference.significant == (difference.pValue < 0.05) &&
           difference.low <= difference.ratio && difference.ratio <= difference.high;
}

}  // namespace

TEST_CASE("the median of an even count is the mean of the two middle values") {
    CHECK(median(std::vector<double>{4, 1, 3, 2}) == 2.5);
    CHECK(median(std::vector<double>{9, 1, 5}) == 5);
    CHECK(median(std::vector<double>{}) == std::nullopt);
}

TEST_CASE("values that are no numbers do not take part") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinite = std::numeric_limits<double>::infinity();
    CHECK(median(std::vector<double>{nan, 3, infinite, 1, nan, 2}) == 2);
    CHECK(median(std::vector<double>{nan}) == std::nullopt);
    CHECK(quantile(std::vector<double>{1, 2}, nan) == std::nullopt);
    CHECK(estimate(std::vector<double>{nan, infinite}) == std::nullopt);
}

TEST_CASE("the median of huge values of both signs does not overflow") {
    const double most = std::numeric_limits<double>::max();
    CHECK(median(std::vector<double>{most, most}) == most);
    CHECK(median(std::vector<double>{-most, most}) == 0);
}

TEST_CASE("a quantile is linear between order statistics") {
    const std::vector<double> values{40, 10, 30, 20};
    CHECK(quantile(values, 0) == 10);
    CHECK(quantile(values, 1) == 40);
    CHECK(quantile(values, 0.5) == 25);
    CHECK(quantile(values, 0.9) == doctest::Approx(37));
    CHECK(quantile(values, -3) == 10);
    CHECK(quantile(values, 7) == 40);
    CHECK(quantile(std::vector<double>{}, 0.5) == std::nullopt);
}

TEST_CASE("one value is its own interval") {
    CHECK(estimate(std::vector<double>{28.4}) == memfit::Estimate{28.4, 28.4, 28.4});
    CHECK(estimate(std::vector<double>{}) == std::nullopt);
}

TEST_CASE("few values get an interval wider than their range, and still positive") {
    const auto three = estimate(std::vector<double>{9, 10, 11});
    REQUIRE(three);
    CHECK(three->median == 10);
    CHECK(three->low == doctest::Approx(9 / std::pow(11.0 / 9, 0.85)));
    CHECK(three->high == doctest::Approx(11 * std::pow(11.0 / 9, 0.85)));

    const auto wild = estimate(std::vector<double>{0.1, 90});
    REQUIRE(wild);
    CHECK(wild->low > 0);
}

TEST_CASE("few values that are not all positive are widened on the linear scale") {
    const auto interval = estimate(std::vector<double>{-1, 0, 1});
    REQUIRE(interval);
    CHECK(interval->low == doctest::Approx(-2.7));
    CHECK(interval->high == doctest::Approx(2.7));
}

TEST_CASE("figures that are never negative have no negative interval") {
    const auto interval = estimate(std::vector<double>{0, 0.1, 4});
    REQUIRE(interval);
    CHECK(interval->low == 0);
    CHECK(interval->high == doctest::Approx(4 + 0.85 * 4));
    CHECK(estimate(std::vector<double>{0, 10})->low == 0);
}

TEST_CASE("many values get an interval of order statistics") {
    std::vector<double> values;
    for (int i = 1; i <= 20; ++i) values.push_back(i);
    const auto interval = estimate(values);
    REQUIRE(interval);
    CHECK(interval->median == 10.5);
    // Between the 6th and 15th (95.9 %) and the 7th and 14th (88.5 %).
    CHECK(interval->low > 6);
    CHECK(interval->low < 6.5);
    CHECK(interval->high == doctest::Approx(21 - interval->low));
}

TEST_CASE("the interval of ten thousand values is narrow and in order") {
    std::vector<double> values;
    for (int i = 0; i < 10'001; ++i) values.push_back(i);
    const auto interval = estimate(values);
    REQUIRE(interval);
    CHECK(interval->low == doctest::Approx(5000 - 98).epsilon(0.001));
    CHECK(interval->high == doctest::Approx(5000 + 98).epsilon(0.001));
}

TEST_CASE("values that are all alike have an interval without width") {
    CHECK(estimate(std::vector<double>(5, 30)) == memfit::Estimate{30, 30, 30});
    CHECK(estimate(std::vector<double>(8, 30)) == memfit::Estimate{30, 30, 30});
}

TEST_CASE("a cell equal to the other in every run is not different") {
    const auto cell = blocked({30, 31, 29, 30, 30.5});
    const auto difference = compare(cell, cell);
    REQUIRE(difference);
    CHECK(difference->ratio == 1);
    CHECK(difference->pValue == 1);
    CHECK_FALSE(difference->significant);
    CHECK(difference->test == "paired t");

    const auto constant = blocked({30, 30, 30});
    const auto same = compare(constant, constant);
    REQUIRE(same);
    CHECK_FALSE(same->significant);
    CHECK(consistent(*same));
}

TEST_CASE("figures without any scatter differ when they are far apart, not in the last digit") {
    const auto far = compare(blocked({20, 20, 20}), blocked({40, 40, 40}));
    REQUIRE(far);
    CHECK(far->significant);
    CHECK(far->ratio == doctest::Approx(0.5));
    CHECK(far->low < far->high);
    CHECK(consistent(*far));

    const auto near = compare(blocked({30.00, 30.00, 30.00}), blocked({30.01, 30.01, 30.01}));
    REQUIRE(near);
    CHECK_FALSE(near->significant);
    CHECK(consistent(*near));
}

TEST_CASE("ten percent in five runs of a quiet machine is a difference") {
    const auto cell = blocked({33.1, 32.8, 33.4, 33.0, 32.6});
    const auto against = blocked({30.2, 29.9, 30.1, 29.7, 30.0});
    const auto difference = compare(cell, against);
    REQUIRE(difference);
    CHECK(difference->significant);
    CHECK(difference->ratio == doctest::Approx(1.1).epsilon(0.01));
    CHECK(consistent(*difference));

    const auto reverse = compare(against, cell);
    REQUIRE(reverse);
    CHECK(reverse->significant);
    CHECK(reverse->ratio == doctest::Approx(1 / difference->ratio));
    CHECK(reverse->low == doctest::Approx(1 / difference->high));
}

TEST_CASE("the published 28.4 against 29.2 requests per second, once each, says nothing") {
    const auto difference = compare(blocked({28.4}), blocked({29.2}));
    REQUIRE(difference);
    CHECK_FALSE(difference->significant);
    CHECK(difference->test == "too few runs");
    CHECK(difference->ratio == doctest::Approx(28.4 / 29.2));
    CHECK(difference->low == doctest::Approx(28.4 / 29.2));
    CHECK(difference->high == 1);
    CHECK(difference->pValue == 1);
}

TEST_CASE("two runs a side are never significant, however far apart") {
    const auto difference = compare(blocked({1, 1}), blocked({100, 101}));
    REQUIRE(difference);
    CHECK_FALSE(difference->significant);
    CHECK(difference->test == "too few runs");
    CHECK(difference->high == 1);
}

TEST_CASE("drift that all cells share does not hide a difference") {
    const std::vector<double> drift{1, 0.9, 0.8, 1.1, 0.7};
    const auto against = scaled(blocked(drift), 30);
    auto cell = scaled(against, 1.05);
    cell[0].value *= 1.005;
    cell[3].value *= 0.995;
    const auto others = witnesses(drift);
    const auto difference = compare(cell, against, others);
    REQUIRE(difference);
    CHECK(difference->test == "aligned t");
    CHECK(difference->ratio == doctest::Approx(1.05).epsilon(0.002));
    CHECK(consistent(*difference));
}

TEST_CASE("a slower machine in the blocks that one cell missed is not taken for a slower cell") {
    // The machine lost half its speed after block 2; one cell was killed in blocks 0 and 1, the
    // other in block 4.
    const std::vector<double> drift{1, 1, 1, 0.5, 0.5, 0.5};
    Cell cell = scaled(blocked(drift), 30);
    Cell against = scaled(blocked(drift), 30);
    cell[2].value *= 1.01;
    against[3].value *= 1.01;
    cell.erase(cell.begin(), cell.begin() + 2);
    against.erase(against.begin() + 4);
    auto others = witnesses(drift);
    others[0].pop_back();
    others[1].erase(others[1].begin());
    const auto difference = compare(cell, against, others);
    REQUIRE(difference);
    CHECK(difference->test == "aligned t");
    CHECK(difference->ratio == doctest::Approx(1).epsilon(0.01));
    CHECK_FALSE(difference->significant);

    const auto alone = compare(cell, against);
    REQUIRE(alone);
    CHECK(alone->test == "paired t");
    CHECK_FALSE(alone->significant);
}

TEST_CASE("cells that share fewer than three blocks, and no others, are not compared") {
    const Cell cell{{0, 10}, {1, 10}, {2, 10}};
    const Cell against{{2, 20}, {3, 20}, {4, 20}};
    const auto difference = compare(cell, against);
    REQUIRE(difference);
    CHECK(difference->test == "too few shared blocks");
    CHECK_FALSE(difference->significant);
    CHECK(difference->low == doctest::Approx(0.5));
    CHECK(difference->high == 1);
}

TEST_CASE("two cells that happen to run in the same order under drift are not different") {
    // The machine slows by 8 % a block, and `cell` ran half a block earlier every time.
    Cell cell;
    Cell against;
    for (int block = 0; block < 3; ++block) {
        cell.push_back({block, 30 * std::pow(0.92, block)});
        against.push_back({block, 30 * std::pow(0.92, block + 0.5) * (1 + 0.001 * block)});
    }
    const auto difference = compare(cell, against);
    REQUIRE(difference);
    CHECK_FALSE(difference->significant);
}

TEST_CASE("repeats within one block count once") {
    const Cell cell{{0, 10}, {0, 10}, {0, 10}, {0, 10}};
    const Cell against{{0, 20}, {0, 20}, {0, 20}, {0, 20}};
    const auto difference = compare(cell, against);
    REQUIRE(difference);
    CHECK(difference->test == "too few runs");
}

TEST_CASE("nothing is compared with nothing, zero, or what is no number") {
    const auto good = blocked({1, 2, 3});
    CHECK_FALSE(compare({}, good));
    CHECK_FALSE(compare(good, {}));
    CHECK_FALSE(compare(blocked({1, 0, 3}), good));
    CHECK_FALSE(compare(good, blocked({1, -2, 3})));
    CHECK_FALSE(compare(good, blocked({1, std::numeric_limits<double>::infinity(), 3})));
    CHECK_FALSE(compare(blocked({1, std::nan(""), 3}), good));
}

TEST_CASE("absurd figures and block numbers leave every result finite") {
    const Cell cell{{std::numeric_limits<int>::min(), 1e308}, {0, 1e-308}, {7, 1e308}};
    const Cell against{{std::numeric_limits<int>::min(), 1e-308}, {0, 1e308}, {7, 1e-308}};
    const auto difference = compare(cell, against);
    REQUIRE(difference);
    CHECK(std::isfinite(difference->ratio));
    CHECK(std::isfinite(difference->high));
    CHECK(difference->low > 0);
    CHECK(difference->low < 1);
}

TEST_CASE("broken values of other cells are left out, not believed") {
    auto others = witnesses({1, 1, 1});
    others[0][0].value = 0;
    others[1][1].value = std::nan("");
    const auto difference = compare(blocked({30, 31, 29}), blocked({30, 29, 31}), others);
    REQUIRE(difference);
    CHECK(difference->test == "aligned t");
    CHECK(std::isfinite(difference->low));
}

TEST_CASE("equal cells come out different in few pairs, and the interval agrees with the test") {
    std::mt19937_64 random(42);
    std::normal_distribution<double> noise(0, 0.03);
    int significant = 0;
    bool allConsistent = true;
    for (int pair = 0; pair < 1000; ++pair) {
        std::vector<Cell> cells(9);
        for (int block = 0; block < 5; ++block)
            for (auto& cell : cells)
                cell.push_back({block, 30 * std::exp(noise(random) - 0.04 * block)});
        const auto difference = compare(cells[0], cells[1], std::span(cells).subspan(2));
        REQUIRE(difference);
        allConsistent = allConsistent && consistent(*difference);
        if (difference->significant) ++significant;
    }
    CHECK(allConsistent);
    CHECK(significant > 10);
    CHECK(significant <= 70);
}
