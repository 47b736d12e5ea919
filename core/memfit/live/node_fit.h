#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/kube/pod_list.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// The memory requests and limits of the pods on one node, of all namespaces.
struct NodeFit {
    std::string node;
    Bytes allocatable = 0;              ///< what pods may take of it
    Bytes requests = 0;                 ///< of all its pods
    Bytes limits = 0;                   ///< of all their containers that have one
    std::int64_t pods = 0;              ///< those that have not ended
    std::int64_t ownPods = 0;           ///< of the workload
    std::int64_t podsWithoutLimit = 0;  ///< with a container that has none; the workload's left out
    std::int64_t unguaranteed = 0;      ///< pods of others whose request is not their limit
    std::vector<std::string> neighbours;  ///< the first of these, `namespace/name`

    [[nodiscard]] bool overcommitted() const { return limits > allocatable; }

    friend bool operator==(const NodeFit&, const NodeFit&) = default;
};

/// How many of a node's unguaranteed pods are named.
inline constexpr std::size_t maxNeighbours = 5;

/// status.allocatable.memory of a Node as the API server prints it. Errors (kind input): not a
/// Node, or no such quantity.
[[nodiscard]] Result<Bytes> readAllocatable(std::string_view nodeJson);

/// Adds up the pods of `pods` on `node`. `own`: uids of the workload's pods.
[[nodiscard]] NodeFit fitOnNode(const std::string& node, Bytes allocatable,
                                const std::vector<ListedPod>& pods,
                                const std::set<std::string>& own);

}  // namespace memfit
