#include "memfit/documents/demand_climb.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "support/simulated_world.h"

using namespace memfit;
using memfit::test::Random;

namespace {

Bytes mib(double size) {
    return static_cast<Bytes>(std::llround(size * static_cast<double>(MiB)));
}

Trial survivor(double demandMiB, std::optional<double> limitMiB = std::nullopt) {
    Trial trial;
    trial.settings = plainSettings(limitMiB ? std::optional(mib(*limitMiB)) : std::nullopt);
    trial.outcome = Outcome::survived;
    trial.usage = Usage{};
    trial.usage->demand = mib(demandMiB);
    return trial;
}

Trial killed(double limitMiB) {
    Trial trial;
    trial.settings = plainSettings(mib(limitMiB));
    trial.outcome = Outcome::oomKilled;
    return trial;
}

/// What a testbed sees of a run.
struct Sight {
    double sampledLow = 0.04;  ///< the sampled demand is 0 to this share low
    double cache = 0;          ///< page cache that the high-water mark holds too, up to the limit
    bool demand = true;
};

/// A whole search of a service that needs `demand(trial)` bytes; trials count from 0.
std::vector<Trial> search(const std::function<double(int)>& demand, Random& random,
                          const Sight& sight = {}) {
    EdgeSearch search;
    std::vector<Trial> trials;
    std::optional<Bytes> limit;
    do {
        const double needed = demand(static_cast<int>(trials.size()));
        const double room = limit ? static_cast<double>(*limit) : 1e12;
        auto trial = killed(0);
        trial.settings = plainSettings(limit);
        trial.usage = Usage{};
        trial.usage->peak = static_cast<Bytes>(std::min(room, needed * (1 + sight.cache)));
        if (sight.demand)
            trial.usage->demand = static_cast<Bytes>(
                std::min(room, needed * (1 - random.uniform(0, sight.sampledLow))));
        if (needed <= room) trial.outcome = Outcome::survived;
        trials.push_back(trial);
        EdgeObservation seen;
        seen.limit = limit;
        seen.verdict = needed <= room ? EdgeObservation::Verdict::survived
                                      : EdgeObservation::Verdict::tooSmall;
        seen.highWater = trial.usage->peak;
        seen.demand = trial.usage->demand;
        search.observe(seen);
        limit = search.next();
    } while (limit);
    return trials;
}

/// How many of `count` searches see a climb in a demand of `level(trial)` MiB that spreads so.
int climbsSeen(int count, double spread, const std::function<double(int)>& level,
               const Sight& sight = {}) {
    int seen = 0;
    for (int i = 0; i < count; ++i) {
        Random random(static_cast<std::uint64_t>(i) + 1);
        const auto demand = [&](int trial) {
            return level(trial) * static_cast<double>(MiB) * std::exp(spread * random.normal());
        };
        if (demandClimb(search(demand, random, sight))) ++seen;
    }
    return seen;
}

}  // namespace

TEST_CASE("a demand that rises with each trial is told with where it began and ended") {
    const auto climb = demandClimb({survivor(14), survivor(15.1), survivor(16), survivor(17.1),
                                    survivor(18), survivor(19.1), survivor(19.9)});
    REQUIRE(climb);
    CHECK(formatMiB(climb->first) == "14.2 MiB");
    CHECK(formatMiB(climb->last) == "20.2 MiB");
    CHECK(climb->trials == 7);
    CHECK(climb->pValue < 1e-5);
}

TEST_CASE("a kill where earlier trials survived counts for a climb, and none for itself") {
    CHECK(demandClimb({survivor(14), survivor(14.5, 16), killed(14), survivor(15.4, 18), killed(15),
                       survivor(16.3, 18), killed(16), killed(17), survivor(17.6, 20)}));
    // The same survivors' level, killed below it only.
    CHECK_FALSE(demandClimb({survivor(14), killed(8), killed(11), killed(12.5), survivor(14.1, 16),
                             killed(13.5), survivor(13.9, 15), survivor(14.05, 15)}));
}

TEST_CASE("no climb: too little is known, it falls, it is small, or only GOMEMLIMIT shows it") {
    CHECK_FALSE(demandClimb({}));
    CHECK_FALSE(demandClimb({survivor(14), survivor(16), survivor(18)}));
    CHECK_FALSE(
        demandClimb({survivor(18), survivor(17), survivor(16), survivor(15), survivor(14)}));
    CHECK_FALSE(demandClimb(
        {survivor(14), survivor(14.1), survivor(14.2), survivor(14.3), survivor(14.4)}));
    std::vector<Trial> gomemlimit;
    for (const double size : {14.0, 15.0, 16.0, 17.0, 18.0, 19.0}) {
        gomemlimit.push_back(survivor(size, size));
        gomemlimit.back().settings = gomemlimitSettings(mib(size), mib(size));
    }
    CHECK_FALSE(demandClimb(gomemlimit));
}

TEST_CASE("trials that say nothing of memory have their place in the order, and no say") {
    auto crashed = killed(10);
    crashed.outcome = Outcome::crashed;
    auto blind = survivor(1);
    blind.usage.reset();
    const auto climb = demandClimb({crashed, survivor(14), blind, survivor(16), crashed,
                                    survivor(18), survivor(19), survivor(20), crashed});
    REQUIRE(climb);
    CHECK(climb->trials == 7);
}

TEST_CASE("a search of a service that keeps its level sees no climb, whatever the spread") {
    for (const double spread : {0.005, 0.02, 0.05}) {
        CAPTURE(spread);
        CHECK(climbsSeen(300, spread, [](int) { return 14; }) <= 3);
    }
}

TEST_CASE("nor does it where the high-water mark holds cache and nothing else is seen") {
    Sight sight;
    sight.cache = 0.5;
    CHECK(climbsSeen(100, 0.02, [](int) { return 14; }, sight) <= 1);
    sight.demand = false;
    CHECK(climbsSeen(100, 0.02, [](int) { return 14; }, sight) <= 1);
}

TEST_CASE("a first trial that needs more than all others is no climb") {
    CHECK(climbsSeen(100, 0.02, [](int trial) { return trial == 0 ? 20 : 14; }) == 0);
}

TEST_CASE("the climb of a store that keeps its data is seen") {
    // etcd with one data folder: 14.0 MiB in the first trial, 19.9 in the eighth.
    const auto store = [](int trial) { return 14.0 + 5.9 / 7 * trial; };
    // A search takes some seven trials: with a wide spread that is few to tell a climb by.
    CHECK(climbsSeen(100, 0.005, store) >= 95);
    CHECK(climbsSeen(100, 0.02, store) >= 90);
    CHECK(climbsSeen(100, 0.03, store) >= 80);
}

TEST_CASE("a climb names what to do, by what was measured and what was done already") {
    const DemandClimb climb{14 * MiB, mib(19.9), 8, 1e-6};
    Header header;
    header.target.type = "process";
    header.target.command = {"etcd", "--data-dir", "/var/lib/etcd"};
    CHECK(climbText(climb, header) ==
          "the demand rose from 14 MiB to 19.9 MiB over 8 trials, so the program keeps state from "
          "one trial to the next, and edge and minimum do not describe one fresh start: start each "
          "trial afresh, with {dir} in place of the program's data folder, or with --prepare and a "
          "command that resets its state");
    const std::string still =
        "the demand rose from 14 MiB to 19.9 MiB over 8 trials, so something keeps state in spite "
        "of --prepare or {dir}, and edge and minimum do not describe one fresh start: reset that "
        "too with --prepare";
    header.target.command.back() = "{dir}/data";
    CHECK(climbText(climb, header) == still);
    header.target.type = "deployment";
    header.target.command.clear();
    CHECK(climbText(climb, header) ==
          "the demand rose from 14 MiB to 19.9 MiB over 8 trials, so something outside the pods "
          "keeps state from one trial to the next, and edge and minimum do not describe one fresh "
          "start: reset it before each trial with --prepare");
    header.load.prepare = "redis-cli FLUSHALL";
    CHECK(climbText(climb, header) == still);
}
