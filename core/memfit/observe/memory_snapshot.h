#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/units/bytes.h"

namespace memfit {

/// A moment in UTC. Core never asks the clock; it carries moments that it was given.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Which kind of page a snapshot was read from.
enum class StatsSource : std::uint8_t { expvar, prometheus, pprof };

[[nodiscard]] std::string_view toString(StatsSource source);

/// What a Go program says of its own memory at one moment (runtime.MemStats).
/// A field that the page does not carry is absent, which is not the same as zero.
/// All sizes in bytes.
struct MemorySnapshot {
    std::optional<Timestamp> time;
    std::optional<std::int64_t> goroutines;
    std::optional<Bytes> sys;           ///< obtained from the system; virtual, an upper bound
    std::optional<Bytes> heapAlloc;     ///< live and not yet swept heap objects
    std::optional<Bytes> heapSys;       ///< address space of the heap
    std::optional<Bytes> heapReleased;  ///< given back to the system; not in resident memory
    std::optional<Bytes> heapInuse;
    std::optional<Bytes> stackSys;
    std::optional<Bytes> nextGc;
    std::optional<Bytes> totalAlloc;
    std::optional<std::int64_t> numGc;
    std::optional<double> gcCpuFraction;  ///< share of CPU used by the GC since start, 0..1
    std::optional<double> pauseTotalSeconds;
    std::optional<Bytes> resident;  ///< RSS that the page itself reports (Prometheus only)
    /// CPU time of the process since its start (Prometheus only), in steps of 10 ms
    std::optional<double> cpuSeconds;
    /// CPU time of the collector since the start, as of the last collection; Go's own estimate,
    /// which includes marking on processors that had nothing else to do (Prometheus only)
    std::optional<double> gcCpuSeconds;
    /// Sys - HeapReleased where a page gives only the difference (OpenTelemetry, CockroachDB);
    /// see goMapped()
    std::optional<Bytes> mapped;
    /// GOMEMLIMIT and GOGC in force, whoever set them, in Go's grammar: a number of bytes, a
    /// percentage, or `off` (Prometheus only)
    std::optional<std::string> gomemlimit, gogc;
    std::optional<std::string> goVersion;
    std::optional<StatsSource> source;

    /// Sys - HeapReleased: what GOMEMLIMIT bounds. Absent unless both are known, or `mapped` is.
    [[nodiscard]] std::optional<Bytes> goMapped() const;

    friend bool operator==(const MemorySnapshot&, const MemorySnapshot&) = default;
};

/// Field by field the larger of the two; a field known to one only is taken from it.
/// `time`, `source`, `goVersion`, `gomemlimit` and `gogc` are taken from `later` where it has them.
[[nodiscard]] MemorySnapshot fieldwiseMax(const MemorySnapshot& earlier,
                                          const MemorySnapshot& later);

}  // namespace memfit
