#include "memfit/observe/pod_status.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "memfit/kube/kube_json.h"
#include "memfit/observe/pod_status_read.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

using kube::Json;

ContainerState readState(const Json& state) {
    static constexpr std::array kinds{
        std::pair{std::string_view("waiting"), ContainerState::Kind::waiting},
        std::pair{std::string_view("running"), ContainerState::Kind::running},
        std::pair{std::string_view("terminated"), ContainerState::Kind::terminated},
    };
    ContainerState read;
    for (const auto& [name, kind] : kinds) {
        const Json* const json = kube::member(state, {name});
        if (json == nullptr || !json->is_object()) continue;
        read.kind = kind;
        read.reason = kube::text(*json, {"reason"});
        read.message = kube::text(*json, {"message"});
        read.exitCode = kube::integer(*json, {"exitCode"});
        read.startedAt = kube::text(*json, {"startedAt"});
        read.finishedAt = kube::text(*json, {"finishedAt"});
    }
    return read;
}

/// A quantity of the kubelet's; nullopt where there is none, or nothing that can be in force.
std::optional<Bytes> readBytes(const Json& json, kube::Path path) {
    const auto text = kube::text(json, path);
    const auto quantity = text.empty() ? std::nullopt : std::optional(parseQuantity(text));
    if (!quantity || !*quantity || (*quantity)->bytes <= 0) return std::nullopt;
    return (*quantity)->bytes;
}

ContainerStatus readContainerStatus(const Json& json) {
    ContainerStatus status;
    status.name = kube::text(json, {"name"});
    status.containerId = kube::text(json, {"containerID"});
    status.ready = kube::flag(json, {"ready"});
    status.restartCount = kube::integer(json, {"restartCount"}).value_or(0);
    status.memoryLimit = readBytes(json, {"resources", "limits", "memory"});
    status.memoryRequest = readBytes(json, {"resources", "requests", "memory"});
    status.state = readState(kube::object(json, {"state"}));
    status.lastState = readState(kube::object(json, {"lastState"}));
    return status;
}

void readConditions(const Json& pod, PodStatus& status) {
    for (const auto& condition : kube::array(pod, {"status", "conditions"})) {
        const auto type = kube::text(condition, {"type"});
        const bool holds = kube::text(condition, {"status"}) == "True";
        if (type == "ContainersReady") status.containersReady = holds;
        if (type == "DisruptionTarget") status.disrupted = holds;
        if (type == "PodResizePending" && holds)
            status.resizePending = kube::text(condition, {"reason"});
        if (type == "PodScheduled" && !holds &&
            kube::text(condition, {"reason"}) == "Unschedulable")
            status.unschedulable = kube::text(condition, {"message"});
    }
}

void readContainers(const Json& pod, std::string_view container, PodStatus& status) {
    for (const auto& json : kube::array(pod, {"status", "initContainerStatuses"})) {
        auto read = readContainerStatus(json);
        status.sidecar = status.sidecar || read.name == container;
        if (read.name == container)
            status.container = std::move(read);
        else
            status.initContainers.push_back(std::move(read));
    }
    for (const auto& json : kube::array(pod, {"status", "containerStatuses"})) {
        auto read = readContainerStatus(json);
        if (read.name == container)
            status.container = std::move(read);
        else
            status.otherContainers.push_back(std::move(read));
    }
}

}  // namespace

PodStatus readPodStatus(const kube::Json& pod, std::string_view container) {
    PodStatus status;
    status.name = kube::text(pod, {"metadata", "name"});
    status.uid = kube::text(pod, {"metadata", "uid"});
    status.resourceVersion = kube::text(pod, {"metadata", "resourceVersion"});
    status.deleted = !kube::text(pod, {"metadata", "deletionTimestamp"}).empty();
    status.node = kube::text(pod, {"spec", "nodeName"});
    status.phase = kube::text(pod, {"status", "phase"});
    status.reason = kube::text(pod, {"status", "reason"});
    status.message = kube::text(pod, {"status", "message"});
    status.podIp = kube::text(pod, {"status", "podIP"});
    // Until Kubernetes 1.32; a condition since.
    const auto resize = kube::text(pod, {"status", "resize"});
    if (resize == "Deferred" || resize == "Infeasible") status.resizePending = resize;
    readConditions(pod, status);
    readContainers(pod, container, status);
    return status;
}

Result<PodStatus> readPodStatus(std::string_view json, std::string_view container) {
    const auto pod = kube::parseObject(json, "the pod");
    if (!pod) return pod.error();
    if (const auto kind = kube::text(*pod, {"kind"}); kind != "Pod")
        return inputError(fmt::format("the pod: this is a {}, not a Pod", memfit::quoted(kind)));
    return readPodStatus(*pod, container);
}

}  // namespace memfit
