#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/observe/memory_snapshot.h"

/// One reader for each kind of statistics page that parseMemstats tells apart. Expvar's and pprof's
/// do not mind a page without figures: the snapshot is then empty. `time` and `source` are left to
/// the caller.
namespace memfit::memstats {

/// A JSON object with `memstats` and perhaps `goroutines`. Error when it is not a JSON object from
/// beginning to end. Nesting of any depth is read without recursion.
[[nodiscard]] Result<MemorySnapshot> readExpvar(std::string_view page);

/// Why a Prometheus page gives no figure.
enum class PageFault : std::uint8_t { none, noFigure, notGo, sidecarOnly, severalProcesses };

struct PrometheusPage {
    MemorySnapshot snapshot;
    PageFault fault = PageFault::none;
    std::string why;  ///< one clause that starts with `the page`; empty without a fault
};

/// Prometheus text. A line that is not a sample is passed over, and so is a last line without its
/// line feed: it may have been cut in the middle of a number. Of several names for one figure the
/// first that makes sense counts.
[[nodiscard]] PrometheusPage readPrometheus(std::string_view text);

/// The trailer of a pprof heap profile with debug=1; its last line as above.
[[nodiscard]] MemorySnapshot readPprof(std::string_view page);

/// The line at which the trailer of a pprof heap profile starts.
inline constexpr std::string_view pprofTrailer = "# runtime.MemStats\n";

}  // namespace memfit::memstats
