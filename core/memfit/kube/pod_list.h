#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/kube/workload.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// The controller that made an object: its ownerReference with `controller: true`.
struct Controller {
    std::string kind;
    std::string name;
    std::string uid;

    friend bool operator==(const Controller&, const Controller&) = default;
};

/// A pod of a list, with what its spec says of memory.
struct ListedPod {
    std::string nameSpace;
    std::string name;
    std::string uid;
    std::string node;                   ///< empty until it is scheduled
    std::string created;                ///< RFC 3339
    bool ended = false;                 ///< phase Succeeded or Failed: it uses nothing any more
    bool deleted = false;               ///< deletionTimestamp is set
    std::string hash;                   ///< the label pod-template-hash; empty without one
    Controller controller;              ///< empty where none made it
    std::vector<Container> containers;  ///< then its sidecars; other init containers left out
    Bytes memoryRequest = 0;            ///< what it reserves on its node
    Bytes memoryLimits = 0;             ///< of its containers and sidecars, those that have one
    bool limited = false;               ///< every container and sidecar has a memory limit
    bool requestIsLimit = false;        ///< limited, and every request is the limit
    std::string json;                   ///< the pod itself, fit for readPodStatus()

    /// `namespace/name`.
    [[nodiscard]] std::string label() const { return nameSpace + "/" + name; }

    friend bool operator==(const ListedPod&, const ListedPod&) = default;
};

/// Reads a list of pods as the API server (PodList) or `kubectl get pods -o json` (List) prints it,
/// or one Pod. Errors (kind input): not JSON, not a list, a malformed quantity.
[[nodiscard]] Result<std::vector<ListedPod>> readPodList(std::string_view json);

/// The uids of those ReplicaSets of a list that the Deployment with `deploymentUid` made. Errors
/// (kind input): not JSON, or not a list.
[[nodiscard]] Result<std::set<std::string>> readReplicaSets(std::string_view json,
                                                            std::string_view deploymentUid);

/// Did the workload make this pod, or is it the pod itself? `replicaSets`: of a Deployment, see
/// readReplicaSets(); nullptr when they may not be read: then the name counts that the Deployment
/// controller gives its ReplicaSets, `NAME-POD_TEMPLATE_HASH`.
[[nodiscard]] bool belongsTo(const ListedPod& pod, const Workload& workload,
                             const std::set<std::string>* replicaSets);

}  // namespace memfit
