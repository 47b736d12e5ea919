#pragma once

// Internal to memfit/pod: what a copy of a workload will do, for people to agree to.

#include <string>
#include <vector>

#include "memfit/kube/kube_json.h"
#include "memfit/pod/trial_pod.h"

namespace memfit {

/// A line each: images, init containers, environment by name, Secrets, ConfigMaps, volumes, service
/// account. Never a value. `spec`: the trial pod's; `workload`: what it was made from.
[[nodiscard]] std::vector<std::string> disclose(const kube::Json& spec, const Workload& workload,
                                                const TrialPodPlan& plan);

}  // namespace memfit
