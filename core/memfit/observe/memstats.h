#pragma once

#include <string_view>

#include "memfit/error.h"
#include "memfit/observe/memory_snapshot.h"

namespace memfit {

/// Reads a Go program's memory statistics page. The kind of page is told from the text:
///  - expvar: JSON with a `memstats` object (package expvar); trimmed pages are fine;
///  - Prometheus text with go_memstats_* (client_golang collectors), any label, timestamp,
///    exponent form;
///  - pprof heap profile with `debug=1`: the `# runtime.MemStats` trailer.
///
/// Errors (kind input): the text is none of the three, or is one of them without a single memory
/// figure in it; the message says which and names the pages that would work.
/// A figure that is negative, fractional where it cannot be, or out of range is treated as absent.
/// pprof's MaxRSS is not read: it survives exec and so may be the parent's.
[[nodiscard]] Result<MemorySnapshot> parseMemstats(std::string_view page);

}  // namespace memfit
