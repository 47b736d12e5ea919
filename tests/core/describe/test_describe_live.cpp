#include <doctest/doctest.h>

#include "memfit/describe/describe_live.h"

using namespace memfit;

TEST_CASE("live pods are a row each, and their node a line") {
    LiveFacts facts;
    facts.pods.resize(2);
    auto& first = facts.pods[0];
    first.name = "api-1";
    first.node = "n1";
    first.settings.limit = 40 * MiB;
    first.settings.request = 20 * MiB;
    first.settings.gomemlimitUnknown = true;
    first.memory = MemorySnapshot{};
    first.memory->sys = 18 * MiB;
    first.usage = Usage{};
    first.usage->demand = 7 * MiB;
    first.restarts = 2;
    first.oomKilled = true;
    first.oomKilledAt = "2026-11-23T10:00:00Z";
    facts.pods[1].name = "api-2";
    facts.pods[1].node = "n1";
    facts.morePods = 1;
    facts.nodes = {NodeFit{"n1", 100 * MiB, 90 * MiB, 80 * MiB, 9, 2, 1, 1, {"x/p"}}};
    Report report;
    addLive(report, facts);
    CHECK(renderText(report, {}) ==
          R"(Live pods
  pod    node  limit  request  GOMEMLIMIT  Go Sys  in use  restarts  last OOM kill
  api-1  n1     40Mi     20Mi     unknown  18 MiB   7 MiB         2  2026-11-23T10:00:00Z
  api-2  n1     none     none                                     0
1 more pod of the workload was not looked at.
Node n1: 100 MiB are allocatable; its 9 pods request 90 MiB, and their limits add up to 80 MiB; 1
pod of other workloads has no limit.
)");
    const auto& bars = std::get<Bars>(report.back());
    CHECK(bars.whole == "the 100 MiB that its pods can take (allocatable)");
    REQUIRE(bars.bars.size() == 2);
    CHECK(bars.bars[0].value == "90 MiB");
    CHECK(bars.bars[0].share == doctest::Approx(0.9));
    CHECK(bars.bars[1].value == "80 MiB");
}

TEST_CASE("where nothing lives nothing is shown") {
    Report report;
    addLive(report, {});
    CHECK(report.empty());
}
