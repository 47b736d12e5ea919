#pragma once

// Internal to memfit/pod: what a trial changes in the containers of a pod.

#include <optional>
#include <vector>

#include "memfit/error.h"
#include "memfit/kube/kube_json.h"
#include "memfit/pod/trial_pod.h"
#include "memfit/units/notice.h"

namespace memfit {

/// The plan's overrides fit together. Errors (kind usage).
[[nodiscard]] std::optional<Error> checkOverrides(const TrialPodPlan& plan);

/// Sets memory, GOMEMLIMIT, GOGC and the overrides on the container on trial.
void applySettings(kube::Json& container, const TrialPodPlan& plan, std::vector<Notice>& notices);

/// Sets `limits.memory` and `requests.memory`; nullopt removes the one in question.
void setMemory(kube::Json& container, std::optional<Bytes> limit, std::optional<Bytes> request);

/// Removes what a trial cannot have in any container: liveness probes, host ports, restart rules.
void makeHarmless(kube::Json& container, std::vector<Notice>& notices);

}  // namespace memfit
