#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// Whose memory is looked for.
struct ContainerKey {
    std::string nameSpace;
    std::string pod;
    std::string uid;  ///< empty: any pod of that name
    std::string container;
};

/// Memory of a container as the kubelet samples it (about every 10 s: it misses spikes), in bytes.
/// Nothing that runs uses 0 bytes: where a kubelet says 0 (before its first sample, or where its
/// runtime does not tell) the figure is not known, and absent. Page cache alone can be 0.
struct KubeletUsage {
    std::optional<Bytes> usage;       ///< page cache included
    std::optional<Bytes> workingSet;  ///< usage less inactive page cache
    std::optional<Bytes> rss;         ///< anonymous memory
    std::optional<Bytes> cache;       ///< page cache, shmem included
    std::optional<Bytes> peak;        ///< the kernel's high-water mark
    bool podLevel = false;            ///< of the whole pod, pause container and sidecars included
    std::string time;                 ///< RFC 3339, when it was sampled; empty when not said
    /// When `peak` was sampled: milliseconds since 1970 by the node's clock; nullopt: not said.
    std::optional<std::int64_t> peakAt;

    friend bool operator==(const KubeletUsage&, const KubeletUsage&) = default;
};

/// From `/api/v1/nodes/NODE/proxy/stats/summary`. nullopt: the pod or the container is not in it,
/// or nothing is known of its memory.
/// Errors (kind input): not JSON, or not a summary.
[[nodiscard]] Result<std::optional<KubeletUsage>> readStatsSummary(std::string_view json,
                                                                   const ContainerKey& key);

/// Every container of such a summary of which something is known. Errors: as readStatsSummary().
[[nodiscard]] Result<void> forEachContainer(
    std::string_view summary,
    const std::function<void(const ContainerKey& key, const KubeletUsage& usage)>& take);

/// From `/api/v1/nodes/NODE/proxy/metrics/cadvisor`, line by line without copies. The container's
/// series where there are any, else the pod's own (podLevel). Of several containers of that name
/// (one that ended, one that runs) the largest value of each field counts. nullopt: neither is
/// there.
[[nodiscard]] std::optional<KubeletUsage> readCadvisor(std::string_view text,
                                                       const ContainerKey& key);

}  // namespace memfit
