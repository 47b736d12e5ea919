#include "memfit/bench/price_choice.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "memfit/advice/judgement.h"
#include "memfit/bench/law_fit.h"
#include "support/price.h"

using namespace memfit;
using namespace memfit::test;

namespace {

constexpr double mebibyte = static_cast<double>(MiB);

/// A service under the law: plain cells at 20 and 30 MiB, GOMEMLIMIT from 20 to 80 MiB, of which 15
/// are fixed. Sizes are multiplied by `scale`; GOMEMLIMIT is `share` of the limit.
std::vector<PriceTruth> lawService(double scale = 1, double share = 1) {
    constexpr double fixed = 15;
    constexpr double allocated = 300;
    constexpr double price = 0.4 / 80;
    const auto costOf = [&](double collections) { return 4e-3 * (1 + (price * collections)); };
    const double all = allocated * scale * mebibyte;
    std::vector<PriceTruth> truths{{plainSettings(std::nullopt), costOf(80), {}, 80, all},
                                   {plainAt(20 * scale), costOf(80), {}, 80, all},
                                   {plainAt(30 * scale), costOf(80), {}, 80, all}};
    for (const double limit : {20.0, 30.0, 40.0, 80.0}) {
        const double collections = allocated / ((limit * share) - fixed);
        auto settings = gomemlimitAt(limit * scale);
        settings.gomemlimit = static_cast<Bytes>(static_cast<double>(*settings.limit) * share);
        truths.push_back({settings, costOf(collections), {}, std::round(collections), all});
    }
    return truths;
}

PriceChoice chosen(const std::vector<PriceCell>& cells, const PriceAim& aim = {}) {
    const auto model = PriceModel::fit(cells);
    REQUIRE(model.has_value());
    auto choice = chooseByPrice(*model, aim);
    REQUIRE(choice.has_value());
    return *std::move(choice);
}

PriceAim leanAim() {
    PriceAim aim;
    aim.againstUnlimited = true;
    aim.gomemlimitIfNotWorse = true;
    return aim;
}

std::string words(const PriceChoice& choice) {
    return settingsText(choice.chosen.settings);
}

}  // namespace

TEST_CASE("of settings that are all alike the smallest plain limit is chosen") {
    const auto choice = chosen(benched(flatService(), 5));
    CHECK(words(choice) == "20Mi");
    CHECK(choice.chosen.cell == 1);
    CHECK(choice.probability > 0.9);
    CHECK(choice.sharpness > 0.9);
    CHECK(choice.shortfall == doctest::Approx(0).epsilon(0.02));
    CHECK(choice.shortfallLow <= choice.shortfall);
    CHECK(choice.shortfall <= choice.shortfallHigh);
    CHECK(choice.chosenCosts.size() == 400);
}

TEST_CASE("under the law a limit between cells is chosen, in whole MiB") {
    // Speed at 80 MiB is 1 / (1 + 0.005 * 4.615); 5 % less is reached at 34.9 MiB.
    const auto choice = chosen(benched(lawService(), 5));
    CHECK_FALSE(choice.chosen.cell.has_value());
    REQUIRE(choice.chosen.settings.limit.has_value());
    const auto limit = *choice.chosen.settings.limit;
    CHECK(limit % MiB == 0);
    CHECK(limit >= 34 * MiB);
    CHECK(limit <= 37 * MiB);
    CHECK(choice.chosen.settings.gomemlimit == limit);
    CHECK(choice.chosen.settings.gogc == "off");
    CHECK(choice.probability > 0.9);
    CHECK(choice.shortfall == doctest::Approx(0.05).epsilon(0.2));
}

TEST_CASE("a limit between cells is as close at sizes of many GiB") {
    const auto small = chosen(benched(lawService(), 5));
    const auto large = chosen(benched(lawService(1024), 5));
    REQUIRE(small.chosen.settings.limit.has_value());
    REQUIRE(large.chosen.settings.limit.has_value());
    CHECK(*large.chosen.settings.limit % MiB == 0);
    CHECK(*large.chosen.settings.limit <= *small.chosen.settings.limit * 1024);
    CHECK(*large.chosen.settings.limit > (*small.chosen.settings.limit - MiB) * 1024);
}

TEST_CASE("no limit above the largest that was benched is chosen for the sake of a whole MiB") {
    PriceAim aim;
    aim.tolerance = 0.001;
    const auto choice = chosen(benched(lawService(10.5 / 80), 5, 0.001), aim);
    CHECK(choice.chosen.settings.limit == 10 * MiB + MiB / 2);
    CHECK(choice.chosen.cell == 6);
}

TEST_CASE("fast asks for more memory than balanced, lean for no more") {
    const auto cells = benched(lawService(), 5);
    const auto balanced = chosen(cells);
    PriceAim fast;
    fast.tolerance = 0.01;
    const auto faster = chosen(cells, fast);
    CHECK(*faster.chosen.settings.limit > 50 * MiB);
    CHECK(*faster.chosen.settings.limit < 80 * MiB);
    CHECK(words(chosen(cells, leanAim())) == "20Mi with GOMEMLIMIT");
    CHECK(*balanced.chosen.settings.limit < *faster.chosen.settings.limit);
}

TEST_CASE("lean takes GOMEMLIMIT where it is not worse, and its chances know that") {
    auto truths = flatService();
    for (auto& truth : truths)
        if (truth.settings.mode == Mode::gomemlimit) truth.cpuSeconds *= 0.98;
    const auto cells = benched(truths, 6, 0.005);
    const auto lean = chosen(cells, leanAim());
    CHECK(words(lean) == "20Mi with GOMEMLIMIT");
    CHECK(lean.sharpness > 0.9);
    CHECK(words(chosen(cells)) == "20Mi");
}

TEST_CASE("no limit below the least that is allowed is chosen") {
    PriceAim aim;
    aim.atLeast = 25 * MiB;
    CHECK(words(chosen(benched(flatService(), 4), aim)) == "30Mi");
    aim.atLeast = 37 * MiB;
    CHECK(words(chosen(benched(lawService(), 4), aim)) == "37Mi with GOMEMLIMIT");
    // Plain cells at 20 and 30 MiB, and none without a limit, GOMEMLIMIT up to 80 MiB.
    auto truths = lawService();
    truths.erase(truths.begin());
    aim.atLeast = 100 * MiB;
    const auto model = PriceModel::fit(benched(truths, 4));
    REQUIRE(model.has_value());
    CHECK_FALSE(chooseByPrice(*model, aim).has_value());
}

TEST_CASE("GOMEMLIMIT of a limit between cells is the same share of it") {
    const auto choice = chosen(benched(lawService(1, 0.9), 5));
    REQUIRE(choice.chosen.settings.limit.has_value());
    CHECK_FALSE(choice.chosen.cell.has_value());
    CHECK(*choice.chosen.settings.limit % MiB == 0);
    CHECK(static_cast<double>(choice.chosen.settings.gomemlimit.value_or(0)) ==
          doctest::Approx(0.9 * static_cast<double>(*choice.chosen.settings.limit)));
}

TEST_CASE("with one literal GOMEMLIMIT in all cells no limit between them is chosen") {
    auto truths = lawService();
    for (auto& truth : truths) {
        if (truth.settings.mode == Mode::plain) continue;
        truth.settings.gomemlimit = 20 * MiB;
        truth.collections = 60;
        truth.cpuSeconds = 4e-3 * (1 + (0.4 / 80 * 60));
    }
    const auto choice = chosen(benched(truths, 4));
    REQUIRE(choice.chosen.cell.has_value());
    CHECK(words(choice) == "20Mi with GOMEMLIMIT");
}

TEST_CASE("a rival is named where the choice may be wrong, with cells that would tell") {
    auto truths = flatService();
    truths[1].cpuSeconds *= 1.06;
    truths[2].cpuSeconds *= 1.06;
    const auto choice = chosen(benched(truths, 2, 0.15));
    CHECK(choice.probability < 0.95);
    REQUIRE(choice.rival.has_value());
    CHECK_FALSE((choice.rival->settings == choice.chosen.settings));
    CHECK(choice.rival->chance > 0);
    CHECK(choice.rival->chance + choice.probability <= 1);
    CHECK(choice.teach.size() >= 2);
    CHECK(choice.teach.size() <= 4);
}

TEST_CASE("one cell is chosen since there is no other") {
    const auto choice = chosen(benched({{plainAt(20), 1, {}, {}, {}}}, 1));
    CHECK(words(choice) == "20Mi");
    CHECK(choice.probability == 1);
    CHECK_FALSE(choice.rival.has_value());
    CHECK(choice.teach.empty());
    CHECK(words(chosen(benched({{plainSettings(std::nullopt), 1, {}, {}, {}}}, 1))) == "no limit");
}

TEST_CASE("GOMEMLIMIT alone is chosen among, without any plain cell") {
    auto truths = lawService();
    truths.erase(truths.begin(), truths.begin() + 3);
    const auto choice = chosen(benched(truths, 4));
    CHECK((choice.chosen.settings.mode == Mode::gomemlimit));
    CHECK(*choice.chosen.settings.limit < 40 * MiB);
}
