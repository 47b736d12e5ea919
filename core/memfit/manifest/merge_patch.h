#pragma once

#include <string>

#include "memfit/manifest/memory_settings.h"
#include "memfit/manifest/workload.h"

namespace memfit {

/// What a patch names its object by.
struct WorkloadName {
    std::string apiVersion;  ///< `apps/v1`
    std::string kind;        ///< `Deployment`
    std::string nameSpace;   ///< left out when empty
    std::string name;
    /// What must hold for the patch to be taken: the API server refuses another uid, and, with a
    /// resourceVersion, an object that was changed since. Left out when empty.
    std::string uid = {};
    std::string resourceVersion = {};

    friend bool operator==(const WorkloadName&, const WorkloadName&) = default;
};

/// A strategic merge patch, in YAML, that gives the container `now` of the object its wanted
/// settings: for `kubectl patch --patch-file` and as a patch of a Kustomization.
///
/// It says what is wanted, and removes of what is there now only what contradicts it: a merge keeps
/// a literal `value` beside a new `valueFrom`, the old source beside a new one, and an old divisor,
/// and the API server refuses or misreads the result (kubernetes #46861). What is wanted gone and
/// is not there is not mentioned. Entries of env that occur twice cannot be told apart by a patch.
[[nodiscard]] std::string mergePatchYaml(const WorkloadName& object, const Container& now,
                                         const MemorySettings& wanted);

}  // namespace memfit
