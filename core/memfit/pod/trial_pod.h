#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memfit/error.h"
#include "memfit/kube/selectors.h"
#include "memfit/kube/workload.h"
#include "memfit/units/bytes.h"
#include "memfit/units/notice.h"

namespace memfit {

inline constexpr std::string_view managedByLabel = "app.kubernetes.io/managed-by";
inline constexpr std::string_view managedByValue = "kubectl-memfit";
inline constexpr std::string_view runIdLabel = "memfit.dev/run-id";
/// Annotation of a trial pod: the container whose memory is on trial.
inline constexpr std::string_view containerAnnotation = "memfit.dev/container";
/// Annotation of a trial pod: `deployment/api`.
inline constexpr std::string_view workloadAnnotation = "memfit.dev/workload";
/// A readiness gate that is never satisfied, so no Service treats the pod as ready. The condition
/// ContainersReady tells whether the program is ready.
inline constexpr std::string_view neverServesGate = "memfit.dev/never-serves";

/// The wanted properties of the trial pod.
struct TrialPodPlan {
    std::string podName;
    std::string runId;
    std::string container;
    std::optional<Bytes> limit;    ///< memory limit and request; nullopt: the unlimited run
    std::optional<Bytes> ceiling;  ///< safety limit of the unlimited run
    /// Request of the unlimited run. Default: the workload's own request, else its limit, at most
    /// the ceiling; 0 where it has neither, since the API server would otherwise reserve the
    /// ceiling.
    std::optional<Bytes> request;
    Bytes leastRequest = 0;  ///< of the unlimited run: the namespace admits no smaller one
    std::optional<std::string> gomemlimit;  ///< literal to set; nullopt: the workload's own stays
    std::optional<std::string> gogc;        ///< literal to set; nullopt: the workload's own stays
    std::vector<std::pair<std::string, std::string>> env;  ///< set on the container
    std::vector<std::string> unsetEnv;  ///< removed; set empty where envFrom could bring it back
    bool skipInit = false;              ///< without init containers; sidecars among them stay
    bool keepLabels = false;  ///< keep the labels as far as no controller would adopt the pod
    bool force = false;       ///< allow hostNetwork, hostPID, hostIPC, writable hostPath
    std::int64_t activeDeadlineSeconds = 3600;
    std::optional<std::string> node;                 ///< pin to this node, by node affinity
    std::map<std::string, std::string> annotations;  ///< more annotations for the pod
};

struct TrialPod {
    std::string json;                     ///< the pod, for `kubectl create -f -`
    std::vector<std::string> disclosure;  ///< what the copy will do, a line each; no values
    std::vector<Notice> notices;
    std::vector<std::string> claims;         ///< PersistentVolumeClaims that it mounts, by name
    std::vector<std::string> droppedLabels;  ///< keys that the copy does not carry
};

/// A second instance of the workload as a bare pod that takes neither traffic nor protection
/// (disruption budgets) from the real ones, cannot be adopted, and ends by itself. Everything that
/// the program needs to run as it does (secrets, service account, tolerations, sidecars, security
/// context) stays.
///
/// Errors (kind usage): no such container; an env override without a name.
/// Errors (kind failed): the copy would be selected by a controller or a PodDisruptionBudget
/// whatever labels it drops; the NetworkPolicies that select it would change; it would reach into
/// the node (hostNetwork, hostPID, hostIPC, writable hostPath) without `force`.
[[nodiscard]] Result<TrialPod> makeTrialPod(const Workload& workload, const TrialPodPlan& plan,
                                            const NamespaceSelectors& selectors);

}  // namespace memfit
