#include "memfit/kube/pod_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "memfit/kube/container_read.h"
#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_memory.h"
#include "memfit/kube/workload_read.h"

namespace memfit {

namespace {

using kube::Json;

/// The items of a list, or the one object itself.
Result<std::vector<Json>> readItems(std::string_view text, std::string_view kind,
                                    std::string_view where) {
    auto tree = kube::parseObject(text, where);
    if (!tree) return tree.error();
    if (kube::text(*tree, {"kind"}) == kind) return std::vector<Json>{*std::move(tree)};
    const Json* const items = kube::member(*tree, {"items"});
    if (items == nullptr || !(items->is_array() || items->is_null()))
        return inputError(fmt::format("{}: this is not a list", where));
    std::vector<Json> all;
    for (const auto& item : *items) {
        if (!item.is_object()) return kube::misshapen(where);
        all.push_back(item);
    }
    return all;
}

Controller readController(const Json& object) {
    for (const auto& owner : kube::array(object, {"metadata", "ownerReferences"}))
        if (kube::flag(owner, {"controller"}))
            return {kube::text(owner, {"kind"}), kube::text(owner, {"name"}),
                    kube::text(owner, {"uid"})};
    return {};
}

/// Containers and sidecars, which run side by side.
Result<std::vector<Container>> readRunning(const Json& spec, std::string_view where) {
    std::vector<Container> running;
    for (const auto* const list : {"containers", "initContainers"})
        for (const auto& json : kube::array(spec, {list})) {
            const bool sidecar = kube::text(json, {"restartPolicy"}) == "Always";
            if (list == std::string_view("initContainers") && !sidecar) continue;
            auto container = readContainer(json, where);
            if (!container) return container.error();
            container->sidecar = list == std::string_view("initContainers");
            running.push_back(*std::move(container));
        }
    return running;
}

/// The API server sets a missing request to the limit.
bool keepsItsLimit(const Container& container) {
    return container.memoryLimit &&
           (!container.memoryRequest || *container.memoryRequest == *container.memoryLimit);
}

Result<void> readMemory(const Json& spec, ListedPod& pod) {
    auto running = readRunning(spec, pod.label());
    if (!running) return running.error();
    const auto hasLimit = [](const Container& container) {
        return container.memoryLimit.has_value();
    };
    pod.limited = !running->empty() && std::ranges::all_of(*running, hasLimit);
    pod.requestIsLimit = !running->empty() && std::ranges::all_of(*running, keepsItsLimit);
    for (const auto& container : *running)
        pod.memoryLimits = addSizes(pod.memoryLimits, container.memoryLimit.value_or(0));
    pod.memoryRequest = podRequest(spec);
    pod.containers = *std::move(running);
    return {};
}

}  // namespace

Result<ListedPod> readListedPod(const kube::Json& item) {
    ListedPod pod;
    pod.nameSpace = kube::text(item, {"metadata", "namespace"});
    pod.name = kube::text(item, {"metadata", "name"});
    pod.uid = kube::text(item, {"metadata", "uid"});
    pod.node = kube::text(item, {"spec", "nodeName"});
    pod.created = kube::text(item, {"metadata", "creationTimestamp"});
    pod.hash = kube::text(item, {"metadata", "labels", "pod-template-hash"});
    const auto phase = kube::text(item, {"status", "phase"});
    pod.ended = phase == "Succeeded" || phase == "Failed";
    pod.deleted = !kube::text(item, {"metadata", "deletionTimestamp"}).empty();
    pod.controller = readController(item);
    if (auto read = readMemory(kube::object(item, {"spec"}), pod); !read) return read.error();
    return pod;
}

Result<std::vector<ListedPod>> readPodList(std::string_view json) {
    auto items = readItems(json, "Pod", "the list of pods");
    if (!items) return items.error();
    std::vector<ListedPod> pods;
    for (auto& item : *items) {
        auto pod = readListedPod(item);
        if (!pod) return pod.error();
        // The items of a typed list do not say their own kind.
        item["kind"] = "Pod";
        pod->json = kube::dump(item);
        pods.push_back(*std::move(pod));
    }
    return pods;
}

Result<std::set<std::string>> readReplicaSets(std::string_view json,
                                              std::string_view deploymentUid) {
    const auto items = readItems(json, "ReplicaSet", "the list of ReplicaSets");
    if (!items) return items.error();
    std::set<std::string> uids;
    for (const auto& item : *items)
        if (readController(item).uid == deploymentUid)
            uids.insert(kube::text(item, {"metadata", "uid"}));
    return uids;
}

bool belongsTo(const ListedPod& pod, const Workload& workload,
               const std::set<std::string>* replicaSets) {
    if (workload.kind == WorkloadKind::pod) return pod.name == workload.name;
    const auto& controller = pod.controller;
    if (controller.uid.empty()) return false;
    if (workload.kind != WorkloadKind::deployment) return controller.uid == workload.uid;
    if (replicaSets != nullptr) return replicaSets->contains(controller.uid);
    return controller.kind == "ReplicaSet" && !pod.hash.empty() &&
           controller.name == workload.name + "-" + pod.hash;
}

}  // namespace memfit
