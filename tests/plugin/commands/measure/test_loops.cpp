#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "commands/measure/bench_loop.h"
#include "commands/measure/squeeze_loop.h"
#include "support/simulated_trials.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::plugin::testing::SimulatedTrials;

namespace {

struct Lab {
    SimulatedTrials world;
    std::ostringstream err;
    Progress progress{err, {false, true, false}};
    TrialSeries trials{world, progress};
};

SqueezePlan plainPlan() {
    return {Mode::plain, {}, {}};
}

}  // namespace

TEST_CASE("a squeeze starts without a limit and ends with the edge in its interval") {
    Lab lab;
    const auto run = squeeze(lab.trials, plainPlan());
    CHECK(!run.stopped);
    CHECK((run.state == EdgeSearchState::found));
    CHECK(lab.world.seen.front() == plainSettings(std::nullopt));
    REQUIRE(run.result.edge.low);
    REQUIRE(run.result.edge.high);
    CHECK(*run.result.edge.low <= lab.world.demand);
    CHECK(*run.result.edge.high >= lab.world.demand);
    REQUIRE(run.result.minimum);
    CHECK(*run.result.minimum >= lab.world.demand);
    CHECK(*run.result.minimum <= 19 * MiB);
    CHECK(run.result.confirmations >= 3);
    CHECK(run.result.goSys == 23 * MiB);
    CHECK(run.result.trials.size() == lab.world.seen.size());
    CHECK(run.probe.idle->sys == 23 * MiB);
}

TEST_CASE("a squeeze with GOMEMLIMIT finds that program's own edge, whatever plain usage says") {
    Lab lab;
    const auto run = squeeze(lab.trials, {Mode::gomemlimit, {}, {}});
    CHECK(!run.stopped);
    REQUIRE(run.result.minimum);
    CHECK(*run.result.minimum >= lab.world.leastWithGomemlimit);
    CHECK(*run.result.minimum <= 16 * MiB);
    CHECK((lab.world.seen.back().mode == Mode::gomemlimit));
    CHECK(lab.world.seen.back().gomemlimit == lab.world.seen.back().limit);
}

TEST_CASE("a program that is never killed down to --from is inconclusive, and says so") {
    Lab lab;
    auto plan = plainPlan();
    plan.search.from = 64 * MiB;
    const auto run = squeeze(lab.trials, plan);
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::inconclusive));
    CHECK(run.stopped->message() ==
          "the program was never OOM-killed, down to 64 MiB; lower --from, or give it more load");
    for (const auto& settings : lab.world.seen) CHECK(settings.limit.value_or(GiB) >= 64 * MiB);
}

TEST_CASE("a search ends at what the namespace admits, known beforehand or learnt, and says so") {
    for (const bool known : {true, false}) {
        CAPTURE(known);
        Lab lab;
        lab.world.admitsFrom = 32 * MiB;
        lab.world.tellsAdmission = known;
        const auto run = squeeze(lab.trials, plainPlan());
        INFO((run.stopped ? run.stopped->message() : ""));
        CHECK_FALSE(run.stopped);
        CHECK(run.result.minimum == 32 * MiB);
        CHECK(lab.world.refused.size() == (known ? 0U : 1U));
        REQUIRE(run.namespaceBound);
        CHECK(*run.namespaceBound ==
              Warning{"namespace-bound",
                      "the minimum is the smallest limit that the namespace admits, and the "
                      "program may need less: the "
                      "namespace admits no memory limit below 32Mi (LimitRange sizes)"});
        CHECK(run.result.trials.size() == lab.world.seen.size());
    }
}

TEST_CASE("a namespace's bound below the edge is not spoken of") {
    Lab lab;
    lab.world.admitsFrom = 8 * MiB;
    lab.world.tellsAdmission = true;
    const auto run = squeeze(lab.trials, plainPlan());
    CHECK(!run.stopped);
    CHECK_FALSE(run.namespaceBound);
}

TEST_CASE("a squeeze whose --to the namespace does not admit is inconclusive, and says so") {
    Lab lab;
    lab.world.admitsFrom = 32 * MiB;
    lab.world.tellsAdmission = true;
    auto plan = plainPlan();
    plan.search.to = 24 * MiB;
    const auto run = squeeze(lab.trials, plan);
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::inconclusive));
    CHECK(run.stopped->message() ==
          "no limit up to --to, 24Mi, can be tried: the namespace admits no memory limit below "
          "32Mi (LimitRange sizes); raise --to");
    CHECK(lab.world.seen.size() == 1);
}

TEST_CASE("a squeeze that may not try limits that are large enough is inconclusive, and says so") {
    Lab lab;
    auto plan = plainPlan();
    plan.search.to = 6 * MiB;
    const auto run = squeeze(lab.trials, plan);
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::inconclusive));
    CHECK_FALSE(run.result.minimum.has_value());
    CHECK(run.stopped->next.starts_with("raise --to"));
    for (const auto& settings : lab.world.seen)
        if (settings.limit) CHECK(*settings.limit <= 6 * MiB);
}

TEST_CASE("a first trial that fails is reported at once") {
    Lab lab;
    lab.world.first = {Outcome::neverReady};
    const auto run = squeeze(lab.trials, plainPlan());
    REQUIRE(run.stopped);
    CHECK(lab.world.seen.size() == 1);
    CHECK(run.stopped->message() ==
          "the trial without a limit ended as neverReady: as told; check --port and --ready-url, "
          "or raise --ready-timeout");
}

TEST_CASE("an outcome that says nothing is repeated twice, then reported with what was learnt") {
    Lab lab;
    lab.world.first = {Outcome::survived, Outcome::loadFailed, Outcome::crashed,
                       Outcome::loadFailed};
    const auto run = squeeze(lab.trials, plainPlan());
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::failed));
    CHECK(lab.world.seen.size() == 4);
    CHECK(run.result.trials.size() == 2);
    CHECK((run.result.trials.back().outcome == Outcome::loadFailed));
}

TEST_CASE("a fluke in the middle of a squeeze is repeated and leaves no trace") {
    Lab lab;
    lab.world.first = {Outcome::survived, Outcome::inconclusive};
    // The first one needs its figures like any survivor; only its outcome was dictated.
    const auto run = squeeze(lab.trials, plainPlan());
    CHECK(!run.stopped);
    for (const auto& trial : run.result.trials) CHECK((trial.outcome != Outcome::inconclusive));
}

TEST_CASE("an interrupted squeeze keeps the trials it has") {
    Lab lab;
    lab.world.interruptAfter = 2;
    const auto run = squeeze(lab.trials, plainPlan());
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::interrupted));
    CHECK(run.result.trials.size() == 2);
}

TEST_CASE("a squeeze with trials side by side comes to the same answer, never more at a time") {
    for (const int parallel : {2, 3, 5}) {
        CAPTURE(parallel);
        Lab lab;
        auto plan = plainPlan();
        plan.parallel = parallel;
        const auto run = squeeze(lab.trials, plan);
        CHECK(!run.stopped);
        CHECK((run.state == EdgeSearchState::found));
        REQUIRE(run.result.edge.low);
        REQUIRE(run.result.edge.high);
        CHECK(*run.result.edge.low <= lab.world.demand);
        CHECK(*run.result.edge.high >= lab.world.demand);
        REQUIRE(run.result.minimum);
        CHECK(*run.result.minimum >= lab.world.demand);
        CHECK(*run.result.minimum <= 19 * MiB);
        CHECK(run.result.confirmations >= 3);
        CHECK(run.result.trials.size() == lab.world.seen.size());
        CHECK(lab.world.seen.size() <= static_cast<std::size_t>(plan.search.maxTrials));
        REQUIRE(!lab.world.batches.empty());
        CHECK(std::ranges::max(lab.world.batches) <= static_cast<std::size_t>(parallel));
        CHECK(std::ranges::max(lab.world.batches) > 1);
    }
}

TEST_CASE("the last trials side by side are no more than --max-trials leaves") {
    Lab lab;
    auto plan = plainPlan();
    plan.parallel = 4;
    plan.search.maxTrials = 3;
    const auto run = squeeze(lab.trials, plan);
    CHECK(lab.world.seen.size() == 3);
    CHECK(lab.world.batches == std::vector<std::size_t>{2});
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::inconclusive));
}

TEST_CASE("of trials side by side, one that says nothing stops the run but keeps the others") {
    Lab lab;
    auto plan = plainPlan();
    plan.parallel = 3;
    // The run without a limit; then the first of three, with both of its repeats.
    lab.world.first = {Outcome::survived, Outcome::loadFailed, Outcome::loadFailed,
                       Outcome::loadFailed};
    const auto run = squeeze(lab.trials, plan);
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::failed));
    CHECK(run.stopped->what.find("ended as loadFailed: as told") != std::string::npos);
    CHECK(lab.world.batches == std::vector<std::size_t>{3});
    CHECK(lab.world.seen.size() == 6);
    REQUIRE(run.result.trials.size() == 4);
    CHECK((run.result.trials[1].outcome == Outcome::loadFailed));
    for (const std::size_t other : {2U, 3U}) {
        CHECK(saysSomethingAboutTheEdge(run.result.trials[other].outcome));
    }
}

TEST_CASE("an interruption of trials side by side keeps those that had ended") {
    Lab lab;
    auto plan = plainPlan();
    plan.parallel = 3;
    lab.world.interruptAfter = 2;
    const auto run = squeeze(lab.trials, plan);
    REQUIRE(run.stopped);
    CHECK((run.stopped->kind == ErrorKind::interrupted));
    CHECK(run.result.trials.size() == 2);
    CHECK(lab.world.batches == std::vector<std::size_t>{3});
}

TEST_CASE("a bench runs rounds until its choice is settled, and counts what was killed") {
    Lab lab;
    const std::vector<CellSpec> cells{{"none", plainSettings(std::nullopt)},
                                      {"12Mi", plainSettings(12 * MiB)},
                                      {"2x", gomemlimitSettings(36 * MiB, 36 * MiB)}};
    bool settled = false;
    const auto outcome =
        bench(lab.trials,
              {cells, {}, {}, {}, 7, {}, [&](const RoundPlan& plan) { settled = plan.settled; }});
    CHECK(!outcome.stopped);
    CHECK(settled);
    REQUIRE(outcome.result.cells.size() == 3);
    CHECK(outcome.result.cells[0].runs.size() >= 2);
    CHECK(outcome.result.cells[1].runs.size() <= enoughFailures);
    CHECK(outcome.result.cells[2].runs.size() >= 2);
    for (int block = 0; block < 2; ++block)
        CHECK(outcome.result.cells[0].runs[static_cast<std::size_t>(block)].block == block);
    REQUIRE(outcome.result.cells[2].summary.requestsPerSecond);
    CHECK(outcome.result.cells[2].summary.requestsPerSecond->median == doctest::Approx(840));
    CHECK(!outcome.result.comparisons.empty());
}

TEST_CASE("an interrupted bench keeps the runs it has") {
    Lab lab;
    lab.world.interruptAfter = 3;
    const std::vector<CellSpec> cells{{"none", plainSettings(std::nullopt)},
                                      {"64Mi", plainSettings(64 * MiB)}};
    const auto outcome = bench(lab.trials, {cells, {}, {}, {}, 7, {}, {}});
    REQUIRE(outcome.stopped);
    CHECK((outcome.stopped->kind == ErrorKind::interrupted));
    CHECK(outcome.result.cells[0].runs.size() + outcome.result.cells[1].runs.size() == 3);
}

TEST_CASE("progress is one line a trial where there is no terminal, and silent when told") {
    SimulatedTrials world;
    world.first = {Outcome::oomKilled};
    std::ostringstream err;
    Progress progress(err, {false, false, false});
    TrialSeries trials(world, progress);
    progress.stage("bench", 2);
    REQUIRE(trials.run(plainSettings(17 * MiB), 1).has_value());
    REQUIRE(trials.run(plainSettings(std::nullopt), 0).has_value());
    CHECK(err.str() ==
          "bench: trial 1 of about 2, 17 MiB plain: oomKilled (as told), about 5 s left\n"
          "bench: trial 2 of about 2, no limit plain: survived, 700 requests/s, about 3 s left\n");

    std::ostringstream silent;
    Progress quiet(silent, {true, true, false});
    TrialSeries quietTrials(world, quiet);
    REQUIRE(quietTrials.run(plainSettings(std::nullopt), 0).has_value());
    CHECK(silent.str().empty());
}
