#include "memfit/bench/price_rounds.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "support/price.h"

using namespace memfit;
using namespace memfit::test;

namespace {

std::vector<std::size_t> sorted(std::vector<std::size_t> cells) {
    std::ranges::sort(cells);
    return cells;
}

std::vector<std::size_t> all(std::size_t count) {
    std::vector<std::size_t> cells(count);
    for (std::size_t i = 0; i < count; ++i) cells[i] = i;
    return cells;
}

/// A bench of a service, run as the program does.
class Bench {
public:
    explicit Bench(std::vector<PriceTruth> truths, double noise = 0.01)
        : truths_(std::move(truths)), noise_(noise) {
        for (const auto& truth : truths_) result.cells.push_back({"", truth.settings, {}, {}, {}});
    }

    /// Loads until the bench is over.
    int runAll(const RoundLimits& limits, const PriceAim& aim = {}) {
        int loads = 0;
        for (rounds = 0;; ++rounds) {
            plan = nextRound(result, rounds, aim, limits, 5);
            if (plan.cells.empty()) return loads;
            for (const auto cell : plan.cells) run(cell);
            loads += static_cast<int>(plan.cells.size());
        }
    }

    void runRound() {
        for (std::size_t i = 0; i < truths_.size(); ++i) run(i);
        ++rounds;
    }

    BenchResult result;
    RoundPlan plan;
    int rounds = 0;
    std::function<bool(std::size_t)> killed = [](std::size_t) { return false; };
    bool figures = true;

private:
    void run(std::size_t cell) {
        const auto& truth = truths_[cell];
        BenchRun run;
        run.block = rounds;
        run.outcome = killed(cell) ? Outcome::oomKilled : Outcome::survived;
        if (figures && run.outcome == Outcome::survived) {
            run.load = LoadReport{};
            run.load->requests = 600;
            run.load->errors = 0;
            run.load->requestsPerSecond = std::exp(noise_ * random_.normal()) / truth.cpuSeconds;
            run.cost = Cost{};
            run.cost->cpuSeconds = 600 * truth.cpuSeconds * std::exp(noise_ / 3 * random_.normal());
        }
        result.cells[cell].runs.push_back(run);
    }

    std::vector<PriceTruth> truths_;
    double noise_;
    Random random_{11};
};

}  // namespace

TEST_CASE("the first round runs every cell, in an order that the seed gives") {
    const Bench bench(flatService());
    const auto plan = nextRound(bench.result, 0, {}, {}, 1);
    CHECK(sorted(plan.cells) == all(9));
    CHECK_FALSE(plan.settled);
    CHECK_FALSE(plan.choice.has_value());
    CHECK(nextRound(bench.result, 0, {}, {}, 1).cells == plan.cells);
    CHECK(nextRound(bench.result, 0, {}, {}, 2).cells != plan.cells);
}

TEST_CASE("a bench that is settled ends, and one that is not runs what teaches") {
    Bench quiet(flatService());
    CHECK(quiet.runAll({}) < 40);
    CHECK(quiet.plan.settled);
    REQUIRE(quiet.plan.choice.has_value());
    CHECK(quiet.plan.choice->probability >= settledAt);
    CHECK(quiet.rounds >= 2);

    auto truths = flatService();
    truths[1].cpuSeconds *= 1.07;  // too slow by a little, if it is
    truths[2].cpuSeconds *= 1.07;
    Bench loud(truths, 0.15);
    loud.runRound();
    loud.runRound();
    const auto plan = nextRound(loud.result, 2, {}, {}, 5);
    CHECK_FALSE(plan.settled);
    CHECK(plan.cells.size() >= 2);
    CHECK(plan.cells.size() < 9);
    CHECK(nextRound(loud.result, 2, {}, {}, 5).cells == plan.cells);
}

TEST_CASE("a cell that was too small twice is left out, once is not enough") {
    Bench bench(flatService());
    bench.figures = false;
    bench.killed = [](std::size_t cell) { return cell == 1; };
    bench.runRound();
    CHECK(sorted(nextRound(bench.result, 1, {}, {}, 5).cells) == all(9));
    bench.runRound();
    const auto left = sorted(nextRound(bench.result, 2, {}, {}, 5).cells);
    CHECK(left == std::vector<std::size_t>{0, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("a bench of which every cell is too small is over") {
    Bench bench(flatService());
    bench.killed = [](std::size_t) { return true; };
    CHECK(bench.runAll({}) == 18);
    CHECK_FALSE(bench.plan.settled);
    CHECK(Bench({}).runAll({}) == 0);
}

TEST_CASE("without figures all cells run each round until the limits end it") {
    Bench bench(flatService());
    bench.figures = false;
    CHECK(bench.runAll({15, 60}) == 54);
    CHECK_FALSE(bench.plan.settled);
    CHECK_FALSE(bench.plan.choice.has_value());
    Bench few(flatService());
    few.figures = false;
    CHECK(few.runAll({3, 60}) == 27);
    CHECK(few.rounds == 3);
}

TEST_CASE("a bench never has more loads than it may, but for its first round") {
    for (const int most : {9, 20, 31}) {
        Bench bench(flatService(), 0.5);
        CHECK(bench.runAll({100, most}) <= most);
    }
    CHECK(Bench(flatService(), 0.5).runAll({100, 4}) == 9);
    CHECK(Bench(flatService(), 0.5).runAll({1, 60}) == 9);
    CHECK(Bench(flatService(), 0.5).runAll({0, 60}) == 0);
}

TEST_CASE("cells of which a run was killed are out of the model, runs that never took place not") {
    Bench bench(flatService());
    bench.runRound();
    bench.result.cells[1].runs[0].outcome = Outcome::oomKilled;
    bench.result.cells[3].runs.push_back({});  // inconclusive
    const auto known = priceCells(bench.result.cells);
    CHECK(known.included == std::vector<std::size_t>{0, 2, 3, 4, 5, 6, 7, 8});
    CHECK(known.cells[2].runs.size() == 1);
}

TEST_CASE("figures are those of a request, or of the load where requests are not counted") {
    BenchRun run;
    run.outcome = Outcome::survived;
    run.load = LoadReport{};
    run.load->requests = 110;
    run.load->errors = 10;
    run.load->requestsPerSecond = 50;
    run.load->totalSeconds = 2;
    run.cost = Cost{};
    run.cost->cpuSeconds = 3;
    run.cost->collections = 7;
    run.cost->allocated = 9 * MiB;
    auto price = priceRun(run, 4);
    CHECK(price.block == 4);
    CHECK(price.clockSeconds == 1 / 50.0);
    CHECK(price.cpuSeconds == 3 / 100.0);
    CHECK(price.requests == 100);
    CHECK(price.collections == 7);
    CHECK(price.allocatedBytes == 9.0 * MiB);

    run.block = 2;
    run.load->requests.reset();
    run.load->requestsPerSecond.reset();
    price = priceRun(run, 4);
    CHECK(price.block == 2);
    CHECK(price.clockSeconds == 2);
    CHECK(price.cpuSeconds == 3);

    // A load without any success has no requests to divide by.
    run.load->requests = 10;
    run.load->errors = 10;
    price = priceRun(run, 4);
    CHECK_FALSE(price.clockSeconds.has_value());
    CHECK_FALSE(price.cpuSeconds.has_value());
    CHECK_FALSE(price.collections.has_value());
    CHECK_FALSE(price.allocatedBytes.has_value());

    run.load.reset();
    run.cost.reset();
    CHECK_FALSE(priceRun(run, 4).clockSeconds.has_value());
}
