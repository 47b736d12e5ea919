#include "memfit/bench/price_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "memfit/bench/law_fit.h"
#include "memfit/trial/statistics.h"
#include "support/price.h"

using namespace memfit;
using namespace memfit::test;

namespace {

CostFigure figureOf(const std::vector<PriceCell>& cells) {
    const auto model = PriceModel::fit(cells);
    REQUIRE(model.has_value());
    return model->figure();
}

double cost(const PriceModel& model, std::size_t cell) {
    std::vector<double> all;
    for (std::size_t d = 0; d < model.draws(); ++d) all.push_back(model.logCost(d, cell));
    return median(all).value_or(-1);
}

/// The clock is alike everywhere, as under a load of fixed rate.
std::vector<PriceTruth> fixedRate() {
    auto truths = salesApi();
    for (auto& truth : truths) truth.clockFactor = 10e-3 / truth.cpuSeconds;
    return truths;
}

}  // namespace

TEST_CASE("CPU time and the clock decide together where they agree") {
    CHECK((figureOf(benched(salesApi(), 4)) == CostFigure::both));
    CHECK((figureOf(benched(flatService(), 4)) == CostFigure::both));
}

TEST_CASE("CPU time decides where by the clock all cells are alike") {
    const auto model = PriceModel::fit(benched(fixedRate(), 4));
    REQUIRE(model.has_value());
    CHECK((model->figure() == CostFigure::cpu));
    CHECK(model->cpuSeconds(cost(*model, 0)).value_or(0) == doctest::Approx(5.68e-3).epsilon(0.02));
    CHECK_FALSE(model->clockSeconds(0).has_value());
}

TEST_CASE("the clock decides where it shows steps that CPU time does not") {
    auto truths = flatService();
    truths[1].clockFactor = 1.5;
    truths[2].clockFactor = 1.5;
    const auto model = PriceModel::fit(benched(truths, 4));
    REQUIRE(model.has_value());
    CHECK((model->figure() == CostFigure::clock));
    CHECK(cost(*model, 1) - cost(*model, 3) == doctest::Approx(std::log(1.5)).epsilon(0.05));
    CHECK(model->clockSeconds(cost(*model, 1)).value_or(0) ==
          doctest::Approx(7.5e-3).epsilon(0.03));
    CHECK_FALSE(model->cpuSeconds(0).has_value());
}

TEST_CASE("CPU time decides where by the clock collections only have another price") {
    auto truths = salesApi();
    // Who else wants the cores makes collections twice as dear.
    for (auto& truth : truths)
        truth.clockFactor = (4e-3 + (2 * (truth.cpuSeconds - 4e-3))) / truth.cpuSeconds;
    const auto model = PriceModel::fit(benched(truths, 4));
    REQUIRE(model.has_value());
    REQUIRE((model->law() == LawState::holds));
    CHECK((model->figure() == CostFigure::both));
    const auto& law = model->lawDraws();
    std::vector<double> added;
    for (const auto& draw : law) added.push_back(draw.price * draw.plainCollections);
    CHECK(median(added).value_or(0) == doctest::Approx(0.4).epsilon(0.1));
}

TEST_CASE("the clock decides where the CPU time of a cell is not known, and the other way round") {
    auto cells = benched(fixedRate(), 4);
    for (auto& run : cells[2].runs) run.cpuSeconds.reset();
    CHECK((figureOf(cells) == CostFigure::clock));
    cells = benched(salesApi(), 4);
    for (auto& run : cells[2].runs) run.clockSeconds.reset();
    CHECK((figureOf(cells) == CostFigure::cpu));
}

TEST_CASE("a run without CPU time does not make that of the others worthless") {
    auto cells = benched(fixedRate(), 4);
    cells[2].runs[1].cpuSeconds.reset();
    CHECK((figureOf(cells) == CostFigure::cpu));
}

TEST_CASE("no cells, and cells of which no figure is known, give no model") {
    CHECK_FALSE(PriceModel::fit({}).has_value());
    auto cells = benched(salesApi(), 2);
    for (auto& run : cells[1].runs) run.clockSeconds = run.cpuSeconds = std::nullopt;
    CHECK_FALSE(PriceModel::fit(cells).has_value());
    for (auto& run : cells[1].runs) {
        run.clockSeconds = std::numeric_limits<double>::quiet_NaN();
        run.cpuSeconds = std::numeric_limits<double>::infinity();
    }
    CHECK_FALSE(PriceModel::fit(cells).has_value());
}

TEST_CASE("one cell, one run, and cells of one mode are a model too") {
    const auto one = PriceModel::fit(benched({salesApi()[1]}, 1));
    REQUIRE(one.has_value());
    CHECK(one->clockSeconds(cost(*one, 0)).value_or(0) == doctest::Approx(5.68e-3).epsilon(0.05));
    auto truths = salesApi();
    truths.resize(3);
    const auto plain = PriceModel::fit(benched(truths, 2));
    REQUIRE(plain.has_value());
    CHECK((plain->law() == LawState::noFigures));
    CHECK_FALSE(plain->gomemlimitShare().has_value());
}

TEST_CASE("GOMEMLIMIT is a share of the limit where it is the same one in all cells") {
    const auto shareOf = [](double first, double second) {
        auto truths = salesApi();
        truths.pop_back();
        const std::vector shares{first, second};
        for (std::size_t i = 0; i < shares.size(); ++i) {
            auto& its = truths[3 + i].settings;
            its.gomemlimit = static_cast<Bytes>(static_cast<double>(*its.limit) * shares[i]);
        }
        const auto model = PriceModel::fit(benched(truths, 2));
        REQUIRE(model.has_value());
        return model->gomemlimitShare();
    };
    CHECK(shareOf(1, 1) == 1);
    CHECK(shareOf(0.9, 0.9).value_or(0) == doctest::Approx(0.9));
    CHECK_FALSE(shareOf(0.9, 0.95).has_value());
}

TEST_CASE("a bench gives the same model in every order of its cells") {
    for (const auto& truths : {salesApi(), flatService()}) {
        auto cells = benched(truths, 3, 0.05);
        const auto before = PriceModel::fit(cells);
        std::ranges::reverse(cells);
        const auto after = PriceModel::fit(cells);
        REQUIRE(before.has_value());
        REQUIRE(after.has_value());
        CHECK((before->law() == after->law()));
        const auto last = cells.size() - 1;
        for (std::size_t i = 1; i <= last; ++i)
            CHECK(std::abs((cost(*before, i) - cost(*before, 0)) -
                           (cost(*after, last - i) - cost(*after, last))) < 0.005);
    }
}

TEST_CASE("noise is what one run more can be expected to have") {
    const auto quiet = PriceModel::fit(benched(flatService(), 6, 0.02));
    const auto loud = PriceModel::fit(benched(flatService(), 6, 0.3));
    REQUIRE(quiet.has_value());
    REQUIRE(loud.has_value());
    CHECK(quiet->noise() < 0.03);
    CHECK(loud->noise() > 0.05);
    CHECK(loud->noise() < 0.2);
}
