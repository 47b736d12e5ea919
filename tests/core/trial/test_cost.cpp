#include "memfit/trial/cost.h"

#include <doctest/doctest.h>

using namespace memfit;

namespace {

MemorySnapshot page(std::int64_t collections, Bytes allocated, double cpu, double gcCpu) {
    MemorySnapshot snapshot;
    snapshot.numGc = collections;
    snapshot.totalAlloc = allocated;
    snapshot.cpuSeconds = cpu;
    snapshot.gcCpuSeconds = gcCpu;
    return snapshot;
}

}  // namespace

TEST_CASE("a load cost what the counters have grown by") {
    CHECK(costBetween({CpuTime{0.5, "cgroup"}, page(3, 1000, 0.25, 0.125)},
                      {CpuTime{2.5, "cgroup"}, page(24, 5000, 2.25, 0.375)}) ==
          Cost{2.0, "cgroup", 0.25, 21, 4000});
}

TEST_CASE(
    "a load in which nothing was collected has a cost of no collections, not an unknown one") {
    CHECK(costBetween({std::nullopt, page(3, 1000, 0.25, 0.125)},
                      {std::nullopt, page(3, 1000, 0.25, 0.125)}) == Cost{0.0, "page", 0.0, 0, 0});
}

TEST_CASE("CPU time is the page's where the testbed does not know it at both ends") {
    const auto before = page(0, 0, 0.25, 0);
    const auto after = page(0, 0, 2.25, 0);
    const Cost expected{2.0, "page", 0.0, 0, 0};
    CHECK(costBetween({std::nullopt, before}, {std::nullopt, after}) == expected);
    CHECK(costBetween({CpuTime{1, "cgroup"}, before}, {std::nullopt, after}) == expected);
    CHECK(costBetween({CpuTime{1, "cgroup"}, before}, {CpuTime{2, "process"}, after}) == expected);
    CHECK(costBetween({CpuTime{3, "process"}, before}, {CpuTime{2, "process"}, after}) == expected);
}

TEST_CASE("a counter of the page that goes down leaves nothing of the page known") {
    const auto before = page(3, 1000, 0.25, 0.125);
    for (const auto& after : {page(2, 5000, 2.25, 0.375), page(24, 999, 2.25, 0.375),
                              page(24, 5000, 0.125, 0.375), page(24, 5000, 2.25, 0.0)}) {
        CHECK(costBetween({CpuTime{0.5, "cgroup"}, before}, {CpuTime{2.5, "cgroup"}, after}) ==
              Cost{2.0, "cgroup", {}, {}, {}});
        CHECK(costBetween({std::nullopt, before}, {std::nullopt, after}) == std::nullopt);
    }
}

TEST_CASE("a page without the fields, or none at all, leaves its figures unknown") {
    MemorySnapshot trimmed;
    trimmed.sys = 4096;
    const CostReading none;
    CHECK(costBetween({std::nullopt, trimmed}, {std::nullopt, trimmed}) == std::nullopt);
    CHECK(costBetween(none, none) == std::nullopt);
    CHECK(costBetween({std::nullopt, page(1, 2, 3, 4)}, none) == std::nullopt);
    auto counts = trimmed;
    counts.numGc = 7;
    CHECK(costBetween({CpuTime{0.5, "cgroup"}, counts}, {CpuTime{0.75, "cgroup"}, counts}) ==
          Cost{0.25, "cgroup", {}, 0, {}});
}
