#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "memfit/advice/confirmation.h"
#include "support/advice.h"

using namespace memfit;
using memfit::test::advised;
using memfit::test::benchOf;
using memfit::test::gomemlimit;
using memfit::test::plain;
using memfit::test::reasonText;
using memfit::test::sources;

namespace {

using Names = std::vector<std::string>;

const std::vector<double> around100 = {99, 100, 101, 100.5, 99.5};
const std::vector<double> around120 = {119, 120, 121, 120.5, 119.5};

Recommendation recommendOk(const Results& results, const AdviceOptions& options = {}) {
    auto recommendation = recommend(results, options);
    if (!recommendation) FAIL(recommendation.error().message());
    return *recommendation;
}

/// Advice of high confidence: 36Mi with GOMEMLIMIT, which is what is set now.
Recommendation withGomemlimit() {
    AdviceOptions options;
    options.current = CurrentSettings{36 * MiB, 36 * MiB, "36MiB", "off"};
    const auto recommendation = recommendOk(
        benchOf({plain({}, around100), plain(36, around100), gomemlimit(36, around120)}), options);
    REQUIRE(recommendation.advised == advised(36, true));
    REQUIRE((recommendation.confidence == Confidence::high));
    REQUIRE(reasonText(recommendation, "current-fits") == "What is set now fits the advice");
    return recommendation;
}

/// Runs the confirmation with these outcomes and writes it into the recommendation.
void confirmWith(Recommendation& recommendation, const std::vector<Outcome>& outcomes) {
    Confirmation confirmation(recommendation.advised, 3);
    for (const auto outcome : outcomes) {
        Trial trial;
        trial.outcome = outcome;
        confirmation.observe(trial);
    }
    applyConfirmation(recommendation, confirmation);
}

const std::string headroomText =
    "With GOGC=off memory in use stays at GOMEMLIMIT, so the plain edge says nothing about the "
    "headroom; ";

}  // namespace

TEST_CASE("settings that held keep their confidence, and the headroom counts the new loads") {
    auto recommendation = withGomemlimit();
    const auto chance = recommendation.probability;
    REQUIRE(chance);
    confirmWith(recommendation, {Outcome::survived, Outcome::survived, Outcome::survived});
    CHECK(recommendation.advised == advised(36, true));
    CHECK(recommendation.probability == chance);
    CHECK((recommendation.confidence == Confidence::high));
    CHECK(recommendation.confirmed == Confirmed{3, 0});
    CHECK(recommendation.next.empty());
    CHECK(reasonText(recommendation, "current-fits") == "What is set now fits the advice");
    CHECK(reasonText(recommendation, "headroom") ==
          headroomText + "of 3 loads with exactly these settings none was killed");
    CHECK(sources(recommendation, "headroom") == Names{"confirmation loads 1 to 3"});
}

TEST_CASE("a lower GOMEMLIMIT leaves medium confidence and no word about the one before") {
    auto recommendation = withGomemlimit();
    confirmWith(recommendation,
                {Outcome::oomKilled, Outcome::survived, Outcome::survived, Outcome::survived});
    const auto literal = *recommendation.advised.gomemlimit.bytes;
    CHECK(literal == 35'020 * KiB);
    CHECK((recommendation.confidence == Confidence::medium));
    CHECK(recommendation.confirmed == Confirmed{3, 0});
    CHECK_FALSE(recommendation.probability);
    CHECK(test::findReason(recommendation, "chance") == nullptr);
    CHECK(test::findReason(recommendation, "current-fits") == nullptr);
    CHECK(recommendation.reasons.back() ==
          Reason{"current-differs",
                 "What is set now does not fit: GOMEMLIMIT is 36MiB, 35020KiB is advised",
                 {}});
    CHECK(reasonText(recommendation, "headroom") ==
          headroomText + "of 3 loads with exactly these settings none was killed");
    CHECK(sources(recommendation, "headroom") == Names{"confirmation loads 2 to 4"});
    CHECK(reasonText(recommendation, "usage-near-limit") ==
          "With GOGC=off memory in use will stay near GOMEMLIMIT, 95 % of the limit, even under a "
          "small load: alerts on usage against the limit will fire and must be changed");
    CHECK(recommendation.next ==
          "kubectl memfit bench deploy/api --limits none,36Mi --gomemlimit 35020Ki --runs 5 --load "
          "'hey {url}/'");
}

TEST_CASE("a raised plain limit is what the reasons speak of from then on") {
    AdviceOptions options;
    options.current = CurrentSettings{20 * MiB, 20 * MiB, {}, {}};
    options.liveUsage = 15 * MiB;
    options.floor = "rps>=10";
    auto results = benchOf({plain({}, around100), plain(20, around100)});
    auto squeeze = test::squeezeOf(18 * MiB);
    squeeze.edge = {16 * MiB, 15 * MiB, 17 * MiB, 0.95};
    test::add(results, squeeze);
    auto recommendation = recommendOk(results, options);
    REQUIRE(reasonText(recommendation, "headroom") == "20Mi leaves 4 MiB above the edge");
    recommendation.live.emplace();
    recommendation.live->nodes = {NodeFit{"n1", 100 * MiB, 90 * MiB, 99 * MiB, 9, 1, 0, 0, {}}};
    confirmWith(recommendation,
                {Outcome::oomKilled, Outcome::survived, Outcome::survived, Outcome::survived});
    CHECK(recommendation.advised == advised(22, false));
    CHECK((recommendation.confidence == Confidence::medium));
    CHECK(reasonText(recommendation, "headroom") == "22Mi leaves 6 MiB above the edge");
    CHECK(reasonText(recommendation, "live-usage") ==
          "Live instances were seen to use at most 15 MiB, which 22Mi holds");
    const auto* request = test::findReason(recommendation, "request-equals-limit");
    REQUIRE(request != nullptr);
    CHECK(request->evidence == std::vector<Evidence>{{"limitBytes", 22 * MiB}});
    CHECK(test::findReason(recommendation, "limit-raised") != nullptr);
    CHECK(
        reasonText(recommendation, "node-overcommitted") ==
        "On node n1, the memory limits of all pods add up to 101 MiB with a limit of 22Mi (now 99 "
        "MiB), more than the 100 MiB that it can give, so a limit is no guarantee there");
    CHECK(reasonText(recommendation, "current-differs") ==
          "What is set now does not fit: memory limit is 20Mi, below the advised 22Mi; memory "
          "request is 20Mi, below the advised 22Mi");
    CHECK(recommendation.next ==
          "kubectl memfit bench deploy/api --limits none,22Mi --runs 5 --load 'hey {url}/' "
          "--floor 'rps>=10'");
}

TEST_CASE("a confirmation that was stopped says so, and its loads of other settings do not count") {
    auto recommendation = withGomemlimit();
    confirmWith(recommendation, {Outcome::survived, Outcome::oomKilled});
    CHECK((recommendation.confidence == Confidence::low));
    CHECK_FALSE(recommendation.confirmed);
    const auto* reason = test::findReason(recommendation, "not-confirmed");
    REQUIRE(reason != nullptr);
    CHECK(*reason == Reason{"not-confirmed",
                            "The confirmation ended early, after 0 of 3 clean loads of 36Mi with "
                            "GOMEMLIMIT=35020KiB, so the advice is not confirmed",
                            {{"loads", std::int64_t{0}}, {"killed", std::int64_t{0}}}});
    CHECK(
        reasonText(recommendation, "headroom") ==
        headroomText +
            "these exact settings were not run yet; recommend --load finds out whether they hold");
    CHECK(sources(recommendation, "headroom").empty());
    CHECK(recommendation.next == "kubectl memfit recommend deploy/api --load 'hey {url}/'");
}

TEST_CASE("a confirmation that was stopped before its first load leaves what the bench has seen") {
    auto recommendation = withGomemlimit();
    confirmWith(recommendation, {});
    CHECK((recommendation.confidence == Confidence::low));
    CHECK(recommendation.confirmed == Confirmed{5, 0});
    CHECK(reasonText(recommendation, "not-confirmed") ==
          "The confirmation ended early, after 0 of 3 clean loads of 36Mi with GOMEMLIMIT=36MiB, "
          "so the advice is not confirmed");
    CHECK(reasonText(recommendation, "headroom") ==
          headroomText + "of 5 loads with exactly these settings none was killed");
    CHECK(sources(recommendation, "headroom") == Names{"bench cell /gomemlimit"});
}

TEST_CASE("a limit that was confirmed is no longer said to be untried") {
    AdviceOptions options;
    options.liveUsage = 50 * MiB;
    auto recommendation = recommendOk(benchOf({plain(20, around100)}), options);
    REQUIRE(test::findReason(recommendation, "limit-not-tried") != nullptr);
    const auto next = recommendation.next;
    confirmWith(recommendation,
                {Outcome::oomKilled, Outcome::survived, Outcome::survived, Outcome::survived});
    CHECK(recommendation.advised == advised(55, false));
    CHECK(test::findReason(recommendation, "limit-not-tried") == nullptr);
    CHECK((recommendation.confidence == Confidence::low));
    CHECK(recommendation.next == next);
}

TEST_CASE("settings that never held are advised with low confidence and the experiment anew") {
    auto recommendation = recommendOk(benchOf({plain({}, around100), plain(20, around100)}));
    confirmWith(recommendation, std::vector<Outcome>(3, Outcome::oomKilled));
    CHECK((recommendation.confidence == Confidence::low));
    CHECK(recommendation.confirmed == Confirmed{1, 1});
    CHECK(reasonText(recommendation, "not-confirmed") ==
          "25Mi did not hold under the load, so the advice is not confirmed");
    CHECK(recommendation.next == "kubectl memfit recommend deploy/api --load 'hey {url}/'");
}
