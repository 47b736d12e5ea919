#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "memfit/observe/memory_snapshot.h"

namespace {

using namespace memfit;

TEST_CASE("what GOMEMLIMIT bounds is known only where both of its parts are") {
    MemorySnapshot snapshot;
    CHECK(snapshot.goMapped() == std::nullopt);
    snapshot.sys = 23 * MiB;
    CHECK(snapshot.goMapped() == std::nullopt);
    snapshot.heapReleased = 0;
    CHECK(snapshot.goMapped() == 23 * MiB);
    snapshot.heapReleased = 5 * MiB;
    CHECK(snapshot.goMapped() == 18 * MiB);
    snapshot.heapReleased = 24 * MiB;
    CHECK(snapshot.goMapped() == std::nullopt);
}

TEST_CASE("the maximum of two snapshots takes each field by itself") {
    MemorySnapshot earlier;
    earlier.sys = 23 * MiB;
    earlier.heapAlloc = 3 * MiB;
    earlier.goroutines = 13;
    earlier.gcCpuFraction = 0.5;
    MemorySnapshot later;
    later.sys = 14 * MiB;
    later.heapAlloc = 7 * MiB;
    later.gcCpuFraction = 0.25;
    later.numGc = 0;

    const MemorySnapshot most = fieldwiseMax(earlier, later);

    MemorySnapshot expected;
    expected.sys = 23 * MiB;
    expected.heapAlloc = 7 * MiB;
    expected.goroutines = 13;
    expected.gcCpuFraction = 0.5;
    expected.numGc = 0;
    CHECK((most == expected));
}

TEST_CASE("every figure takes part in the maximum, in either order") {
    const MemorySnapshot full{.time = std::nullopt,
                              .goroutines = 1,
                              .sys = 2,
                              .heapAlloc = 3,
                              .heapSys = 4,
                              .heapReleased = 5,
                              .heapInuse = 6,
                              .stackSys = 7,
                              .nextGc = 8,
                              .totalAlloc = 9,
                              .numGc = 10,
                              .gcCpuFraction = 0.5,
                              .pauseTotalSeconds = 1.5,
                              .resident = 11,
                              .cpuSeconds = 2.5,
                              .gcCpuSeconds = 0.75,
                              .mapped = 12,
                              .gomemlimit = "64MiB",
                              .gogc = "off",
                              .goVersion = "go1.19.8",
                              .source = StatsSource::expvar};
    CHECK((fieldwiseMax(full, {}) == full));
    CHECK((fieldwiseMax({}, full) == full));
}

TEST_CASE("time, source and version are those of the later snapshot where it has them") {
    MemorySnapshot earlier;
    earlier.time = Timestamp(std::chrono::milliseconds(2000));
    earlier.source = StatsSource::expvar;
    earlier.goVersion = "go1.21.0";
    MemorySnapshot later;
    later.time = Timestamp(std::chrono::milliseconds(1000));
    later.source = StatsSource::pprof;

    const MemorySnapshot most = fieldwiseMax(earlier, later);

    CHECK((most.time == later.time));
    CHECK((most.source == StatsSource::pprof));
    CHECK(most.goVersion == "go1.21.0");
}

TEST_CASE("sources have the names that result documents use") {
    CHECK(toString(StatsSource::expvar) == "expvar");
    CHECK(toString(StatsSource::prometheus) == "prometheus");
    CHECK(toString(StatsSource::pprof) == "pprof");
}

}  // namespace
