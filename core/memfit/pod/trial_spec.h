#pragma once

// Internal to memfit/pod: what a trial changes in a pod's spec, apart from its containers.

#include <optional>
#include <string>
#include <vector>

#include "memfit/error.h"
#include "memfit/kube/kube_json.h"
#include "memfit/kube/workload.h"
#include "memfit/units/notice.h"

namespace memfit {

/// Everything that gives the pod access to its node: `hostNetwork`, `volume logs writes to the
/// node's /var/log`.
[[nodiscard]] std::vector<std::string> hostAccess(const kube::Json& spec);

/// Removes the fields that a copy must not have (priority, node, identity, spreading, what the API
/// server filled in) and sets those of every trial (no restarts, readiness gate).
void cleanSpec(kube::Json& spec, std::vector<Notice>& notices);

/// Removes the mount of the service account's token that the API server added to a live pod, so
/// that it can add a fresh one.
void removeInjectedToken(kube::Json& spec);

/// Volumes in place of what a StatefulSet would claim for each pod.
void addEmptyStorage(kube::Json& spec, const std::vector<std::string>& claimTemplates,
                     std::vector<Notice>& notices);

/// Only this node, beside the rules of the spec.
void pinToNode(kube::Json& spec, const std::string& node);

/// Names of the PersistentVolumeClaims that the pod mounts.
[[nodiscard]] std::vector<std::string> claimsOf(const kube::Json& spec);

/// Calls `use` with every list of containers in the spec, init containers first.
template <class Use>
void forEachContainer(kube::Json& spec, Use use) {
    for (const auto* const list : {"initContainers", "containers"})
        if (spec.contains(list) && spec[list].is_array())
            for (auto& container : spec[list])
                if (container.is_object()) use(container);
}
template <class Use>
void forEachContainer(const kube::Json& spec, Use use) {
    for (const auto* const list : {"initContainers", "containers"})
        for (const auto& container : kube::array(spec, {list})) use(container);
}

}  // namespace memfit
