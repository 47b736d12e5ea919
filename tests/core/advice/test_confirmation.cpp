#include "memfit/advice/confirmation.h"

#include <doctest/doctest.h>

#include <limits>

#include "support/advice.h"

using namespace memfit;
using memfit::test::advised;

namespace {

using Names = std::vector<std::string>;

Trial ended(Outcome outcome) {
    Trial trial;
    trial.outcome = outcome;
    return trial;
}

/// Runs a confirmation in a world where a trial is killed unless `fits`; the settings tried.
template <class Fits>
std::vector<Settings> confirm(Confirmation& confirmation, Fits fits) {
    std::vector<Settings> tried;
    while (const auto settings = confirmation.next()) {
        tried.push_back(*settings);
        REQUIRE(tried.size() < 100);
        confirmation.observe(ended(fits(*settings) ? Outcome::survived : Outcome::oomKilled));
    }
    return tried;
}

}  // namespace

TEST_CASE("settings that hold are confirmed as they are") {
    Confirmation confirmation(advised(36, true), 3);
    const auto tried = confirm(confirmation, [](const Settings&) { return true; });
    CHECK(tried == std::vector<Settings>(3, gomemlimitSettings(36 * MiB, 36 * MiB)));
    CHECK(confirmation.succeeded());
    CHECK(confirmation.settings() == advised(36, true));
    CHECK(confirmation.tally() == Confirmed{3, 0});
    CHECK(confirmation.reasons().empty());
}

TEST_CASE("headroom is found when GOMEMLIMIT at the limit is killed") {
    Confirmation confirmation(advised(100, true), 2);
    const auto tried = confirm(
        confirmation, [](const Settings& settings) { return *settings.gomemlimit <= 91 * MiB; });
    CHECK(tried == std::vector<Settings>{gomemlimitSettings(100 * MiB, 100 * MiB),
                                         gomemlimitSettings(100 * MiB, 95 * MiB),
                                         gomemlimitSettings(100 * MiB, 90 * MiB),
                                         gomemlimitSettings(100 * MiB, 90 * MiB)});
    auto expected = advised(100, true);
    expected.gomemlimit = {GomemlimitAdvice::Kind::bytes, 90 * MiB};
    CHECK(confirmation.settings() == expected);
    CHECK(confirmation.tally() == Confirmed{2, 0});
    const auto reasons = confirmation.reasons();
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0] == Reason{"headroom-found",
                               "With GOGC=off memory in use stays at GOMEMLIMIT, and a run with a "
                               "higher GOMEMLIMIT was OOM-killed at 100Mi; 90MiB held for 2 loads",
                               {{"limitBytes", 100 * MiB},
                                {"gomemlimitBytes", 90 * MiB},
                                {"loads", std::int64_t{2}},
                                {"killed", std::int64_t{0}},
                                {"from", Names{"confirmation loads 1 to 4"}}}});
    CHECK(confirmation.sources() == Names{"confirmation loads 3 to 4"});
}

TEST_CASE("a kill after clean loads still counts, and the tally starts anew") {
    Confirmation confirmation(advised(100, true), 3);
    confirmation.observe(ended(Outcome::survived));
    confirmation.observe(ended(Outcome::survived));
    CHECK(confirmation.tally() == Confirmed{2, 0});
    confirmation.observe(ended(Outcome::oomKilled));
    CHECK_FALSE(confirmation.done());
    CHECK(confirmation.next() == gomemlimitSettings(100 * MiB, 95 * MiB));
    CHECK(confirmation.tally() == Confirmed{0, 0});
}

TEST_CASE("when every GOMEMLIMIT is killed the limit goes up by a tenth and it starts again") {
    Confirmation confirmation(advised(36, true), 1);
    const auto tried =
        confirm(confirmation, [](const Settings& settings) { return *settings.limit > 36 * MiB; });
    REQUIRE(tried.size() == 6);
    CHECK(tried[4] == gomemlimitSettings(36 * MiB, 25'804 * KiB));
    CHECK(tried[5] == gomemlimitSettings(40 * MiB, 40 * MiB));
    CHECK(confirmation.settings() == advised(40, true));
    const auto reasons = confirmation.reasons();
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0] == Reason{"limit-raised",
                               "36Mi with GOMEMLIMIT=36MiB did not hold under the load, so the "
                               "limit was raised to 40Mi",
                               {{"advisedLimitBytes", 36 * MiB},
                                {"limitBytes", 40 * MiB},
                                {"from", Names{"confirmation loads 1 to 5"}}}});
    CHECK(confirmation.sources() == Names{"confirmation load 6"});
}

TEST_CASE("a plain setting that is killed goes up at most twice, then it is said") {
    Confirmation confirmation(advised(100, false), 3);
    const auto tried = confirm(confirmation, [](const Settings&) { return false; });
    CHECK(tried == std::vector<Settings>{plainSettings(100 * MiB), plainSettings(110 * MiB),
                                         plainSettings(121 * MiB)});
    CHECK(confirmation.done());
    CHECK_FALSE(confirmation.succeeded());
    CHECK(confirmation.tally() == Confirmed{1, 1});
    CHECK(confirmation.settings() == advised(121, false));
    const auto reasons = confirmation.reasons();
    REQUIRE(reasons.size() == 2);
    CHECK(reasons[0].code == "limit-raised");
    CHECK(reasons[1] == Reason{"not-confirmed",
                               "121Mi did not hold under the load, so the advice is not confirmed",
                               {{"loads", std::int64_t{1}},
                                {"killed", std::int64_t{1}},
                                {"from", Names{"confirmation load 3"}}}});
}

TEST_CASE("a survivor below the floor gets more memory, not a lower GOMEMLIMIT") {
    Confirmation confirmation(advised(100, true), 1);
    confirmation.observe(ended(Outcome::belowFloor));
    CHECK(confirmation.next() == gomemlimitSettings(110 * MiB, 110 * MiB));
}

TEST_CASE("an advised literal is tried first and only lowered") {
    auto settings = advised(100, true);
    settings.gomemlimit = {GomemlimitAdvice::Kind::bytes, 85 * MiB};
    Confirmation confirmation(settings, 1);
    CHECK(confirmation.next() == gomemlimitSettings(100 * MiB, 85 * MiB));
    confirmation.observe(ended(Outcome::oomAtStart));
    CHECK(confirmation.next() == gomemlimitSettings(100 * MiB, 80 * MiB));
}

TEST_CASE("three trials in a row that say nothing end it, fewer do not") {
    Confirmation confirmation(advised(36, true), 2);
    confirmation.observe(ended(Outcome::evicted));
    confirmation.observe(ended(Outcome::crashed));
    confirmation.observe(ended(Outcome::survived));
    confirmation.observe(ended(Outcome::evicted));
    confirmation.observe(ended(Outcome::evicted));
    CHECK_FALSE(confirmation.done());
    CHECK(confirmation.tally() == Confirmed{1, 0});
    confirmation.observe(ended(Outcome::loadFailed));
    CHECK(confirmation.done());
    CHECK_FALSE(confirmation.next());
    CHECK(confirmation.reasons() ==
          std::vector<Reason>{{"not-confirmed",
                               "Three trials of 36Mi with GOMEMLIMIT=36MiB in a row said nothing "
                               "about memory (the last was loadFailed), so the advice is not "
                               "confirmed",
                               {{"loads", std::int64_t{1}},
                                {"killed", std::int64_t{0}},
                                {"from", Names{"confirmation loads 1 to 6"}}}}});
}

TEST_CASE("no limit cannot be raised") {
    Confirmation confirmation(AdvisedSettings{}, 2);
    CHECK(confirmation.next() == plainSettings(std::nullopt));
    confirmation.observe(ended(Outcome::oomKilled));
    CHECK(confirmation.done());
    CHECK(confirmation.reasons().at(0).text ==
          "no limit did not hold under the load, so the advice is not confirmed");
}

TEST_CASE("limits at the ends of the range end without overflow") {
    for (const Bytes limit : {Bytes{1}, KiB, std::numeric_limits<Bytes>::max()}) {
        auto settings = advised(1, true);
        settings.limit = limit;
        Confirmation confirmation(settings, 1);
        confirm(confirmation, [](const Settings&) { return false; });
        CHECK_FALSE(confirmation.succeeded());
    }
}

TEST_CASE("fewer than one clean load cannot be wanted") {
    Confirmation confirmation(advised(36, false), 0);
    CHECK_FALSE(confirmation.done());
}
