#include "memfit/edge/edge_search.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "support/simulated_world.h"

using namespace memfit;
using memfit::test::SimulatedWorld;
using memfit::test::WorldTruth;

namespace {

constexpr auto survived = EdgeObservation::Verdict::survived;
constexpr auto tooSmall = EdgeObservation::Verdict::tooSmall;

Bytes mib(double size) {
    return static_cast<Bytes>(std::llround(size * static_cast<double>(MiB)));
}

EdgeObservation verdict(double limit, EdgeObservation::Verdict verdict) {
    EdgeObservation seen;
    seen.limit = mib(limit);
    seen.verdict = verdict;
    return seen;
}

EdgeObservation unlimited(double highWater, double mapped) {
    EdgeObservation seen;
    seen.highWater = mib(highWater);
    seen.goMapped = mib(mapped);
    return seen;
}

EdgeObservation sampledRun(std::optional<Bytes> limit, double demand) {
    EdgeObservation seen;
    seen.limit = limit;
    seen.demand = mib(demand);
    return seen;
}

WorldTruth worldAt(double edgeMiB, double spread = 0.02) {
    WorldTruth truth;
    truth.edge = edgeMiB * static_cast<double>(MiB);
    truth.spread = spread;
    return truth;
}

/// Runs a search to its end and returns the limits that it asked for.
std::vector<Bytes> drive(EdgeSearch& search, SimulatedWorld& world, bool withUnlimited = true) {
    std::vector<Bytes> limits;
    if (withUnlimited) search.observe(world.run(std::nullopt));
    while (const std::optional<Bytes> limit = search.next()) {
        REQUIRE(limits.size() < 100);
        limits.push_back(*limit);
        search.observe(world.run(*limit));
    }
    return limits;
}

bool covers(const EdgeAnswer& answer, double edge) {
    return answer.edge && static_cast<double>(answer.edge->low) <= edge &&
           edge <= static_cast<double>(answer.edge->high);
}

}  // namespace

TEST_CASE("edge, spread and minimum of a service with known figures are found in few trials") {
    SimulatedWorld world(worldAt(100), 11);
    EdgeSearch search;
    drive(search, world);
    const EdgeAnswer answer = search.answer();
    CHECK(answer.state == EdgeSearchState::found);
    CHECK(world.runs() <= 9);
    REQUIRE(answer.edge);
    CHECK(covers(answer, world.truth().edge));
    CHECK(static_cast<double>(answer.edge->estimate) / world.truth().edge ==
          doctest::Approx(1).epsilon(0.03));
    CHECK(answer.edge->confidence == 0.95);
    REQUIRE(answer.minimum);
    CHECK(*answer.minimum % MiB == 0);
    CHECK(world.risk(*answer.minimum) <= 0.01);
    REQUIRE(answer.riskAtMinimum);
    CHECK(*answer.riskAtMinimum <= 0.01);
    CHECK(answer.confirmationsSoFar >= 3);
    REQUIRE(answer.spread);
    CHECK(*answer.spread > 0.005);
    CHECK(*answer.spread < 0.06);
    CHECK_FALSE(search.next());
    CHECK(search.nextBatch(4).empty());
    CHECK(search.expectedTrialsLeft() == 0);
}

TEST_CASE("a small real service's verdicts put the edge between 9 and 10.5 MiB") {
    EdgeSearch search;
    search.observe(unlimited(11.3, 19));
    for (int i = 0; i < 6; ++i) search.observe(verdict(9, tooSmall));
    for (int i = 0; i < 5; ++i) search.observe(verdict(10, survived));
    search.observe(verdict(10, tooSmall));
    for (int i = 0; i < 6; ++i) search.observe(verdict(10.5, survived));
    const EdgeAnswer answer = search.answer();
    REQUIRE(answer.edge);
    CHECK(answer.edge->low >= mib(9));
    CHECK(answer.edge->high <= mib(10.5));
    CHECK(search.risk(mib(9)) > 0.8);
    CHECK(search.risk(mib(10)) == doctest::Approx(0.17).epsilon(0.6));
    CHECK(search.risk(mib(10.5)) < 0.1);
    REQUIRE(answer.minimum);
    CHECK(*answer.minimum >= 11 * MiB);
    CHECK(*answer.minimum <= 13 * MiB);
}

TEST_CASE("a cold high-water mark far above the sampled demand does not raise the edge") {
    WorldTruth truth = worldAt(200);
    truth.steadyCache = 1.3;
    SimulatedWorld world(truth, 5);
    EdgeSearch search;
    search.observe(world.run(std::nullopt));
    const std::optional<Bytes> next = search.next();
    REQUIRE(next);
    CHECK(*next < mib(240));
    CHECK(*next > mib(180));
}

TEST_CASE("the risk falls as the limit grows, and is a probability") {
    SimulatedWorld world(worldAt(64, 0.05), 3);
    EdgeSearch search;
    drive(search, world);
    double last = 1;
    for (Bytes limit = 16 * MiB; limit <= 256 * MiB; limit += MiB / 4) {
        const double risk = search.risk(limit);
        CHECK(risk <= last);
        CHECK(risk >= 0);
        last = risk;
    }
    CHECK(search.risk(16 * MiB) > 0.99);
    CHECK(search.risk(256 * MiB) < 1e-3);
    CHECK(search.risk(0) == 1);
    CHECK(search.risk(-1) == 1);
    const EdgeAnswer answer = search.answer();
    REQUIRE(answer.edge);
    CHECK(search.risk(answer.edge->estimate) == doctest::Approx(0.5).epsilon(0.1));
}

TEST_CASE("the same observations lead to the same questions") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        SimulatedWorld one(worldAt(77, 0.03), seed);
        SimulatedWorld other(worldAt(77, 0.03), seed);
        EdgeSearch first;
        EdgeSearch second;
        CHECK(drive(first, one) == drive(second, other));
    }
}

TEST_CASE("a service sixteen times as large gets limits and answers sixteen times as large") {
    SimulatedWorld small(worldAt(2048, 0.02), 9);
    SimulatedWorld large(worldAt(2048.0 * 16, 0.02), 9);
    EdgeSearch first;
    EdgeSearch second;
    std::vector<Bytes> limits = drive(first, small);
    const std::vector<Bytes> largeLimits = drive(second, large);
    REQUIRE(limits.size() == largeLimits.size());
    for (std::size_t i = 0; i < limits.size(); ++i) {
        CHECK(static_cast<double>(largeLimits[i]) / 16 / static_cast<double>(limits[i]) ==
              doctest::Approx(1).epsilon(0.005));
    }
    CHECK(static_cast<double>(second.answer().edge->estimate) / 16 /
              static_cast<double>(first.answer().edge->estimate) ==
          doctest::Approx(1).epsilon(0.005));
}

TEST_CASE("every limit asked for is a multiple of 256 KiB within the bounds") {
    for (const double edge : {8.0, 31.0, 700.0}) {
        SimulatedWorld world(worldAt(edge), 21);
        EdgeSearchOptions options;
        options.from = mib(edge / 4);
        options.to = mib(edge * 3);
        EdgeSearch search(options);
        search.observe(world.run(std::nullopt));
        while (search.next()) {
            for (const Bytes limit : search.nextBatch(5)) {
                CHECK(limit % (256 * KiB) == 0);
                CHECK(limit >= *options.from);
                CHECK(limit <= *options.to);
            }
            search.observe(world.run(search.next()));
        }
        CHECK(search.answer().state == EdgeSearchState::found);
    }
}

TEST_CASE("edges from 1 MiB to 1 TiB are found") {
    for (const double edge : {2.0, 1024.0 * 64, 1024.0 * 1024}) {
        CAPTURE(edge);
        SimulatedWorld world(worldAt(edge), 4);
        EdgeSearch search;
        drive(search, world);
        CHECK(search.answer().state == EdgeSearchState::found);
        CHECK(covers(search.answer(), world.truth().edge));
    }
}

TEST_CASE("without an unlimited run and without figures the edge is found all the same") {
    for (const double edge : {12.0, 150.0, 3000.0}) {
        CAPTURE(edge);
        WorldTruth truth = worldAt(edge);
        truth.seesHighWater = truth.seesDemand = truth.seesMapped = false;
        SimulatedWorld world(truth, 8);
        EdgeSearchOptions options;
        options.maxTrials = 40;
        EdgeSearch search(options);
        drive(search, world, false);
        CHECK(search.answer().state == EdgeSearchState::found);
        CHECK(covers(search.answer(), world.truth().edge));
    }
}

TEST_CASE("no edge is named before there is evidence on both sides") {
    EdgeSearch search;
    CHECK_FALSE(search.answer().edge);
    search.observe(unlimited(150, 200));
    CHECK_FALSE(search.answer().edge);
    search.observe(verdict(120, survived));
    CHECK_FALSE(search.answer().edge);
    search.observe(verdict(60, tooSmall));
    CHECK(search.answer().edge);
}

TEST_CASE("kills alone name no edge") {
    EdgeSearch search;
    search.observe(verdict(60, tooSmall));
    search.observe(verdict(120, tooSmall));
    CHECK_FALSE(search.answer().edge);
    CHECK_FALSE(search.answer().minimum);
    REQUIRE(search.next());
    CHECK(*search.next() > mib(120));
}

TEST_CASE("a lowest limit above all demand is reported once it is confirmed") {
    EdgeSearchOptions options;
    options.from = mib(300.5);
    EdgeSearch search(options);
    SimulatedWorld world(worldAt(100), 2);
    const std::vector<Bytes> limits = drive(search, world);
    CHECK(limits == std::vector<Bytes>(3, mib(300.5)));
    const EdgeAnswer answer = search.answer();
    CHECK(answer.state == EdgeSearchState::neverKilled);
    CHECK(answer.minimum == 301 * MiB);
    CHECK(answer.confirmationsSoFar == 3);
}

TEST_CASE("a lowest limit that survives names no minimum before its confirmations") {
    EdgeSearchOptions options;
    options.from = 300 * MiB;
    EdgeSearch search(options);
    search.observe(sampledRun(std::nullopt, 99));
    search.observe(sampledRun(300 * MiB, 99));
    CHECK(search.answer().state == EdgeSearchState::searching);
    CHECK_FALSE(search.answer().minimum);
    CHECK(search.answer().confirmationsSoFar == 1);
}

TEST_CASE("a highest limit below the edge is reported as always killed") {
    EdgeSearchOptions options;
    options.to = 80 * MiB;
    EdgeSearch search(options);
    SimulatedWorld world(worldAt(100), 2);
    for (const Bytes limit : drive(search, world)) CHECK(limit <= 80 * MiB);
    const EdgeAnswer answer = search.answer();
    CHECK(answer.state == EdgeSearchState::alwaysKilled);
    CHECK(world.runs() <= 5);
    CHECK_FALSE(answer.minimum);
}

TEST_CASE("one kill at the highest limit is not enough to give up") {
    EdgeSearchOptions options;
    options.to = 200 * MiB;
    WorldTruth truth = worldAt(100);
    truth.freakRun = 1;
    SimulatedWorld world(truth, 6);
    EdgeSearch search(options);
    search.observe(world.run(std::nullopt));
    search.observe(world.run(200 * MiB));
    CHECK(search.answer().state == EdgeSearchState::searching);
    while (search.next()) search.observe(world.run(search.next()));
    CHECK(search.answer().state == EdgeSearchState::found);
    CHECK(covers(search.answer(), world.truth().edge));
}

TEST_CASE("a highest limit between edge and safe minimum gives an edge and no minimum") {
    EdgeSearchOptions options;
    options.to = mib(102);
    EdgeSearch search(options);
    SimulatedWorld world(worldAt(100, 0.03), 14);
    for (const Bytes limit : drive(search, world)) CHECK(limit <= mib(102));
    CHECK(search.answer().edge);
    CHECK_FALSE(search.answer().minimum);
}

TEST_CASE("one freak verdict does not rule") {
    for (const int freakRun : {1, 2, 3, 4}) {
        CAPTURE(freakRun);
        WorldTruth truth = worldAt(100, 0.01);
        truth.freakRun = freakRun;
        SimulatedWorld world(truth, 17);
        EdgeSearch search;
        drive(search, world);
        const EdgeAnswer answer = search.answer();
        CHECK(answer.state == EdgeSearchState::found);
        REQUIRE(answer.minimum);
        CHECK(*answer.minimum < 125 * MiB);
        CHECK(world.risk(*answer.minimum) <= 0.01);
    }
}

TEST_CASE("an edge is not named found before a load fell off it") {
    for (const double spread : {0.003, 0.01, 0.02}) {
        for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
            CAPTURE(spread);
            CAPTURE(seed);
            SimulatedWorld world(worldAt(100, spread), seed);
            EdgeSearch search;
            search.observe(world.run(std::nullopt));
            bool fell = false;
            while (const std::optional<Bytes> limit = search.next()) {
                const EdgeObservation seen = world.run(limit);
                fell = fell || seen.verdict == tooSmall;
                search.observe(seen);
            }
            CHECK(search.answer().state == EdgeSearchState::found);
            CHECK(fell);
        }
    }
}

TEST_CASE("a lowest limit just below the edge ends the search without a fall below it") {
    EdgeSearchOptions options;
    options.from = mib(99);
    SimulatedWorld world(worldAt(100, 0.02), 5);
    EdgeSearch search(options);
    for (const Bytes limit : drive(search, world)) CHECK(limit >= mib(99));
    CHECK(search.answer().minimum);
    CHECK(world.runs() < 24);
}

TEST_CASE("with exact marks, two squeezes come to minimums within 5 % and near the right one") {
    std::vector<double> minimums;
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
        SimulatedWorld world(worldAt(400, 0.01), seed);
        EdgeSearch search;
        drive(search, world);
        CHECK(world.runs() <= 10);
        REQUIRE(search.answer().minimum);
        CHECK(world.risk(*search.answer().minimum) <= 0.01);
        minimums.push_back(static_cast<double>(*search.answer().minimum) / world.limitOfRisk(0.01));
    }
    CHECK(std::ranges::max(minimums) <= 1.1);
    CHECK(std::ranges::max(minimums) / std::ranges::min(minimums) <= 1.05);
}

TEST_CASE("verdicts alone bring the minimum within 20 % of the right one in 16 trials") {
    for (const double spread : {0.005, 0.02, 0.04}) {
        for (const std::uint64_t seed : {1U, 2U, 3U}) {
            CAPTURE(spread);
            CAPTURE(seed);
            WorldTruth truth = worldAt(400, spread);
            truth.seesHighWater = truth.seesDemand = false;
            SimulatedWorld world(truth, seed);
            EdgeSearch search;
            drive(search, world);
            CHECK(world.runs() <= 18);
            REQUIRE(search.answer().minimum);
            const double ratio =
                static_cast<double>(*search.answer().minimum) / world.limitOfRisk(0.01);
            CHECK(ratio >= 0.97);
            CHECK(ratio <= 1.2);
        }
    }
}

TEST_CASE("the minimum is never below what a load was seen to use") {
    EdgeSearch search;
    for (const double demand : {100.0, 101.0, 99.0, 100.0, 100.0, 101.0}) {
        search.observe(sampledRun(112 * MiB, demand));
    }
    REQUIRE(search.answer().minimum);
    const Bytes before = *search.answer().minimum;
    CHECK(before < 130 * MiB);
    search.observe(sampledRun(200 * MiB, 130));
    search.observe(sampledRun(140 * MiB, 100));
    search.observe(sampledRun(140 * MiB, 100));
    search.observe(sampledRun(140 * MiB, 100));
    REQUIRE(search.answer().minimum);
    CHECK(*search.answer().minimum >= 130 * MiB);
}

TEST_CASE("after a kill that nobody expected, the minimum lies above it and is confirmed anew") {
    EdgeSearch search;
    search.observe(unlimited(104, 170));
    for (const double demand : {100.0, 101.0, 99.0, 100.0, 101.0, 100.0, 99.0, 100.0}) {
        search.observe(sampledRun(112 * MiB, demand));
    }
    search.observe(verdict(90, tooSmall));
    REQUIRE(search.answer().minimum);
    CHECK(*search.answer().minimum <= 115 * MiB);
    search.observe(verdict(118, tooSmall));
    CHECK(search.answer().state == EdgeSearchState::searching);
    CHECK_FALSE(search.answer().minimum);
    for (int i = 0; i < 3; ++i) search.observe(sampledRun(112 * MiB, 100));
    CHECK_FALSE(search.answer().minimum);
    for (int i = 0; i < 3; ++i) search.observe(sampledRun(133 * MiB, 100));
    REQUIRE(search.answer().minimum);
    CHECK(*search.answer().minimum > 118 * MiB);
}

TEST_CASE("killed at start at a huge limit, again and again, outweighs what was sampled") {
    EdgeSearch search;
    search.observe(sampledRun(std::nullopt, 20));
    for (int i = 0; i < 5; ++i) search.observe(verdict(500, tooSmall));
    CHECK(search.risk(mib(500)) > 0.5);
    CHECK(search.risk(mib(20)) > 0.9);
}

TEST_CASE("the search ends after its last trial, with what it knows") {
    EdgeSearchOptions options;
    options.maxTrials = 3;
    SimulatedWorld world(worldAt(100, 0.05), 2);
    EdgeSearch search(options);
    drive(search, world);
    CHECK(world.runs() == 3);
    CHECK(search.answer().state == EdgeSearchState::outOfTrials);
    CHECK(search.answer().edge);
    CHECK_FALSE(search.answer().minimum);
}

TEST_CASE("as many clean loads are wanted as the options say") {
    for (const int wanted : {0, 1, 8}) {
        EdgeSearchOptions options;
        options.confirmations = wanted;
        SimulatedWorld world(worldAt(100, 0.01), 2);
        EdgeSearch search(options);
        drive(search, world);
        CHECK(search.answer().state == EdgeSearchState::found);
        CHECK(search.answer().confirmationsSoFar >= wanted);
    }
}

TEST_CASE("a smaller accepted risk raises the minimum") {
    std::vector<Bytes> minimums;
    for (const double risk : {0.1, 0.01, 0.001}) {
        EdgeSearchOptions options;
        options.risk = risk;
        EdgeSearch search(options);
        search.observe(sampledRun(std::nullopt, 98));
        for (const double demand : {96.0, 99.0, 97.0, 98.0}) {
            search.observe(sampledRun(105 * MiB, demand));
        }
        REQUIRE(search.answer().minimum);
        minimums.push_back(*search.answer().minimum);
    }
    CHECK(minimums[0] < minimums[1]);
    CHECK(minimums[1] < minimums[2]);
}

TEST_CASE("a batch starts with the next limit and spreads over the posterior") {
    EdgeSearch search;
    search.observe(sampledRun(std::nullopt, 500));
    const std::vector<Bytes> batch = search.nextBatch(4);
    REQUIRE(batch.size() == 4);
    CHECK(batch.front() == *search.next());
    std::vector<Bytes> sorted = batch;
    std::ranges::sort(sorted);
    CHECK(std::ranges::adjacent_find(sorted) == sorted.end());
    CHECK(static_cast<double>(sorted.back()) / static_cast<double>(sorted.front()) > 1.03);
    CHECK(search.nextBatch(0).empty());
}

TEST_CASE("a batch asks for no more trials than are left") {
    EdgeSearchOptions options;
    options.maxTrials = 3;
    EdgeSearch search(options);
    search.observe(sampledRun(std::nullopt, 500));
    CHECK(search.nextBatch(10).size() <= 2);
}

TEST_CASE("parallel trials find the edge too") {
    SimulatedWorld world(worldAt(100), 31);
    EdgeSearch search;
    search.observe(world.run(std::nullopt));
    while (search.next()) {
        for (const Bytes limit : search.nextBatch(3)) search.observe(world.run(limit));
    }
    CHECK(search.answer().state == EdgeSearchState::found);
    CHECK(covers(search.answer(), world.truth().edge));
}

TEST_CASE("the estimate of the trials left is positive and within what is allowed") {
    SimulatedWorld world(worldAt(100), 12);
    EdgeSearch search;
    CHECK(search.expectedTrialsLeft() >= 1);
    search.observe(world.run(std::nullopt));
    while (search.next()) {
        CHECK(search.expectedTrialsLeft() >= 1);
        CHECK(search.expectedTrialsLeft() <= 24 - world.runs());
        search.observe(world.run(search.next()));
    }
}

TEST_CASE("senseless options and observations neither crash nor hang") {
    EdgeSearchOptions options;
    options.from = 200 * MiB;
    options.to = 100 * MiB;
    options.resolution = -1;
    options.smallestStep = 0;
    options.confirmations = -3;
    options.maxTrials = -1;
    options.risk = 2;
    EdgeSearch search(options);
    EdgeObservation odd;
    odd.limit = 0;
    odd.highWater = -5;
    odd.demand = 0;
    odd.goMapped = std::numeric_limits<Bytes>::max();
    search.observe(odd);
    odd.limit = std::numeric_limits<Bytes>::max();
    odd.verdict = tooSmall;
    search.observe(odd);
    EdgeObservation impossible;
    impossible.verdict = tooSmall;
    search.observe(impossible);
    CHECK_FALSE(search.next());
    CHECK(std::isfinite(search.risk(MiB)));
}

TEST_CASE("a bound that comes out during the search keeps it above, and the minimum too") {
    for (const double edge : {8.0, 40.0}) {
        CAPTURE(edge);
        SimulatedWorld world(worldAt(edge), 7);
        EdgeSearch search;
        search.observe(world.run(std::nullopt));
        search.stayAbove(mib(32));
        std::vector<Bytes> limits = drive(search, world, false);
        for (const Bytes limit : limits) CHECK(limit >= mib(32));
        const auto answer = search.answer();
        REQUIRE(answer.minimum);
        if (edge < 32) {
            CHECK(answer.state == EdgeSearchState::neverKilled);
            CHECK(*answer.minimum == mib(32));
        } else {
            CHECK(answer.state == EdgeSearchState::found);
            CHECK(*answer.minimum > mib(40));
        }
        // A bound that is lower than the one that holds changes nothing.
        search.stayAbove(mib(16));
        CHECK(search.answer().minimum == answer.minimum);
    }
}

TEST_CASE("a demand that is always sampled too high or too low does not mislead the interval") {
    for (const double bias : {0.85, 0.92, 1.05}) {
        CAPTURE(bias);
        int covered = 0;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            WorldTruth truth = worldAt(100);
            truth.bias = bias;
            truth.seesHighWater = false;
            SimulatedWorld world(truth, seed);
            EdgeSearch search;
            drive(search, world);
            covered += covers(search.answer(), truth.edge) ? 1 : 0;
        }
        CHECK(covered >= 18);
    }
}

TEST_CASE("in most worlds the interval covers the edge and the minimum keeps its risk") {
    int covered = 0;
    int kept = 0;
    constexpr int worlds = 60;
    for (int i = 0; i < worlds; ++i) {
        const double spread = i % 3 == 0 ? 0.005 : (i % 3 == 1 ? 0.02 : 0.05);
        WorldTruth truth = worldAt(8.0 * std::pow(1.1, i), spread);
        truth.bias = i % 4 == 0 ? 0.94 : 1;
        truth.coldCache = i % 2 == 0 ? 1.3 : 0;
        SimulatedWorld world(truth, static_cast<std::uint64_t>(i));
        EdgeSearch search;
        drive(search, world);
        covered += covers(search.answer(), truth.edge) ? 1 : 0;
        const std::optional<Bytes> minimum = search.answer().minimum;
        kept += minimum && world.risk(*minimum) <= 0.01 ? 1 : 0;
        CHECK(world.runs() <= 16);
    }
    CHECK(covered >= 54);
    CHECK(kept >= 54);
}
