#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memfit/observe/memory_snapshot.h"
#include "memfit/trial/trial.h"

namespace memfit {

/// How a container's memory is set now.
struct CurrentSettings {
    std::optional<Bytes> limit, request;
    std::optional<std::string> gomemlimit, gogc;  ///< as set, in Go's grammar
    bool gomemlimitUnknown = false;               ///< set where it was not read: `gomemlimit` is no
    bool gogcUnknown = false;                     ///< proof that it is not set

    friend bool operator==(const CurrentSettings&, const CurrentSettings&) = default;
};

/// A pod of the workload that runs now, as it was read without touching it.
struct LivePod {
    std::string name;
    std::string node;
    /// Of the container, after admission; limit and request are those in force, which a resize that
    /// waits has not changed yet
    CurrentSettings settings;
    std::optional<MemorySnapshot> memory;
    std::optional<Usage> usage;
    std::int64_t restarts = 0;  ///< of the container
    bool oomKilled = false;     ///< the container's last end was an OOM kill
    std::string oomKilledAt;    ///< RFC 3339; empty when not said

    /// The memory that it was seen to hold, in bytes: what the kubelet says (working set, or
    /// anonymous memory); else what the program's own page says (its resident memory, or what is in
    /// use for certain by Go: HeapInuse and StackSys). nullopt: not known.
    [[nodiscard]] std::optional<Bytes> inUse() const;

    friend bool operator==(const LivePod&, const LivePod&) = default;
};

}  // namespace memfit
