#include "memfit/change/edit_pod_level.h"

#include <string>
#include <utility>

#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_memory.h"

namespace memfit::yaml {

namespace {

using kube::Json;

/// The memory settings of a pod's spec or of a container.
Json resourcesOf(const Tree& tree, NodeId holder) {
    Json resources = Json::object();
    const NodeId node = tree.find(holder, "resources");
    for (const std::string_view list : {"limits", "requests"}) {
        const NodeId amounts = tree.find(node, list);
        if (amounts == noNode) continue;
        if (const auto memory = tree.scalar(amounts, "memory"))
            resources[std::string(list)]["memory"] = std::string(*memory);
    }
    return resources;
}

Json containersOf(const Tree& tree, NodeId podSpec, std::string_view list) {
    Json containers = Json::array();
    const NodeId node = tree.find(podSpec, list);
    if (node == noNode || tree[node].kind != Value::Kind::sequence) return containers;
    for (const NodeId item : tree[node].children) {
        Json container{{"resources", resourcesOf(tree, item)}};
        for (const std::string_view key : {"name", "restartPolicy"})
            if (const auto text = tree.scalar(item, key))
                container[std::string(key)] = std::string(*text);
        containers.push_back(std::move(container));
    }
    return containers;
}

}  // namespace

std::optional<PodRefusal> refusedWithinPod(const Tree& tree, const FoundWorkload& workload,
                                           std::string_view container,
                                           const MemorySettings& wanted) {
    const NodeId podSpec = podSpecOf(tree, workload);
    Json spec{{"resources", resourcesOf(tree, podSpec)}};
    for (const std::string_view list : {"containers", "initContainers"})
        spec[std::string(list)] = containersOf(tree, podSpec, list);
    return memfit::refusedWithinPod(podLevelMemory(spec, container), wanted);
}

}  // namespace memfit::yaml
