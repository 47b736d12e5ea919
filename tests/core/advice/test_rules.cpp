#include <doctest/doctest.h>

#include <string>

#include "memfit/advice/judgement.h"
#include "memfit/advice/recommendation.h"
#include "support/advice.h"

using namespace memfit;
using memfit::test::benchOf;
using memfit::test::gomemlimit;
using memfit::test::plain;
using memfit::test::reasonText;

namespace {

const std::vector<double> around100 = {99, 100, 101, 100.5, 99.5};
const std::vector<double> around120 = {119, 120, 121, 120.5, 119.5};

Results flawless() {
    return benchOf({plain({}, around100), plain(20, around100), plain(40, around100)});
}

/// Code of the one caveat, the confidence that it leaves, and its text.
std::string caveat(const Results& results, const char* code, const AdviceOptions& options = {}) {
    const auto recommendation = recommend(results, options);
    if (!recommendation) return recommendation.error().message();
    return std::string(toString(recommendation->confidence)) + ": " +
           reasonText(*recommendation, code);
}

void forEachRun(Results& results, void (*change)(BenchRun&)) {
    for (auto& cell : results.benches[0].cells)
        for (auto& run : cell.runs) change(run);
}

}  // namespace

TEST_CASE("where one cell alone was repeated the plain numbers decide") {
    CHECK(caveat(benchOf({plain({}, {100, 101}), plain(20, {100})}), "one-run-per-cell") ==
          "low: Some settings were run only once, so a difference between two of them may be "
          "noise: the plain numbers decided, and confidence is low");
}

TEST_CASE("a load through a tunnel lowers confidence") {
    auto results = flawless();
    results.benches[0].header.load.via = "port-forward";
    CHECK(caveat(results, "tunnel") ==
          "medium: The load went through kubectl port-forward, which is slower than the service "
          "and breaks under load, which lowers confidence");
}

TEST_CASE("a watchdog in place of a cgroup lowers confidence") {
    auto results = flawless();
    results.benches[0].header.environment.enforcement = "rss-watchdog";
    CHECK(caveat(results, "watchdog") ==
          "medium: The limit was enforced by watching the resident set, not by a memory cgroup: "
          "kernel memory and page cache did not count and short spikes may have been missed, "
          "which lowers confidence");
}

TEST_CASE("a noisy machine lowers confidence") {
    const std::vector<double> noisy = {70, 100, 130, 85, 115};
    // Without what a round has in common, which is not noise.
    const std::vector<double> otherwise = {115, 85, 100, 130, 70};
    CHECK(caveat(benchOf({plain({}, noisy), plain(20, otherwise)}), "noisy-machine")
              .starts_with("medium: Repeated runs of the same settings scatter by plus or minus "));
    CHECK(caveat(flawless(), "noisy-machine") == "high: no such reason");
    CHECK(caveat(flawless(), "chance").starts_with("high: "));
}

TEST_CASE("a trimmed memory page lowers confidence, a whole one does not") {
    auto results = flawless();
    forEachRun(results, [](BenchRun& run) {
        run.memory = MemorySnapshot{};
        run.memory->sys = 20 * MiB;
    });
    CHECK(caveat(results, "trimmed-memstats") ==
          "medium: The program's memory page leaves out HeapReleased, so how much memory "
          "GOMEMLIMIT bounds, and how much lies outside it, is not known, which lowers confidence");
    forEachRun(results, [](BenchRun& run) { run.memory->heapReleased = 0; });
    CHECK(caveat(results, "trimmed-memstats") == "high: no such reason");
}

TEST_CASE("a collector that takes much of the CPU lowers confidence") {
    auto results = flawless();
    forEachRun(results, [](BenchRun& run) {
        run.memory = MemorySnapshot{};
        run.memory->gcCpuFraction = 0.3;
    });
    CHECK(caveat(results, "gc-cpu") ==
          "medium: At 20Mi the garbage collector took 30 % of the CPU: a little more load may be "
          "too much for it, which lowers confidence");
}

TEST_CASE("an interrupted measurement gives low confidence") {
    auto results = flawless();
    results.benches[0].header.partial = true;
    CHECK(caveat(results, "interrupted") ==
          "low: The measurement was interrupted, so not everything planned was run, and "
          "confidence is low");
}

TEST_CASE("a plain limit below the squeeze's minimum is advised with low confidence only") {
    auto results = flawless();
    test::add(results, test::squeezeOf(22 * MiB));
    CHECK(caveat(results, "below-minimum") ==
          "low: 20Mi survived the bench, but the squeeze puts the smallest limit that holds at "
          "22Mi, and confidence is low");
}

TEST_CASE("lean without an unlimited run says what took its place") {
    AdviceOptions lean;
    lean.policy = Policy::lean;
    CHECK(caveat(benchOf({plain(20, around100)}), "no-unlimited-run", lean) ==
          "medium: There is no unlimited plain run to compare with, so the best cell was used "
          "instead, which lowers confidence");
}

TEST_CASE("times in place of rates, and neither of them, lower confidence") {
    auto results = flawless();
    forEachRun(results, [](BenchRun& run) {
        run.load->totalSeconds = 1000 / *run.load->requestsPerSecond;
        run.load->requestsPerSecond.reset();
    });
    CHECK(caveat(results, "time-not-rate") ==
          "medium: The load tool did not report a request rate for every run, so the duration of "
          "the whole load was compared instead, which lowers confidence");
    CHECK(caveat(results, "smallest-within-tolerance") ==
          "medium: 20Mi gave 10.0 s a load, within 5 % of the best, 10.0 s a load at no limit");
    forEachRun(results, [](BenchRun& run) { run.load->totalSeconds.reset(); });
    CHECK(caveat(results, "smallest-survived") ==
          "low: 20Mi is the smallest limit at which every run survived; the speed of the runs is "
          "not known, so it did not count");
}

TEST_CASE("a reason says when gomemlimit does not pay") {
    CHECK(caveat(benchOf({plain(20, around100), gomemlimit(20, around100)}),
                 "gomemlimit-does-not-pay") ==
          "high: GOMEMLIMIT with GOGC=off does not pay at 20Mi: 100.0 requests/s against 100.0 "
          "requests/s without, so it stays unset");
}

TEST_CASE("GOMEMLIMIT alone fits only where plain was run and did not") {
    auto killed = plain(40, {100, 100});
    killed.runs.push_back(test::run(100, Outcome::oomKilled));
    auto results = benchOf({killed, gomemlimit(40, around120)});
    CHECK(caveat(results, "gomemlimit-only") ==
          "high: At 40Mi only the runs with GOMEMLIMIT fit; without it 1 of 3 runs did not fit "
          "(oomKilled)");
    CHECK(caveat(results, "gomemlimit-untested-plain") == "high: no such reason");

    results = benchOf({gomemlimit(40, around120), plain(80, around100)});
    const auto untested =
        "high: At 40Mi plain was not run in the bench, only GOMEMLIMIT with GOGC=off, so it is not "
        "known whether that pays there";
    CHECK(caveat(results, "gomemlimit-only") == "high: no such reason");
    CHECK(caveat(results, "gomemlimit-untested-plain") == untested);

    auto evicted = plain(40, {});
    evicted.runs.push_back(test::run(1, Outcome::evicted));
    results.benches[0].cells.push_back(evicted);
    CHECK(caveat(results, "gomemlimit-untested-plain") == untested);

    auto squeeze = test::squeezeOf(60 * MiB);
    Trial trial;
    trial.settings = plainSettings(40 * MiB);
    trial.outcome = Outcome::oomKilled;
    squeeze.trials = {trial};
    test::add(results, squeeze);
    CHECK(caveat(results, "gomemlimit-only") ==
          "high: At 40Mi only the runs with GOMEMLIMIT fit; without it a squeeze's trial did not "
          "fit (oomKilled)");
}

TEST_CASE("plain that survives and is merely too slow is not said to be as good") {
    const auto often = [](double rate) { return std::vector<double>(16, rate); };
    const auto results =
        benchOf({plain({}, often(100)), plain(40, often(93)), gomemlimit(40, often(97))});
    CHECK(caveat(results, "gomemlimit-only")
              .starts_with("high: Plain survives too, but only GOMEMLIMIT with GOGC=off is fast "
                           "enough at 40Mi: "));
    CHECK(caveat(results, "gomemlimit-not-worse") == "high: no such reason");
    AdviceOptions lean;
    lean.policy = Policy::lean;
    lean.tolerance = 0.1;
    CHECK(caveat(results, "gomemlimit-not-worse", lean)
              .starts_with("high: GOMEMLIMIT with GOGC=off is not worse at 40Mi: "));
}

TEST_CASE("confirmations that are not known are not none") {
    Results results;
    auto squeeze = test::squeezeOf(18 * MiB);
    squeeze.confirmations.reset();
    test::add(results, squeeze);
    CHECK(caveat(results, "few-confirmations") ==
          "low: It is not known how many loads were clean at or below the minimum, and confidence "
          "is low");
    const auto recommendation = recommend(results);
    REQUIRE(recommendation.has_value());
    const auto* reason = test::findReason(*recommendation, "few-confirmations");
    REQUIRE(reason != nullptr);
    CHECK(reason->evidence.empty());
    results.squeezes[0].confirmations = 0;
    CHECK(caveat(results, "few-confirmations") ==
          "low: Only 0 clean loads were seen at or below the minimum, and confidence is low");
}

TEST_CASE("no limit is advised with confidence only where runs without one were seen") {
    AdviceOptions noLimit;
    noLimit.policy = Policy::noLimit;
    CHECK(caveat(flawless(), "no-unlimited-run", noLimit) == "high: no such reason");
    CHECK(caveat(benchOf({plain(20, around100)}), "no-unlimited-run", noLimit) ==
          "low: No plain run without a limit is known to fit, so nothing shows that the program "
          "does well without one, and confidence is low");

    Results results;
    test::add(results, test::squeezeOf(18 * MiB));
    CHECK(caveat(results, "no-unlimited-run", noLimit).starts_with("low: No plain run"));
    Trial trial;
    trial.settings = plainSettings({});
    trial.outcome = Outcome::survived;
    results.squeezes[0].trials = {trial};
    CHECK(caveat(results, "few-unlimited-runs", noLimit) ==
          "medium: Without a limit the program was run only once, which lowers confidence");
    results.squeezes[0].trials[0].outcome = Outcome::oomKilled;
    CHECK(caveat(results, "no-unlimited-run", noLimit).starts_with("low: No plain run"));
}

TEST_CASE("a floor that the documents cannot judge lowers confidence") {
    AdviceOptions options;
    options.floor = "rps>=10,p99<=500ms";
    auto results = flawless();
    forEachRun(results, [](BenchRun& run) { run.load->latency.p99 = 0.1; });
    CHECK(caveat(results, "floor-not-checked", options) == "high: no such reason");
    results.benches[0].cells[2].runs[0].load->latency.p99.reset();
    CHECK(caveat(results, "floor-not-checked", options) ==
          "medium: 1 of 15 runs could not be checked against the floor rps>=10,p99<=500ms (p99 is "
          "not "
          "known) and count as keeping it, which lowers confidence");
    results.benches[0].cells[1].runs[0].load.reset();
    CHECK(caveat(results, "floor-not-checked", options) ==
          "low: 2 of 15 runs could not be checked against the floor rps>=10,p99<=500ms (rps is not "
          "known) and count as keeping it, runs of the advised settings among them, and confidence "
          "is low");
    options.floor = "rps>=0.9x";
    CHECK(
        caveat(benchOf({plain(20, around100)}), "floor-not-checked", options) ==
        "low: 5 of 5 runs could not be checked against the floor rps>=0.9x (rps without a limit is "
        "not known) and count as keeping it, runs of the advised settings among them, and "
        "confidence is low");
}

TEST_CASE("a squeeze alone is not checked against a floor, and a reason says so") {
    AdviceOptions options;
    options.floor = "rps>=10";
    Results results;
    test::add(results, test::squeezeOf(18 * MiB));
    CHECK(caveat(results, "floor-not-checked", options) ==
          "low: The verdicts of the squeeze are taken as they are: whether its minimum keeps the "
          "floor rps>=10 "
          "was not checked, and confidence is low");
    CHECK(caveat(results, "floor-not-checked") == "medium: no such reason");
}

TEST_CASE("a small speed is not written as none") {
    CHECK(speedText(0, SpeedUnit::requestsPerSecond) == "0.0 requests/s");
    CHECK(speedText(0.042, SpeedUnit::requestsPerSecond) == "0.042 requests/s");
    CHECK(speedText(0.5, SpeedUnit::requestsPerSecond) == "0.50 requests/s");
    CHECK(speedText(9.4462, SpeedUnit::requestsPerSecond) == "9.4 requests/s");
    CHECK(speedText(250, SpeedUnit::loadsPerSecond) == "0.0040 s a load");
    const auto results = benchOf({plain({}, {1000}), plain(20, {4}), plain(40, {1000})});
    CHECK(caveat(results, "surviving-is-not-fitting") ==
          "low: 20Mi survived the load, but that is not enough: 4.0 requests/s against "
          "1000.0 requests/s at full speed, 0.4 % of it");
}

TEST_CASE(
    "a reason says when there is no significant difference to the fastest, with its interval") {
    const auto text =
        caveat(benchOf({plain({}, {70, 100, 130, 85, 115}), plain(20, {75, 90, 118, 80, 110})}),
               "no-difference");
    CHECK(text.starts_with(
        "high: Between 20Mi and the fastest, no limit, the runs show no significant difference "
        "(ratio 0.95, "));
}

TEST_CASE("headroom of GOGC=off is what was seen of these very settings") {
    auto results = benchOf({plain(20, around100), gomemlimit(20, around120)});
    CHECK(caveat(results, "headroom") ==
          "high: With GOGC=off memory in use stays at GOMEMLIMIT, so the plain edge says nothing "
          "about the headroom; of 5 loads with exactly these settings none was killed");
}

TEST_CASE("the edge is told with its interval and the risk, and a plain limit's distance to it") {
    auto results = flawless();
    auto squeeze = test::squeezeOf(18 * MiB);
    squeeze.edge = {16 * MiB, 15 * MiB, 17 * MiB, 0.95};
    squeeze.riskAtMinimum = 0.004;
    test::add(results, squeeze);
    CHECK(caveat(results, "edge") ==
          "high: Half of the loads are OOM-killed at 16 MiB (95 % interval 15 MiB to 17 MiB); at "
          "18Mi the model's risk that one load is killed is 0.4 %");
    CHECK(caveat(results, "headroom") == "high: 20Mi leaves 4 MiB above the edge");
}

TEST_CASE("memory outside Go's count is told, and a negative difference says nothing") {
    auto results = flawless();
    forEachRun(results, [](BenchRun& run) {
        run.memory = MemorySnapshot{};
        run.memory->sys = 12 * MiB;
        run.memory->heapReleased = 2 * MiB;
        run.usage = Usage{};
        run.usage->demand = 13 * MiB;
    });
    CHECK(caveat(results, "outside-go") ==
          "high: About 3 MiB of the memory in use is outside what Go counts, and GOMEMLIMIT does "
          "not bound it");
    forEachRun(results, [](BenchRun& run) { run.usage->demand = 9 * MiB; });
    CHECK(caveat(results, "outside-go") == "high: no such reason");
}

TEST_CASE("what lowers confidence names the cells and trials that it rests on") {
    using Names = std::vector<std::string>;
    const auto named = [](BenchCell cell, const char* label) {
        cell.label = label;
        return cell;
    };
    const std::vector<double> noisy = {70, 100, 130, 85, 115};
    auto results = benchOf({named(plain({}, around100), "none"), named(plain(20, noisy), "a"),
                            named(plain(40, {100, 100}), "b")});
    auto& cell = results.benches[0].cells[1];
    for (auto& run : cell.runs) {
        run.memory = MemorySnapshot{};
        run.memory->sys = 10 * MiB;
        run.memory->gcCpuFraction = 0.3;
    }
    cell.runs[0].load->latency.p99 = 0.1;
    auto squeeze = test::squeezeOf(22 * MiB);
    squeeze.edge = {16 * MiB, 15 * MiB, 17 * MiB, 0.95};
    squeeze.trials.resize(3);
    squeeze.trials[1].memory = cell.runs[0].memory;
    test::add(results, squeeze);
    AdviceOptions options;
    options.floor = "p99<=500ms";
    const auto recommendation = recommend(results, options);
    REQUIRE(recommendation.has_value());
    REQUIRE(recommendation->advised.limit == 20 * MiB);
    const auto from = [&](const char* code) { return test::sources(*recommendation, code); };
    CHECK(from("trimmed-memstats") == Names{"bench cell a/plain", "squeeze trial 2"});
    CHECK(from("gc-cpu") == Names{"bench cell a/plain"});
    CHECK(from("below-minimum") == Names{"bench cell a/plain", "squeeze trials 1 to 3"});
    CHECK(from("headroom") == Names{"squeeze trials 1 to 3"});
    CHECK(from("floor-not-checked") ==
          Names{"bench cell none/plain", "bench cell a/plain", "bench cell b/plain"});
}

TEST_CASE("what a squeeze alone leaves open names its trials") {
    using Names = std::vector<std::string>;
    Results results;
    auto squeeze = test::squeezeOf(18 * MiB);
    squeeze.confirmations = 1;
    squeeze.trials.resize(4);
    test::add(results, squeeze);
    AdviceOptions options;
    options.floor = "rps>=10";
    const auto recommendation = recommend(results, options);
    REQUIRE(recommendation.has_value());
    CHECK(test::sources(*recommendation, "few-confirmations") == Names{"squeeze trials 1 to 4"});
    CHECK(test::sources(*recommendation, "floor-not-checked") == Names{"squeeze trials 1 to 4"});
}

TEST_CASE("loads of exactly the advised settings are named, those of a squeeze among them") {
    auto results = benchOf({plain(20, around100), gomemlimit(20, around120)});
    results.benches[0].cells[1].label = "min";
    auto squeeze = test::squeezeOf(18 * MiB);
    Trial trial;
    trial.settings = gomemlimitSettings(20 * MiB, 20 * MiB);
    trial.outcome = Outcome::survived;
    squeeze.trials = {Trial{}, trial};
    test::add(results, squeeze);
    const auto recommendation = recommend(results);
    REQUIRE(recommendation.has_value());
    CHECK(test::sources(*recommendation, "headroom") ==
          std::vector<std::string>{"bench cell min/gomemlimit", "squeeze trial 2"});
}

TEST_CASE("GOGC=off is not advised without a word about alerts on usage") {
    const auto recommendation =
        recommend(benchOf({plain(20, around100), gomemlimit(20, around120)}));
    REQUIRE(recommendation.has_value());
    const auto* reason = test::findReason(*recommendation, "usage-near-limit");
    REQUIRE(reason != nullptr);
    CHECK(*reason ==
          Reason{
              "usage-near-limit",
              "With GOGC=off memory in use will stay near GOMEMLIMIT, 100 % of the limit, even "
              "under a small load: alerts on usage against the limit will fire and must be changed",
              {{"limitBytes", 20 * MiB}, {"gomemlimitBytes", 20 * MiB}, {"share", 1.0}}});
    CHECK(caveat(flawless(), "usage-near-limit") == "high: no such reason");
}

TEST_CASE("cells that were killed are named") {
    auto killed = plain(10, {100, 100});
    killed.runs.push_back(test::run(9000, Outcome::oomKilled));
    auto results = benchOf({killed, plain({}, around100), plain(20, around100)});
    CHECK(caveat(results, "ruled-out") ==
          "high: Ruled out: 10Mi: 1 of 3 runs did not fit (oomKilled)");
}

TEST_CASE("a process needs no request, and its next command runs it again") {
    auto results = benchOf({plain({}, {100}), plain(20, {100})});
    auto& target = results.benches[0].header.target;
    target = {};
    target.type = "process";
    target.command = {"./my api", "it's", "a\tb"};
    target.port = 8080;
    const auto recommendation = recommend(results);
    REQUIRE(recommendation.has_value());
    CHECK(test::findReason(*recommendation, "request-equals-limit") == nullptr);
    CHECK(recommendation->next ==
          "kubectl-memfit bench --local --port 8080 --limits none,20Mi --runs 5 --load 'hey "
          "{url}/' -- './my "
          "api' 'it'\\''s' $'a\\x09b'");
}

TEST_CASE("a demand that climbs makes for low confidence, and for fresh starts as the next step") {
    auto squeeze = test::squeezeOf(24 * MiB);
    auto& target = squeeze.header.target;
    target = {};
    target.type = "process";
    target.command = {"etcd"};
    for (const Bytes demand : {14, 15, 16, 17, 18, 19, 20}) {
        auto& trial = squeeze.trials.emplace_back();
        trial.settings = plainSettings(24 * MiB);
        trial.outcome = Outcome::survived;
        trial.usage.emplace().demand = demand * MiB;
    }
    Results results;
    test::add(results, squeeze);
    CHECK(
        caveat(results, "demand-climbs") ==
        "low: The demand rose from 14.1 MiB to 20.2 MiB over 7 trials, so the program keeps state "
        "from one trial to the next, and edge and minimum do not describe one fresh start: start "
        "each trial afresh, with {dir} in place of the program's data folder, or with --prepare "
        "and a command that resets its state; confidence is low");
    const auto recommendation = recommend(results);
    REQUIRE(recommendation.has_value());
    CHECK(test::sources(*recommendation, "demand-climbs") ==
          std::vector<std::string>{"squeeze trials 1 to 7"});
    CHECK(
        recommendation->next ==
        "kubectl-memfit recommend --local --prepare 'A COMMAND THAT RESETS ALL STATE' --load 'hey "
        "{url}/' -- etcd");

    for (auto& trial : results.squeezes[0].trials) trial.usage->demand = 14 * MiB;
    CHECK(caveat(results, "demand-climbs") == "medium: no such reason");
}

TEST_CASE("a small share is not written as none") {
    CHECK(percentText(0) == "0 %");
    CHECK(percentText(0.00015) == "0.015 %");
    CHECK(percentText(1e-9) == "0.0001 %");
    CHECK(percentText(0.0069) == "0.7 %");
    CHECK(percentText(0.05) == "5 %");
}
