#include <doctest/doctest.h>

#include <sstream>

#include "commands/measure/bench_loop.h"
#include "commands/measure/squeeze_loop.h"
#include "support/simulated_trials.h"
#include "trial/budget.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::plugin::testing::SimulatedTrials;

namespace {

/// A world in which every trial takes ten seconds.
struct Lab {
    explicit Lab(double budget) : seconds(budget) {}

    double seconds;
    SimulatedTrials world;
    std::ostringstream err;
    Progress progress{err, {false, true, false}};
    TrialSeries trials{world, progress, {seconds, [this] {
                                             return 10.0 * static_cast<double>(world.seen.size());
                                         }}};

    [[nodiscard]] double spent() const { return trials.budget().spent(); }
};

SqueezePlan squeezePlan(double share) {
    SqueezePlan plan;
    plan.budgetShare = share;
    return plan;
}

BenchPlan benchPlan(std::size_t trialsAfter) {
    BenchPlan plan;
    plan.cells = {{"none", plainSettings(std::nullopt)},
                  {"min", plainSettings(18 * MiB)},
                  {"2x", gomemlimitSettings(36 * MiB, 36 * MiB)}};
    plan.trialsAfter = trialsAfter;
    return plan;
}

}  // namespace

TEST_CASE("a trial fits a budget when one as long as the typical one ends within it") {
    double now = 50;
    Budget budget(100, [&] { return now; });
    CHECK(budget.fits(1000));
    for (const double seconds : {10.0, 12.0, 40.0}) {
        const double began = budget.trialBegins();
        now += seconds;
        budget.trialEnded(began);
    }
    CHECK(budget.spent() == doctest::Approx(62));
    CHECK(budget.typical() == doctest::Approx(12));
    CHECK(budget.fits(3));
    CHECK_FALSE(budget.fits(4));
    CHECK(budget.fits(1, 0.75));
    CHECK_FALSE(budget.fits(1, 0.7));
}

TEST_CASE("without a budget everything fits") {
    Budget budget;
    budget.trialEnded(budget.trialBegins());
    CHECK(budget.fits(1'000'000));
    CHECK(budget.spent() == doctest::Approx(0));
}

TEST_CASE("a budget to give is a round figure and no smaller") {
    CHECK(budgetText(0.5) == "0.5s");
    CHECK(budgetText(90) == "90s");
    CHECK(budgetText(600) == "10m");
    CHECK(roundBudgetText(3.2) == "4s");
    CHECK(roundBudgetText(61) == "70s");
    CHECK(roundBudgetText(301) == "6m");
}

TEST_CASE("a squeeze that its budget ends keeps a minimum and says that more time narrows it") {
    Lab whole(1e6);
    const auto full = squeeze(whole.trials, squeezePlan(1));
    REQUIRE(!full.stopped);
    CHECK(!full.budgetEnded);
    const double oneLess = whole.spent() - 10;

    Lab lab(2 * oneLess);
    const auto run = squeeze(lab.trials, squeezePlan(0.5));
    CHECK(lab.spent() <= oneLess);
    REQUIRE(run.result.minimum);
    CHECK(!run.stopped);
    REQUIRE(run.budgetEnded);
    CHECK(run.budgetEnded->code == "budget-ended");
    CHECK(run.budgetEnded->text.find("with a larger --budget") != std::string::npos);
}

TEST_CASE("a budget for one trial of a squeeze is inconclusive and says which to give") {
    Lab lab(15);
    const auto run = squeeze(lab.trials, squeezePlan(1));
    CHECK(run.result.trials.size() == 1);
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::inconclusive));
    CHECK(run.stopped->what ==
          "the budget of 15s leaves the squeeze no second trial; a trial takes about 10s here");
    CHECK(run.stopped->next.starts_with("give --budget "));
}

TEST_CASE("a bench stops where what is left is what the trials after it take") {
    Lab lab(200);
    const auto outcome = bench(lab.trials, benchPlan(4));
    CHECK(!outcome.stopped);
    CHECK(lab.spent() <= 160);
    CHECK(lab.trials.budget().fits(4));
    for (const auto& cell : outcome.result.cells) CHECK(!cell.runs.empty());
    if (outcome.budgetEnded) {
        CHECK(outcome.budgetEnded->code == "budget-ended");
        CHECK(outcome.budgetEnded->text.starts_with(
            "the budget of 200s ended the bench before its choice was settled"));
    }
}

TEST_CASE("a bench that its budget ends in its second round says how sure its choice is") {
    Lab lab(45);
    const auto outcome = bench(lab.trials, benchPlan(0));
    CHECK(!outcome.stopped);
    CHECK(lab.world.seen.size() == 4);
    REQUIRE(outcome.budgetEnded);
    CHECK(outcome.budgetEnded->text.ends_with("; give a larger --budget to continue"));
}

TEST_CASE("a budget for no round of a bench is inconclusive and says what a round takes") {
    Lab lab(60);
    REQUIRE(lab.trials.run(plainSettings(std::nullopt), 0).has_value());
    const auto outcome = bench(lab.trials, benchPlan(4));
    CHECK(lab.world.seen.size() == 1);
    REQUIRE(outcome.stopped);
    CHECK((outcome.stopped->kind == ErrorKind::inconclusive));
    CHECK(outcome.stopped->message() ==
          "the budget of 1m leaves no time for one round of the bench, which takes about 30s "
          "here; give --budget 4m");
}
