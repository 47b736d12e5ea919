#include "memfit/observe/memory_snapshot.h"

#include <algorithm>

namespace memfit {

namespace {

template <class T>
std::optional<T> larger(const std::optional<T>& a, const std::optional<T>& b) {
    // An absent optional orders before every value.
    return std::max(a, b);
}

template <class T>
std::optional<T> newer(const std::optional<T>& earlier, const std::optional<T>& later) {
    return later ? later : earlier;
}

}  // namespace

std::string_view toString(StatsSource source) {
    switch (source) {
        case StatsSource::expvar:
            return "expvar";
        case StatsSource::prometheus:
            return "prometheus";
        case StatsSource::pprof:
            return "pprof";
    }
    return "unknown";
}

std::optional<Bytes> MemorySnapshot::goMapped() const {
    // A page that claims to have released more than it ever obtained is not to be believed.
    if (!sys || !heapReleased) return mapped;
    if (*sys < *heapReleased) return std::nullopt;
    return *sys - *heapReleased;
}

MemorySnapshot fieldwiseMax(const MemorySnapshot& earlier, const MemorySnapshot& later) {
    return {
        .time = newer(earlier.time, later.time),
        .goroutines = larger(earlier.goroutines, later.goroutines),
        .sys = larger(earlier.sys, later.sys),
        .heapAlloc = larger(earlier.heapAlloc, later.heapAlloc),
        .heapSys = larger(earlier.heapSys, later.heapSys),
        .heapReleased = larger(earlier.heapReleased, later.heapReleased),
        .heapInuse = larger(earlier.heapInuse, later.heapInuse),
        .stackSys = larger(earlier.stackSys, later.stackSys),
        .nextGc = larger(earlier.nextGc, later.nextGc),
        .totalAlloc = larger(earlier.totalAlloc, later.totalAlloc),
        .numGc = larger(earlier.numGc, later.numGc),
        .gcCpuFraction = larger(earlier.gcCpuFraction, later.gcCpuFraction),
        .pauseTotalSeconds = larger(earlier.pauseTotalSeconds, later.pauseTotalSeconds),
        .resident = larger(earlier.resident, later.resident),
        .cpuSeconds = larger(earlier.cpuSeconds, later.cpuSeconds),
        .gcCpuSeconds = larger(earlier.gcCpuSeconds, later.gcCpuSeconds),
        .mapped = larger(earlier.mapped, later.mapped),
        .gomemlimit = newer(earlier.gomemlimit, later.gomemlimit),
        .gogc = newer(earlier.gogc, later.gogc),
        .goVersion = newer(earlier.goVersion, later.goVersion),
        .source = newer(earlier.source, later.source),
    };
}

}  // namespace memfit
