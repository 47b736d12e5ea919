#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/kubectl.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// Deletes pods at once, without their grace, and looks until they are gone: kubectl may answer
/// that nothing was deleted and succeed, and a finalizer may hold a pod. Signals do not cut it
/// short.
///
/// `which`: `pod NAME`, or `pods --selector=...`, as words. nullopt: all gone, or none was there;
/// else why not, with what is left.
[[nodiscard]] std::optional<std::string> removePods(EventLoop& loop, const Kubectl& kubectl,
                                                    const std::string& ns,
                                                    const std::vector<std::string>& which);

}  // namespace memfit::plugin
