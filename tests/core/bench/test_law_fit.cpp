#include "memfit/bench/law_fit.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "memfit/trial/statistics.h"
#include "support/price.h"

using namespace memfit;
using namespace memfit::test;

namespace {

constexpr double mebibyte = static_cast<double>(MiB);

LawFit lawOf(const std::vector<PriceCell>& cells,
             std::optional<double> firstUseSecondsPerMiB = std::nullopt) {
    std::vector<CostValue> clock;
    std::vector<CostValue> cpu;
    for (std::size_t i = 0; i < cells.size(); ++i)
        for (const auto& run : cells[i].runs) {
            if (run.clockSeconds) clock.push_back({i, run.block, *run.clockSeconds});
            if (run.cpuSeconds) cpu.push_back({i, run.block, *run.cpuSeconds});
        }
    const std::vector<BlockFit> figures{{cells.size(), clock}, {cells.size(), cpu}};
    return fitLaw(cells, figures, std::vector<double>{0.06, 0.03}, firstUseSecondsPerMiB);
}

double fixedOf(const LawFit& fit) {
    std::vector<double> all;
    for (const auto& draw : fit.draws) all.push_back(draw.fixed / mebibyte);
    return median(all).value_or(0);
}

/// Cost of GOMEMLIMIT = `limit` MiB over that of GOMEMLIMIT = `other` MiB, median of the draws.
double ratio(const LawFit& fit, double limit, double other) {
    std::vector<double> all;
    for (const auto& draw : fit.draws)
        all.push_back(std::exp(draw.logCost(limit * mebibyte) - draw.logCost(other * mebibyte)));
    return median(all).value_or(0);
}

}  // namespace

TEST_CASE("the law is found in sales-api's collections and costs") {
    const auto fit = lawOf(benched(salesApi(), 4));
    REQUIRE((fit.state == LawFit::State::holds));
    CHECK(fixedOf(fit) == doctest::Approx(13.7).epsilon(1 / 13.7));
    CHECK(ratio(fit, 31, 88) == doctest::Approx(4.67 / 4.18).epsilon(0.03));
    CHECK(ratio(fit, 44, 88) == doctest::Approx(4.46 / 4.18).epsilon(0.03));
    for (const auto& draw : fit.draws) {
        CHECK(draw.fixed < 31 * mebibyte);
        CHECK(draw.fixed >= 0);
        CHECK(draw.plainCollections * 600 == doctest::Approx(80));
        CHECK(draw.allocated * 600 == doctest::Approx(363.6 * mebibyte));
    }
}

TEST_CASE("the law meets the published speeds with GOMEMLIMIT at four limits") {
    // Speeds at 18, 23, 36 and 72 MiB, over the unlimited run's; 15.3 MiB are fixed.
    constexpr std::array<double, 4> limits{18, 23, 36, 72};
    constexpr std::array<double, 4> speeds{0.99, 1.12, 1.18, 1.20};
    std::vector<PriceTruth> truths;
    for (std::size_t i = 0; i < limits.size(); ++i)
        truths.push_back({gomemlimitAt(limits[i]),
                          5e-3 / speeds[i],
                          {},
                          std::round(300 / (limits[i] - 15.3)),
                          300 * mebibyte});
    const auto fit = lawOf(benched(truths, 5, 0.03));
    REQUIRE((fit.state == LawFit::State::holds));
    CHECK(fixedOf(fit) == doctest::Approx(15.3).epsilon(0.05));
    for (std::size_t i = 0; i + 1 < limits.size(); ++i)
        CHECK(ratio(fit, limits[i], 72) == doctest::Approx(1.20 / speeds[i]).epsilon(0.03));
}

TEST_CASE("a limit between those that were benched is foreseen") {
    constexpr double fixed = 13.7;
    constexpr double allocated = 363.6;
    const auto costAt = [&](double limit) {
        return 4e-3 * (1 + (0.4 / 80 * allocated / (limit - fixed)));
    };
    std::vector<PriceTruth> truths{{plainAt(31), 4e-3 * 1.4, {}, 80, allocated * mebibyte}};
    for (const double limit : {31.0, 44.0, 88.0})
        truths.push_back({gomemlimitAt(limit),
                          costAt(limit),
                          {},
                          std::round(allocated / (limit - fixed)),
                          allocated * mebibyte});
    const auto fit = lawOf(benched(truths, 4));
    REQUIRE((fit.state == LawFit::State::holds));
    CHECK(ratio(fit, 36, 88) == doctest::Approx(costAt(36) / costAt(88)).epsilon(0.01));
    CHECK(ratio(fit, 60, 88) == doctest::Approx(costAt(60) / costAt(88)).epsilon(0.01));
}

/// As counted on sales-api with Go 1.19, in a load of 600 requests that allocates 350.2 MiB: a few
/// per cent more collections than that makes up for. `costOf` gives the cost of collections and
/// MiB in use.
template <class Cost>
std::vector<PriceTruth> countedOnSalesApi(Cost costOf) {
    constexpr double allocated = 350.2 * mebibyte;
    std::vector<PriceTruth> truths;
    const auto add = [&](Settings settings, double collections, double inUse) {
        truths.push_back({std::move(settings),
                          costOf(collections, inUse),
                          {},
                          collections,
                          allocated,
                          inUse * mebibyte});
    };
    add(plainSettings(std::nullopt), 87, 16);
    add(plainAt(20), 87, 16);
    add(plainAt(40), 87, 16);
    add(gomemlimitAt(20), 152, 12);
    add(gomemlimitAt(27), 40, 19);
    add(gomemlimitAt(40), 17, 32);
    add(gomemlimitAt(80), 6, 72);
    return truths;
}

TEST_CASE("a few per cent more collections than what is allocated makes up for are the law's too") {
    const auto fit = lawOf(benched(
        countedOnSalesApi([](double count, double) { return 2e-3 * (1 + (0.006 * count)); }), 4));
    REQUIRE((fit.state == LawFit::State::holds));
    CHECK(fixedOf(fit) == doctest::Approx(17.5).epsilon(0.02));
    CHECK(ratio(fit, 27, 80) == doctest::Approx(1.24 / 1.036).epsilon(0.02));
    for (const auto& draw : fit.draws) {
        CHECK(draw.excess > 1);
        CHECK(draw.excess < 1.16);
    }
}

TEST_CASE("collections beyond those without GOMEMLIMIT may cost less than others") {
    const auto fit = lawOf(benched(countedOnSalesApi([](double count, double) {
                                       const double crowded = std::max(0.0, count - 87);
                                       return 2e-3 * (1 + (0.006 * (count - (0.3 * crowded))));
                                   }),
                                   4));
    REQUIRE((fit.state == LawFit::State::holds));
    CHECK(ratio(fit, 27, 80) == doctest::Approx(1.24 / 1.036).epsilon(0.02));
}

TEST_CASE("the first use of memory is told from what collections cost, and is no part of it") {
    // 0.4 % of a request without collections for each MiB, over a load of 600.
    const auto truths = countedOnSalesApi(
        [](double count, double inUse) { return 2e-3 * (1 + (0.006 * count) + (0.004 * inUse)); });
    const auto fit = lawOf(benched(truths, 10, 0.01));
    REQUIRE((fit.state == LawFit::State::holds));
    CHECK(ratio(fit, 40, 80) == doctest::Approx(1.102 / 1.036).epsilon(0.02));
    std::vector<double> firstUse;
    for (const auto& draw : fit.draws) firstUse.push_back(draw.firstUse * mebibyte / 600);
    CHECK(median(firstUse).value_or(0) == doctest::Approx(0.004).epsilon(0.25));
    REQUIRE(fit.seen.size() == truths.size());
    for (std::size_t i = 0; i < truths.size(); ++i)
        CHECK(fit.seen[i] - fit.seen.back() ==
              doctest::Approx(std::log(truths[i].cpuSeconds / truths.back().cpuSeconds))
                  .epsilon(0.02)
                  .scale(1));
}

TEST_CASE("what was measured of the first use of memory makes the price of collections sharper") {
    const auto cells = benched(countedOnSalesApi([](double count, double inUse) {
                                   return 2e-3 * (1 + (0.006 * count) + (0.004 * inUse));
                               }),
                               2, 0.03);
    const auto spread = [](const LawFit& fit) {
        std::vector<double> prices;
        for (const auto& draw : fit.draws) prices.push_back(draw.price);
        return quantile(prices, 0.9).value_or(0) / quantile(prices, 0.1).value_or(1);
    };
    // 0.4 % of 2 ms, 600 times.
    const auto known = lawOf(cells, 4.8e-3);
    REQUIRE((known.state == LawFit::State::holds));
    CHECK(ratio(known, 40, 80) == doctest::Approx(1.102 / 1.036).epsilon(0.03));
    CHECK(spread(known) < spread(lawOf(cells)));
}

TEST_CASE("collections that do not fall with GOMEMLIMIT are not the law's") {
    auto truths = salesApi();
    for (auto& truth : truths)
        if (truth.settings.mode == Mode::gomemlimit) truth.collections = 20;
    const auto fit = lawOf(benched(truths, 3));
    CHECK((fit.state == LawFit::State::collectionsOff));
    CHECK(fit.draws.empty());
}

TEST_CASE("plain cells that get slower with less memory are not the law's") {
    auto truths = salesApi();
    truths[1].cpuSeconds *= 1.3;
    const auto fit = lawOf(benched(truths, 4));
    CHECK((fit.state == LawFit::State::costOff));
    CHECK(fit.draws.empty());
}

TEST_CASE("a cost that falls a little with every limit is not the law's") {
    auto truths = salesApi();
    // 12 % at the smallest limit: pages of files that fit beside the heap.
    for (auto& truth : truths)
        if (const auto& limit = truth.settings.limit)
            truth.cpuSeconds *= 1 + (0.12 * 22 * mebibyte / static_cast<double>(*limit));
    const auto fit = lawOf(benched(truths, 4, 0.05));
    CHECK((fit.state == LawFit::State::costOff));
    CHECK(fit.draws.empty());
}

TEST_CASE("without collections or allocation of every cell with GOMEMLIMIT there is no law") {
    const auto noFigures = [](const std::vector<PriceTruth>& truths) {
        return lawOf(benched(truths, 3)).state == LawFit::State::noFigures;
    };
    CHECK(noFigures(flatService()));
    auto truths = salesApi();
    truths[4].collections.reset();
    CHECK(noFigures(truths));
    truths = salesApi();
    for (auto& truth : truths) truth.allocated.reset();
    CHECK(noFigures(truths));
    truths = salesApi();
    truths.resize(4);  // one cell with GOMEMLIMIT
    CHECK(noFigures(truths));
    truths = salesApi();
    truths[4].collections = std::numeric_limits<double>::quiet_NaN();
    CHECK(noFigures(truths));
    truths = salesApi();
    truths[3].settings = gomemlimitSettings(0, 0);
    CHECK(noFigures(truths));
}

TEST_CASE("plain cells without collections leave no law, and no plain cells do") {
    auto truths = salesApi();
    for (auto& truth : truths)
        if (truth.settings.mode == Mode::plain) truth.collections.reset();
    CHECK((lawOf(benched(truths, 3)).state == LawFit::State::noFigures));
    truths.erase(truths.begin(), truths.begin() + 3);
    CHECK((lawOf(benched(truths, 3)).state == LawFit::State::holds));
}

TEST_CASE("a load without any collection costs the same at every limit") {
    std::vector<PriceTruth> truths;
    for (const double limit : {20.0, 40.0, 80.0})
        truths.push_back({gomemlimitAt(limit), 5e-3, {}, 0, mebibyte});
    truths.push_back({plainAt(20), 5e-3, {}, 0, mebibyte});
    const auto fit = lawOf(benched(truths, 3));
    REQUIRE((fit.state == LawFit::State::holds));
    for (const auto& draw : fit.draws) CHECK(draw.logCost(20 * mebibyte) == 0);
}

TEST_CASE("the limit for a cost is the one that has the cost") {
    const LawDraw draw{0.5, 10, 8, 0.4};
    CHECK(draw.logCost(std::nullopt) == doctest::Approx(std::log(1.2)));
    CHECK(draw.logCost(18.0) == doctest::Approx(std::log(1.5)));
    CHECK(draw.gomemlimitFor(draw.logCost(18.0)) == doctest::Approx(18));
    CHECK(std::isinf(draw.logCost(10.0)));
    CHECK(std::isinf(draw.gomemlimitFor(0)));
    CHECK(LawDraw{0, 10, 8, 0.4}.gomemlimitFor(0) == 10);
}
