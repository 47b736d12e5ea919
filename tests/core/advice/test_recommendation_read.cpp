#include "memfit/advice/recommendation_read.h"

#include <doctest/doctest.h>

#include <string>

#include "support/fixtures.h"

using namespace memfit;

namespace {

/// A recommendation with all that a document can hold.
Recommendation full() {
    Recommendation one;
    auto& target = one.header.target;
    target.type = "deployment";
    target.ns = "shop";
    target.name = "api";
    target.container = "main";
    one.header.warnings = {{"trial", "noisy"}};
    one.basis = Basis::measured;
    one.confidence = Confidence::medium;
    one.policy = Policy::fast;
    one.tolerance = 0.1;
    one.floor = "rps>=0.9x";
    one.advised.limit = one.advised.request = 100 * MiB;
    one.advised.gomemlimit = {GomemlimitAdvice::Kind::bytes, 95 * MiB};
    one.advised.gogc = "off";
    one.confirmed = Confirmed{3, 0};
    one.current = CurrentSettings{200 * MiB, 100 * MiB, "150MiB", "50", false, false};
    LiveFacts live;
    LivePod pod;
    pod.name = "api-1";
    pod.node = "n1";
    pod.settings = {200 * MiB, 100 * MiB, "157286400", {}, false, false};
    pod.memory.emplace();
    pod.memory->heapInuse = 20 * MiB;
    pod.usage.emplace();
    pod.usage->demand = 70 * MiB;
    pod.restarts = 2;
    pod.oomKilled = true;
    pod.oomKilledAt = "2026-11-23T09:00:00Z";
    live.pods = {pod};
    live.morePods = 4;
    live.memoryAutoscalers = {"by-memory"};
    live.verticalAutoscalers = {"v"};
    live.nodes = {{"n1", 8 * GiB, 6 * GiB, 7 * GiB, 30, 2, 1, 9, {"shop/db"}}};
    live.findings = {{"gogc-malformed", Severity::error, {}, {}, {}, "GOGC is 50%", "write 50"}};
    one.live = live;
    one.reasons = {{"edge",
                    "Half of the loads are killed at 40 MiB",
                    {{"edgeBytes", 40 * MiB},
                     {"riskAtMinimum", 0.25},
                     {"sure", true},
                     {"test", "Welch"},
                     {"from", std::vector<std::string>{"squeeze trials 1 to 9"}}}}};
    one.next = "kubectl memfit bench deploy/api";
    return one;
}

Results replay(const std::string& name) {
    Results results;
    const auto read =
        readDocuments(test::readFixture("replay/" + name + ".json"), name + ".json", results);
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
    return results;
}

Recommendation only(const Results& results) {
    REQUIRE(results.recommendation.has_value());
    auto read = readRecommendation(results.recommendation.value());
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
    return *std::move(read);
}

AdviceOptions asMade(const Recommendation& before) {
    AdviceOptions options;
    options.policy = before.policy;
    options.tolerance = before.tolerance;
    options.floor = before.floor;
    return options;
}

}  // namespace

TEST_CASE("a recommendation that was written is read as it was") {
    const auto read = readRecommendation(toJson(full()));
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
    CHECK(toJson(*read) == toJson(full()));
    CHECK((*read == full()));
}

TEST_CASE("what is to stay as it is stays so in a document") {
    auto one = full();
    one.advised.gomemlimit = {GomemlimitAdvice::Kind::leave, 150 * MiB};
    one.advised.limit.reset();
    one.advised.leaveLimit = true;
    one.advised.leaveGogc = true;
    one.current->gogcUnknown = true;
    const auto text = toJson(one);
    CHECK(text.find("\"mode\": \"bytes\",\n   \"bytes\": 157286400,\n   \"leave\": true") !=
          std::string::npos);
    const auto read = readRecommendation(text);
    REQUIRE(read.has_value());
    CHECK((*read == one));
}

TEST_CASE("a field of a recommendation that does not fit is named") {
    const auto read = readRecommendation(R"({"recommendation": {"limitBytes": "36Mi"}})");
    REQUIRE(read.has_error());
    CHECK(read.error().message().find("recommendation.limitBytes") != std::string::npos);
    CHECK(readRecommendation("[]").has_error());
    CHECK(readRecommendation("{}").has_error());
}

TEST_CASE("documents keep a recommendation only where it is all there is") {
    auto results = replay("local-recommend");
    CHECK(results.given == 1);
    CHECK(results.recommendation.has_value());
    CHECK(readDocuments(results.texts.back(), "more.json", results).has_value());
    CHECK(results.given == 2);
    CHECK_FALSE(results.recommendation.has_value());
}

TEST_CASE("a recommendation stands as its confirmation left it") {
    const auto results = replay("local-recommend");
    auto before = only(results);
    before.advised.limit = 100 * MiB;
    before.advised.gomemlimit = {GomemlimitAdvice::Kind::bytes, 95 * MiB};
    const auto again = adviseAgain(before, results, asMade(before));
    REQUIRE(again.has_value());
    before.header.inputs = results.texts;
    CHECK((*again == before));
}

TEST_CASE("another policy has the results judged anew, and what is known of the live workload") {
    const auto results = replay("local-recommend");
    auto before = only(results);
    before.live.emplace();
    before.live->memoryAutoscalers = {"by-memory"};
    auto options = asMade(before);
    options.policy = Policy::lean;
    const auto again = adviseAgain(before, results, options);
    REQUIRE(again.has_value());
    CHECK((again->policy == Policy::lean));
    CHECK_FALSE(again->advised.gogc.has_value());
    CHECK((again->live == before.live));
}

TEST_CASE("a recommendation falls where the live workload was killed at its limit") {
    const auto results = replay("local-recommend");
    const auto before = only(results);
    REQUIRE(before.advised.limit == 48 * MiB);
    LivePod pod;
    pod.settings.limit = 64 * MiB;
    auto options = asMade(before);
    options.live.emplace().pods = {pod};
    const auto stands = adviseAgain(before, results, options);
    REQUIRE(stands.has_value());
    CHECK((stands->advised == before.advised));
    CHECK(stands->current->limit == 64 * MiB);
    CHECK(stands->reasons.back().code == "current-differs");
    options.live->pods.front().oomKilled = true;
    const auto falls = adviseAgain(before, results, options);
    REQUIRE(falls.has_value());
    CHECK(falls->advised.limit.value_or(0) > 64 * MiB);
}
