#pragma once

#include <string>

#include "memfit/kube/workload.h"
#include "memfit/settings/memory_settings.h"

namespace memfit {

/// What a patch names its object by.
struct WorkloadName {
    std::string apiVersion;  ///< `apps/v1`
    std::string kind;        ///< `Deployment`
    std::string nameSpace;   ///< left out when empty
    std::string name;

    friend bool operator==(const WorkloadName&, const WorkloadName&) = default;
};

/// Conditions under which the API server accepts a patch; left out when empty.
struct PatchGuard {
    std::string uid;              ///< of the object: another one of the same name is refused
    std::string resourceVersion;  ///< an object that was changed since is refused
};

/// A strategic merge patch, in YAML, that gives the container `now` of the object its wanted
/// settings: for `kubectl patch --patch-file` and as a patch of a Kustomization.
///
/// It says what is wanted, and removes of what is there now only what contradicts it: a merge keeps
/// a literal `value` beside a new `valueFrom`, the old source beside a new one, and an old divisor,
/// and the API server refuses or misreads the result (kubernetes #46861). What is wanted gone and
/// is not there is not mentioned. Entries of env that occur twice cannot be told apart by a patch.
[[nodiscard]] std::string mergePatchYaml(const WorkloadName& object, const Container& now,
                                         const MemorySettings& wanted,
                                         const PatchGuard& guard = {});

/// The same for a container of which only the name is known, and whether it is a sidecar: whatever
/// could contradict is removed. Removing what is not there does no harm; leaving it would be
/// refused, or misread.
[[nodiscard]] std::string mergePatchYaml(const WorkloadName& object, const std::string& container,
                                         const MemorySettings& wanted, bool sidecar = false);

}  // namespace memfit
