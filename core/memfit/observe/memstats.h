#pragma once

#include <string_view>

#include "memfit/error.h"
#include "memfit/observe/memory_snapshot.h"

namespace memfit {

/// Reads a Go program's memory statistics page. The kind of page is told from the text:
///  - expvar: JSON with a `memstats` object (package expvar); trimmed pages are fine;
///  - Prometheus text, any label, timestamp, exponent form, with the names of client_golang
///    (go_memstats_*, and go_memory_classes_* and go_gc_* of runtime/metrics), OpenTelemetry
///    (go_memory_*, process_runtime_go_*), OpenCensus (go_heap_alloc) or CockroachDB (sys_go_*).
///    Names may have one prefix, where no other Go program's stand beside it and it is not that of
///    a known sidecar (`istio_agent_`);
///  - pprof heap profile with `debug=1`: the `# runtime.MemStats` trailer.
///
/// Errors (kind input): the text is none of the three; it is one of them without a figure of
/// memory; of a program in another language (no metric of Go's); of several processes, told by
/// labels, values or languages that differ. `what` starts with `the page` and says which.
/// A figure that is negative, fractional where it cannot be, or out of range is treated as absent.
/// pprof's MaxRSS is not read: it survives exec and so may be the parent's.
[[nodiscard]] Result<MemorySnapshot> parseMemstats(std::string_view page);

/// Whether a page that parseMemstats() refuses may still be that of a Go program: it shows Go's
/// metrics without a figure of memory, a sidecar's, or those of several processes. False for a text
/// that is not such a page, and for a program in another language.
[[nodiscard]] bool mayBeGo(std::string_view page);

}  // namespace memfit
