#include "memfit/advice/recommendation.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "memfit/advice/wanted_settings.h"
#include "memfit/change/edit.h"
#include "support/advice.h"

using namespace memfit;
using memfit::test::advised;
using memfit::test::benchOf;
using memfit::test::gomemlimit;
using memfit::test::plain;
using memfit::test::reasonText;

namespace {

Results replay(std::initializer_list<const char*> names) {
    Results results;
    for (const auto* name : names) {
        const auto read = readDocuments(test::readFixture(std::string("replay/") + name + ".json"),
                                        name, results);
        if (!read) FAIL(read.error().message());
    }
    return results;
}

Recommendation recommendOk(const Results& results, const AdviceOptions& options = {}) {
    auto recommendation = recommend(results, options);
    if (!recommendation) FAIL(recommendation.error().message());
    return *recommendation;
}

std::string recommendError(const Results& results, const AdviceOptions& options = {}) {
    const auto recommendation = recommend(results, options);
    if (recommendation) return "no error";
    CHECK((recommendation.error().kind == ErrorKind::inconclusive));
    return recommendation.error().message();
}

AdviceOptions with(Policy policy) {
    AdviceOptions options;
    options.policy = policy;
    return options;
}

AdviceOptions withLiveUsage(Bytes bytes) {
    AdviceOptions options;
    options.liveUsage = bytes;
    return options;
}

const std::vector<double> around100 = {99, 100, 101, 100.5, 99.5};

/// A bench without a flaw: five runs a cell, 20Mi as good as any.
Results flawless() {
    return benchOf({plain({}, around100), plain(20, around100), plain(40, around100)});
}

}  // namespace

TEST_CASE("the published bench gives what its author concluded") {
    const auto recommendation = recommendOk(replay({"seed-bench"}));
    CHECK(recommendation.advised == advised(36, true));
    CHECK((recommendation.basis == Basis::measured));
    CHECK((recommendation.confidence == Confidence::low));
    CHECK(recommendation.confirmed == Confirmed{1, 0});
    CHECK(reasonText(recommendation, "smallest-within-tolerance") ==
          "36Mi with GOMEMLIMIT gave 35.4 requests/s, within 5 % of the best, 35.9 requests/s at "
          "72Mi with GOMEMLIMIT; the next smaller limit, 23Mi with GOMEMLIMIT, gave 33.4 "
          "requests/s");
    CHECK(reasonText(recommendation, "gomemlimit-pays") ==
          "GOMEMLIMIT with GOGC=off pays at 36Mi: 35.4 requests/s against 28.3 requests/s without");
    CHECK(reasonText(recommendation, "one-run-per-cell") ==
          "Some settings were run only once, so a difference between two of them may be noise: "
          "the plain numbers decided, and confidence is low");
    CHECK(recommendation.next ==
          "kubectl memfit bench deploy/sales-api -n sales-system -c sales-api --limits "
          "none,18Mi,23Mi,36Mi,72Mi --runs 5 --load 'make talk-load'");
}

TEST_CASE("the policies differ on the published bench") {
    const auto bench = replay({"seed-bench"});
    CHECK(recommendOk(bench, with(Policy::lean)).advised == advised(18, true));
    CHECK(recommendOk(bench, with(Policy::fast)).advised == advised(72, true));
    const auto none = recommendOk(bench, with(Policy::noLimit));
    CHECK(none.advised == AdvisedSettings{});
    CHECK(reasonText(none, "limit-optional") ==
          "A memory limit is optional; without one GOMEMLIMIT and GOGC are best left alone, since "
          "Go finds a low amount of memory by itself");
    CHECK(none.next.empty());
}

TEST_CASE("13Mi survived, and is refused by name with the slowdown as evidence") {
    for (const auto policy : {Policy::balanced, Policy::lean, Policy::fast, Policy::noLimit}) {
        const auto recommendation =
            recommendOk(replay({"seed-13mi-gomemlimit", "seed-bench"}), with(policy));
        const auto* reason = test::findReason(recommendation, "surviving-is-not-fitting");
        REQUIRE(reason != nullptr);
        CHECK(*reason ==
              Reason{"surviving-is-not-fitting",
                     "13Mi with GOMEMLIMIT survived the load, but that is not enough: 9.4 "
                     "requests/s against 29.6 requests/s at full speed, about a third of it",
                     {{"limitBytes", 13 * MiB},
                      {"requestsPerSecond", 9.4462},
                      {"fullRequestsPerSecond", 29.645},
                      {"share", 9.4462 / 29.645},
                      {"from", std::vector<std::string>{"squeeze trial 1"}}}});
    }
    const auto balanced = recommendOk(replay({"seed-13mi-gomemlimit", "seed-bench"}));
    CHECK(balanced.advised == advised(36, true));
}

TEST_CASE("each reason that rests on runs names the cells and trials that it rests on") {
    const auto recommendation =
        recommendOk(replay({"seed-squeeze", "seed-13mi-gomemlimit", "seed-bench"}));
    std::vector<std::pair<std::string, std::vector<std::string>>> sources;
    for (const auto& reason : recommendation.reasons)
        for (const auto& [name, value] : reason.evidence)
            if (name == "from")
                sources.emplace_back(reason.code, std::get<std::vector<std::string>>(value));
    const decltype(sources) expected{
        {"smallest-within-tolerance",
         {"bench cell 2x/gomemlimit", "bench cell 4x/gomemlimit", "bench cell sys/gomemlimit"}},
        {"gomemlimit-pays", {"bench cell 2x/gomemlimit", "bench cell 2x/plain"}},
        {"surviving-is-not-fitting", {"squeeze 2 trial 1"}},
        {"edge", {"squeeze 1 trials 1 to 3"}},
        {"headroom", {"bench cell 2x/gomemlimit"}},
        {"one-run-per-cell",
         {"bench cell none/plain", "bench cell min/plain", "bench cell min/gomemlimit",
          "bench cell sys/plain", "bench cell sys/gomemlimit", "bench cell 2x/plain",
          "bench cell 2x/gomemlimit", "bench cell 4x/plain", "bench cell 4x/gomemlimit"}},
        {"trimmed-memstats",
         {"bench cell none/plain", "squeeze 1 trial 1", "squeeze 1 trial 2", "squeeze 2 trial 1"}}};
    CHECK((sources == expected));
}

TEST_CASE("a squeeze alone gives its minimum, GOMEMLIMIT unset, and the bench as next step") {
    const auto recommendation = recommendOk(replay({"seed-squeeze"}));
    CHECK(recommendation.advised == advised(18, false));
    CHECK(reasonText(recommendation, "edge") == "The OOM edge lies between 17 MiB and 18 MiB");
    CHECK(test::findReason(recommendation, "squeeze-only") != nullptr);
    CHECK((recommendation.confidence == Confidence::low));
    CHECK(recommendation.next ==
          "kubectl memfit bench deploy/sales-api -n sales-system -c sales-api --min 18Mi --load "
          "'make talk-load'");
}

TEST_CASE("results that allow no advice say what is missing and which command gets it") {
    CHECK(recommendError({}) ==
          "there is no result to judge from; run kubectl memfit recommend TARGET --load COMMAND");
    CHECK(
        recommendError(replay({"seed-13mi-gomemlimit"})) ==
        "the squeeze ran with GOMEMLIMIT, where a run that survives may be far too slow, so no "
        "limit follows from it alone; run kubectl memfit bench deploy/sales-api -n sales-system -c "
        "sales-api --load 'make talk-load'");

    Results probe;
    probe.probes.emplace_back();
    probe.probes[0].header.target.type = "statefulset";
    probe.probes[0].header.target.name = "db";
    probe.texts = {"{}"};
    CHECK(recommendError(probe) ==
          "a probe alone does not show how little memory is enough; run kubectl memfit recommend "
          "sts/db --load COMMAND");

    Results squeeze;
    test::add(squeeze, test::squeezeOf({}));
    CHECK(recommendError(squeeze) ==
          "the squeeze found no limit that holds; run kubectl memfit bench deploy/api --load 'hey "
          "{url}/'");

    auto killed = plain(20, {});
    killed.runs.push_back(test::run(1, Outcome::oomKilled));
    CHECK(recommendError(benchOf({killed})) ==
          "no limit that was benched survived every run: 20Mi: 1 of 1 runs did not fit "
          "(oomKilled); run kubectl memfit bench deploy/api --load 'hey {url}/'");
}

TEST_CASE("a flawless bench gives high confidence and nothing left to do") {
    const auto recommendation = recommendOk(flawless());
    CHECK(recommendation.advised == advised(20, false));
    CHECK((recommendation.confidence == Confidence::high));
    CHECK(recommendation.next.empty());
    CHECK(recommendation.confirmed == Confirmed{5, 0});
}

TEST_CASE("a limit that no limited cell deserves is not advised") {
    const auto recommendation =
        recommendOk(benchOf({plain({}, around100), plain(20, {50, 51, 49})}));
    CHECK(recommendation.advised == AdvisedSettings{});
    CHECK(reasonText(recommendation, "no-limit-fits") ==
          "No limit that was tried keeps up with the unlimited run, 100.0 requests/s; without a "
          "limit GOMEMLIMIT and GOGC are best left alone; the fastest limited one was 20Mi, 50.0 "
          "requests/s");
    CHECK(reasonText(recommendation, "surviving-is-not-fitting") ==
          "20Mi survived the load, but that is not enough: 50.0 requests/s against 100.0 "
          "requests/s at full speed, about half of it");
}

TEST_CASE("a GOMEMLIMIT below the limit is advised as the literal that was measured") {
    const auto recommendation =
        recommendOk(benchOf({test::cell(gomemlimitSettings(40 * MiB, 36 * MiB), {120, 121, 119})}));
    auto expected = advised(40, true);
    expected.gomemlimit = {GomemlimitAdvice::Kind::bytes, 36 * MiB};
    CHECK(recommendation.advised == expected);
}

TEST_CASE("never below what live instances use") {
    SUBCASE("a benched limit above it is taken where one fits") {
        const auto recommendation = recommendOk(replay({"seed-bench"}), withLiveUsage(40 * MiB));
        CHECK(recommendation.advised == advised(72, true));
        CHECK(reasonText(recommendation, "load-not-representative") ==
              "Live instances were seen to use 40 MiB, more than the 36Mi that the measured load "
              "needs, so the load is not like production; the limit is kept above live usage");
        CHECK((recommendation.confidence == Confidence::low));
        CHECK(recommendation.next ==
              "kubectl memfit recommend deploy/sales-api -n sales-system -c sales-api --load 'A "
              "LOAD LIKE IN PRODUCTION'");
    }
    SUBCASE("else live usage itself, in whole MiB, which was not tried") {
        const auto recommendation =
            recommendOk(replay({"seed-bench"}), withLiveUsage(100 * MiB + 1));
        CHECK(recommendation.advised == advised(101, true));
        CHECK_FALSE(recommendation.confirmed);
        CHECK(reasonText(recommendation, "limit-not-tried") ==
              "101Mi itself was not tried, and confidence is low");
    }
    SUBCASE("after a squeeze too") {
        const auto recommendation = recommendOk(replay({"seed-squeeze"}), withLiveUsage(30 * MiB));
        CHECK(recommendation.advised == advised(30, false));
    }
    SUBCASE("live usage within the limit changes nothing") {
        const auto recommendation = recommendOk(flawless(), withLiveUsage(20 * MiB));
        CHECK(recommendation.advised == advised(20, false));
        CHECK(reasonText(recommendation, "live-usage") ==
              "Live instances were seen to use at most 20 MiB, which 20Mi holds");
        CHECK((recommendation.confidence == Confidence::high));
    }
}

TEST_CASE("without a measurement what is set is judged, and said to be no more than that") {
    AdviceOptions options = withLiveUsage(70 * MiB);
    options.current = CurrentSettings{64 * MiB, 32 * MiB, "64MiB", "off"};
    const auto recommendation = recommendOk({}, options);
    CHECK(recommendation.advised == test::leaving(advised(70, true)));
    CHECK((recommendation.basis == Basis::observed));
    CHECK((recommendation.confidence == Confidence::low));
    CHECK(test::findReason(recommendation, "not-measured") != nullptr);
    CHECK(reasonText(recommendation, "current-differs") ==
          "What is set now does not fit: memory limit is 64Mi, below the advised 70Mi; memory "
          "request is 32Mi, below the advised 70Mi");
    CHECK((recommendOk({}, with(Policy::noLimit)).basis == Basis::fixed));
}

TEST_CASE("settings that were tuned are kept where nothing was measured") {
    AdviceOptions options;
    options.current = CurrentSettings{64 * MiB, 64 * MiB, "60MiB", "50"};
    Results probe;
    probe.probes.emplace_back();
    probe.texts = {"{}"};
    const auto recommendation = recommendOk(probe, options);
    auto kept = advised(64, false);
    kept.gomemlimit = {GomemlimitAdvice::Kind::bytes, 60 * MiB};
    kept.gogc = "50";
    kept.leaveGogc = true;
    CHECK(recommendation.advised == kept);
    CHECK(reasonText(recommendation, "current-fits") == "What is set now fits the advice");
    const auto text = toJson(recommendation);
    const auto from = text.find(" \"recommendation\":");
    CHECK(text.substr(from, text.find(" \"current\":") - from) == R"( "recommendation": {
  "limitBytes": 67108864,
  "requestBytes": 67108864,
  "gomemlimit": {
   "mode": "bytes",
   "bytes": 62914560
  },
  "gogc": "50",
  "leaveGogc": true
 },
)");
    const std::string manifest = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
      - name: app
        env:
        - {name: GOMEMLIMIT, value: 60MiB}
        - {name: GOGC, value: "50"}
        resources: {limits: {memory: 64Mi}, requests: {memory: 64Mi}}
)";
    const auto edit = editManifest(manifest, "f.yaml", {"Deployment", "api", {}}, "app",
                                   wantedSettings(recommendation.advised));
    REQUIRE(edit.has_value());
    CHECK(edit->text == manifest);
}

TEST_CASE("usage that was only looked at is observed, also when no limit is wanted") {
    auto options = withLiveUsage(70 * MiB);
    options.policy = Policy::noLimit;
    CHECK((recommendOk({}, options).basis == Basis::observed));
    Results probe;
    probe.probes.emplace_back();
    probe.texts = {"{}"};
    CHECK((recommendOk(probe, with(Policy::noLimit)).basis == Basis::observed));
}

TEST_CASE("the next recommend keeps policy, tolerance and floor that are not the default") {
    AdviceOptions options = withLiveUsage(100 * MiB);
    options.policy = Policy::lean;
    options.tolerance = 0.075;
    options.floor = "p99<=500ms";
    CHECK(recommendOk(flawless(), options).next ==
          "kubectl memfit recommend deploy/api --policy lean --tolerance 7.5% --load 'A LOAD LIKE "
          "IN PRODUCTION' --floor 'p99<=500ms'");
    options = {};
    options.policy = Policy::fast;
    const auto nothing = recommend({}, options);
    REQUIRE(nothing.has_error());
    CHECK(nothing.error().next ==
          "run kubectl memfit recommend TARGET --policy fast --load COMMAND");
    options.policy = Policy::balanced;
    options.tolerance = 0.29;
    CHECK(recommend({}, options).error().next ==
          "run kubectl memfit recommend TARGET --tolerance 29% --load COMMAND");
}

TEST_CASE("benches under another load or CPU limit are left out") {
    auto results = flawless();
    auto other = benchOf({plain(8, {900, 900, 900})});
    other.benches[0].header.load.command = "hey {url}/other";
    results.benches.insert(results.benches.begin(), other.benches[0]);
    const auto recommendation = recommendOk(results);
    CHECK(recommendation.advised == advised(20, false));
    CHECK(test::findReason(recommendation, "bench-left-out") != nullptr);
}

TEST_CASE("a floor that is none is an error of usage") {
    AdviceOptions options;
    options.floor = "fast";
    const auto recommendation = recommend(flawless(), options);
    REQUIRE(recommendation.has_error());
    CHECK((recommendation.error().kind == ErrorKind::usage));
}

TEST_CASE("the documents and their warnings go with the recommendation") {
    const auto results = replay({"seed-squeeze", "seed-bench"});
    auto warned = results;
    warned.benches[0].header.warnings = {{"w", "once"}};
    warned.squeezes[0].header.warnings = {{"w", "once"}, {"v", "too"}};
    const auto recommendation = recommendOk(warned);
    CHECK(recommendation.header.warnings == std::vector<Warning>{{"w", "once"}, {"v", "too"}});
    Results again;
    REQUIRE(readDocuments(toJson(recommendation), "again", again).has_value());
    CHECK(again.texts == results.texts);
}

TEST_CASE("policies have the names of the command line") {
    for (const auto policy : {Policy::balanced, Policy::lean, Policy::fast, Policy::noLimit})
        CHECK((policyFromString(toString(policy)) == policy));
    CHECK((toString(Policy::noLimit) == "no-limit"));
    CHECK_FALSE(policyFromString("noLimit").has_value());
}

TEST_CASE("a recommendation is written whole") {
    Recommendation recommendation;
    recommendation.header.target.type = "process";
    recommendation.header.target.command = {"./api"};
    recommendation.advised = advised(36, true);
    recommendation.confirmed = Confirmed{3, 0};
    recommendation.current = CurrentSettings{std::nullopt, 1, "17Mi", "50"};
    recommendation.reasons = {
        {"c", "t", {{"n", std::int64_t{1}}, {"d", 0.5}, {"b", true}, {"s", std::string("x")}}}};
    recommendation.next = "kubectl memfit";
    CHECK(toJson(recommendation) == R"({
 "apiVersion": "memfit.dev/v1alpha1",
 "kind": "Recommendation",
 "target": {
  "type": "process",
  "command": [
   "./api"
  ]
 },
 "partial": false,
 "warnings": [],
 "basis": "static",
 "confidence": "low",
 "policy": "balanced",
 "tolerance": 0.05,
 "recommendation": {
  "limitBytes": 37748736,
  "requestBytes": 37748736,
  "gomemlimit": {
   "mode": "limits.memory"
  },
  "gogc": "off"
 },
 "confirmed": {
  "loads": 3,
  "killed": 0
 },
 "current": {
  "limitBytes": null,
  "requestBytes": 1,
  "gomemlimit": {
   "mode": "bytes",
   "text": "17Mi"
  },
  "gogc": "50"
 },
 "reasons": [
  {
   "code": "c",
   "text": "t",
   "evidence": {
    "n": 1,
    "d": 0.5,
    "b": true,
    "s": "x"
   }
  }
 ],
 "next": "kubectl memfit"
}
)");
}
