#pragma once

#include <optional>
#include <string>

#include "cluster/cluster.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// Deletes pods at once, without their grace, and looks until they are gone: kubectl may answer
/// that nothing was deleted and succeed, and a finalizer may hold a pod. Signals do not cut it
/// short. nullopt: all gone, or none was there; else why not, with what is left.
[[nodiscard]] std::optional<std::string> removePods(EventLoop& loop, Cluster& cluster,
                                                    const PodChoice& which);

}  // namespace memfit::plugin
