#include "memfit/advice/choice.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/advice.h"

using namespace memfit;
using memfit::test::gomemlimit;
using memfit::test::plain;

namespace {

Candidates candidatesOf(const std::vector<BenchCell>& cells,
                        const std::vector<const SqueezeResult*>& squeezes = {}) {
    auto found = findCandidates(cells, squeezes, std::nullopt);
    if (!found) FAIL(found.error().message());
    return *found;
}

/// The choice in a form that reads: `36 gomemlimit`, `none plain`, `nothing`.
std::string chosen(const std::vector<BenchCell>& cells, Policy policy, double tolerance = 0.05,
                   std::optional<Bytes> atLeast = std::nullopt) {
    const auto candidates = candidatesOf(cells);
    const auto choice = choose(candidates, policy, tolerance, atLeast);
    if (!choice) return "nothing";
    const auto& settings = candidates.cells[choice->chosen].settings;
    const auto limit = settings.limit ? std::to_string(*settings.limit / MiB) : "none";
    return limit + " " + std::string(toString(settings.mode));
}

std::vector<BenchCell> published() {
    return {plain({}, {29.645}),       plain(18, {28.4103}),      gomemlimit(18, {29.238}),
            plain(23, {29.8051}),      gomemlimit(23, {33.3615}), plain(36, {28.2883}),
            gomemlimit(36, {35.3512}), plain(72, {29.298}),       gomemlimit(72, {35.8689})};
}

}  // namespace

TEST_CASE("a speed is positive and finite, or it is none") {
    const auto loadOf = [](std::optional<double> rate, std::optional<double> seconds) {
        LoadReport load;
        load.requestsPerSecond = rate;
        load.totalSeconds = seconds;
        return load;
    };
    constexpr double infinite = std::numeric_limits<double>::infinity();
    constexpr auto rates = SpeedUnit::requestsPerSecond;
    constexpr auto loads = SpeedUnit::loadsPerSecond;
    CHECK(speedOf(loadOf(30, 2), rates) == 30);
    CHECK(speedOf(loadOf(30, 2), loads) == 0.5);
    CHECK(speedOf(loadOf(30, 2), SpeedUnit::unknown) == std::nullopt);
    for (const double odd : {0.0, -1.0, infinite, -infinite, std::nan("")}) {
        CHECK(speedOf(loadOf(odd, {}), rates) == std::nullopt);
        CHECK(speedOf(loadOf({}, odd), loads) == std::nullopt);
    }
    CHECK(speedOf(loadOf({}, std::numeric_limits<double>::denorm_min()), loads) == std::nullopt);
}

TEST_CASE("each policy chooses from the published experiment as the article's reader would") {
    CHECK(chosen(published(), Policy::balanced) == "36 gomemlimit");
    CHECK(chosen(published(), Policy::lean) == "18 gomemlimit");
    CHECK(chosen(published(), Policy::fast) == "72 gomemlimit");
    CHECK(chosen(published(), Policy::noLimit) == "none plain");
}

TEST_CASE("the tolerance moves the balanced choice, and its border belongs to it") {
    CHECK(chosen(published(), Policy::balanced, 0.01) == "72 gomemlimit");
    CHECK(chosen(published(), Policy::balanced, 0.1) == "23 gomemlimit");
    CHECK(chosen({plain(10, {95}), plain(20, {100})}, Policy::balanced) == "10 plain");
    CHECK(chosen({plain(10, {94.99}), plain(20, {100})}, Policy::balanced) == "20 plain");
    CHECK(chosen({plain(10, {100}), plain(20, {100})}, Policy::balanced, 0) == "10 plain");
}

TEST_CASE("no limit counts as the largest limit") {
    CHECK(chosen({plain({}, {100}), plain(64, {100})}, Policy::balanced) == "64 plain");
    CHECK(chosen({plain({}, {100}), plain(64, {80})}, Policy::balanced) == "none plain");
    CHECK(chosen({plain({}, {100}), plain(64, {80})}, Policy::lean) == "none plain");
}

TEST_CASE("at one limit gomemlimit wins a balanced choice only by more than the tolerance") {
    CHECK(chosen({plain(20, {100}), gomemlimit(20, {104})}, Policy::balanced) == "20 plain");
    CHECK(chosen({plain(20, {100}), gomemlimit(20, {106})}, Policy::balanced) == "20 gomemlimit");
    CHECK(chosen({plain(20, {100}), gomemlimit(20, {95})}, Policy::balanced) == "20 plain");
    CHECK(chosen({plain(20, {100}), gomemlimit(20, {105})}, Policy::balanced) == "20 plain");
    INFO("plain at 20 is out of the tolerance of the best, so that 20 fits only with gomemlimit");
    CHECK(chosen({plain(20, {94}), gomemlimit(20, {96}), plain(40, {100})}, Policy::balanced) ==
          "20 gomemlimit");
}

TEST_CASE("at one limit gomemlimit wins a lean choice if it is not worse") {
    CHECK(chosen({plain({}, {100}), plain(20, {100}), gomemlimit(20, {100})}, Policy::lean) ==
          "20 gomemlimit");
    CHECK(chosen({plain({}, {100}), plain(20, {100}), gomemlimit(20, {99})}, Policy::lean) ==
          "20 plain");
    INFO("with enough runs a difference that is none does not count as worse");
    CHECK(chosen({plain({}, {100, 101, 99, 100, 102}), plain(20, {100, 101, 99, 100, 102}),
                  gomemlimit(20, {99, 102, 100, 99.5, 100})},
                 Policy::lean) == "20 gomemlimit");
    CHECK(chosen({plain({}, {100, 101, 99, 100, 102}), plain(20, {100, 101, 99, 100, 102}),
                  gomemlimit(20, {96, 96.2, 95.9, 96, 96.1})},
                 Policy::lean) == "20 plain");
}

TEST_CASE("lean holds against the unlimited plain run, however fast others are") {
    CHECK(chosen({plain({}, {100}), plain(20, {96}), gomemlimit(40, {150})}, Policy::lean) ==
          "20 plain");
    INFO("without one, against the best");
    CHECK(chosen({plain(20, {96}), gomemlimit(40, {150})}, Policy::lean) == "40 gomemlimit");
}

TEST_CASE("lean finds the unlimited run in a squeeze when the bench had none") {
    auto squeeze = test::squeezeOf(18 * MiB);
    Trial unlimited;
    unlimited.outcome = Outcome::survived;
    unlimited.load = LoadReport{};
    unlimited.load->requestsPerSecond = 100;
    squeeze.trials = {unlimited};
    const auto candidates = candidatesOf({plain(20, {96}), gomemlimit(40, {150})}, {&squeeze});
    const auto choice = choose(candidates, Policy::lean, 0.05);
    REQUIRE(choice);
    CHECK(candidates.cells[choice->chosen].settings.limit == 20 * MiB);
}

TEST_CASE("fast takes the smallest limit that is not significantly worse, given enough runs") {
    const std::vector<double> noisy = {95, 104, 99, 102, 98};
    const std::vector<double> best = {100, 97, 103, 101, 99};
    const std::vector<double> slow = {80, 81, 79, 80.5, 80.2};
    CHECK(chosen({plain(10, slow), plain(20, noisy), plain(40, best)}, Policy::fast) == "20 plain");
    INFO("the same medians from too few runs: the plain numbers decide");
    CHECK(chosen({plain(10, {80}), plain(20, {99}), plain(40, {100})}, Policy::fast) == "40 plain");
}

TEST_CASE("no smaller limit than asked for is chosen") {
    CHECK(chosen(published(), Policy::lean, 0.05, 20 * MiB) == "23 gomemlimit");
    CHECK(chosen(published(), Policy::lean, 0.05, 36 * MiB) == "36 gomemlimit");
    CHECK(chosen(published(), Policy::lean, 0.05, 100 * MiB) == "none plain");
    CHECK(chosen({plain(20, {100})}, Policy::balanced, 0.05, 21 * MiB) == "nothing");
}

TEST_CASE("a cell with a killed, crashed or starved run is out, and says why") {
    auto killed = plain(20, {100, 100});
    killed.runs.push_back(test::run(9000, Outcome::oomKilled));
    auto starved = plain(30, {});
    starved.runs.push_back(test::run(9, Outcome::belowFloor));
    const auto candidates = candidatesOf({killed, starved, plain(40, {100})});
    REQUIRE(candidates.cells.size() == 1);
    REQUIRE(candidates.out.size() == 2);
    CHECK(candidates.out[0].why == "1 of 3 runs did not fit (oomKilled)");
    CHECK(candidates.out[0].speed == 100.0);
    CHECK(candidates.out[1].why == "1 of 1 runs did not fit (belowFloor)");
}

TEST_CASE("a run that did not take place says nothing, unless none did") {
    auto evictedOnce = plain(20, {100});
    evictedOnce.runs.push_back({Outcome::evicted, {}, {}, {}, {}, {}});
    auto never = plain(10, {});
    never.runs.push_back({Outcome::unschedulable, {}, {}, {}, {}, {}});
    const auto candidates = candidatesOf({evictedOnce, never});
    REQUIRE(candidates.cells.size() == 1);
    CHECK(candidates.cells[0].runs == 1);
    CHECK(candidates.out.at(0).why == "none of its runs took place");
}

TEST_CASE("a squeeze trial of the very same settings that was killed rules a cell out") {
    auto squeeze = test::squeezeOf({});
    Trial killed;
    killed.settings = plainSettings(20 * MiB);
    killed.outcome = Outcome::oomKilled;
    squeeze.trials = {killed};
    const auto candidates = candidatesOf({plain(20, {100}), gomemlimit(20, {100})}, {&squeeze});
    REQUIRE(candidates.cells.size() == 1);
    CHECK((candidates.cells[0].settings.mode == Mode::gomemlimit));
}

TEST_CASE("a floor is held against the unlimited run, for every run") {
    const auto found = findCandidates({plain({}, {100, 102}), plain(20, {95, 80})}, {},
                                      std::optional<std::string>("rps>=0.9x"));
    REQUIRE(found.has_value());
    CHECK(found->cells.size() == 1);
    CHECK(found->out.size() == 1);
    CHECK(findCandidates({}, {}, std::optional<std::string>("nonsense")).has_error());
}

TEST_CASE("without a rate the time of the load decides, without either the limit alone") {
    auto slow = plain(20, {0});
    slow.runs[0].load = LoadReport{};
    slow.runs[0].load->totalSeconds = 10;
    auto quick = plain(40, {100});
    quick.runs[0].load->totalSeconds = 5;
    CHECK((candidatesOf({slow, quick}).unit == SpeedUnit::loadsPerSecond));
    CHECK(chosen({slow, quick}, Policy::balanced) == "40 plain");
    slow.runs[0].load->totalSeconds.reset();
    CHECK((candidatesOf({slow, quick}).unit == SpeedUnit::unknown));
    CHECK(chosen({quick, slow}, Policy::balanced) == "20 plain");
}

TEST_CASE("cells of two benches with equal settings are one, and their blocks stay apart") {
    const auto results = test::benchOf({plain(20, {1, 2})});
    const auto more = test::benchOf({plain(20, {3}), plain(40, {4})});
    const auto merged = mergeCells({&results.benches[0], &more.benches[0]});
    REQUIRE(merged.size() == 2);
    REQUIRE(merged[0].runs.size() == 3);
    CHECK(merged[0].runs[0].block == 0);
    CHECK(merged[0].runs[1].block == 1);
    CHECK(merged[0].runs[2].block == 2);
    CHECK(merged[1].runs[0].block == 2);
}

TEST_CASE("nothing to choose from gives no choice") {
    for (const auto policy : {Policy::balanced, Policy::lean, Policy::fast, Policy::noLimit})
        CHECK(chosen({}, policy) == "nothing");
}
