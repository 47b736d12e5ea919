#include "memfit/kube/pod_level.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_memory.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

using kube::Json;

std::optional<Bytes> memoryOf(const Json& holder, std::string_view list) {
    const Json* const value = kube::member(holder, {"resources", list, "memory"});
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto quantity =
        parseQuantity(value->is_string() ? value->get<std::string>() : kube::dump(*value));
    if (!quantity) return std::nullopt;
    return quantity->bytes;
}

/// The API server sets a missing request to the limit.
Bytes requestOf(const Json& container) {
    auto request = memoryOf(container, "requests");
    if (!request) request = memoryOf(container, "limits");
    return request.value_or(0);
}

/// As podRequest() counts, without the container itself. Where it is a sidecar, the init containers
/// behind it run beside it; those that end before a container starts do not.
Bytes requestsBeside(const Json& spec, std::string_view container) {
    Bytes sidecars = 0;
    Bytes behind = 0;
    bool seen = false;
    for (const auto& init : kube::array(spec, {"initContainers"})) {
        const bool its = kube::text(init, {"name"}) == container;
        seen = seen || its;
        if (its) continue;
        const Bytes sum = addSizes(sidecars, requestOf(init));
        if (kube::text(init, {"restartPolicy"}) == "Always")
            sidecars = sum;
        else if (seen)
            behind = std::max(behind, sum);
    }
    Bytes sum = sidecars;
    for (const auto& other : kube::array(spec, {"containers"}))
        if (kube::text(other, {"name"}) != container) sum = addSizes(sum, requestOf(other));
    return std::max(sum, behind);
}

/// The amount once the wish is met.
std::optional<Bytes> after(const MemoryWish& wish, const std::optional<Bytes>& now) {
    switch (wish.kind) {
        case MemoryWish::Kind::set:
            return wish.bytes;
        case MemoryWish::Kind::remove:
            return std::nullopt;
        case MemoryWish::Kind::leave:
            break;
    }
    return now;
}

std::string field(std::string_view list) {
    return fmt::format("spec.resources.{}.memory of its template", list);
}

}  // namespace

std::optional<Bytes> PodLevelMemory::room() const {
    const auto& most = request ? request : limit;
    if (!most) return std::nullopt;
    return std::max<Bytes>(0, *most - beside);
}

PodLevelMemory podLevelMemory(const Json& spec, std::string_view container) {
    PodLevelMemory pod;
    pod.limit = memoryOf(spec, "limits");
    pod.request = memoryOf(spec, "requests");
    pod.beside = requestsBeside(spec, container);
    const Json* own = kube::named(kube::array(spec, {"containers"}), container);
    if (own == nullptr) {
        own = kube::named(kube::array(spec, {"initContainers"}), container);
        pod.sidecar = own != nullptr;
    }
    if (own == nullptr) return pod;
    pod.containerLimit = memoryOf(*own, "limits");
    pod.containerRequest = memoryOf(*own, "requests");
    return pod;
}

PodLevelMemory podLevelMemory(const Workload& workload, std::string_view container) {
    const auto podTemplate = kube::parseObject(workload.podTemplate, workload.label());
    if (!podTemplate) return {};
    return podLevelMemory(kube::object(*podTemplate, {"spec"}), container);
}

std::optional<PodRefusal> refusedWithinPod(const PodLevelMemory& pod,
                                           const MemorySettings& wanted) {
    using Kind = MemoryWish::Kind;
    if (wanted.limit.kind == Kind::leave && wanted.request.kind == Kind::leave) return std::nullopt;
    const auto limit = after(wanted.limit, pod.containerLimit);
    auto request = after(wanted.request, pod.containerRequest);
    if (!request) request = limit;
    // For sidecars it compares only the requests.
    if (limit && pod.limit && !pod.sidecar && *limit > *pod.limit)
        return PodRefusal{
            "limit-above-pod",
            fmt::format("the memory limit, {}, is above the pod's, {}, which Kubernetes refuses",
                        formatQuantity(*limit), formatQuantity(*pod.limit)),
            fmt::format("raise the pod's limit first: {}", field("limits"))};
    const auto room = pod.room();
    if (!request || !room || *request <= *room) return std::nullopt;
    const auto all = formatQuantity(addSizes(pod.beside, *request));
    if (pod.request)
        return PodRefusal{
            "requests-above-pod",
            fmt::format("the containers request {} of memory, more than the pod, {}, which "
                        "Kubernetes refuses",
                        all, formatQuantity(*pod.request)),
            fmt::format("raise the pod's request first: {}", field("requests"))};
    // The pod's request is then what the containers request together.
    return PodRefusal{
        "requests-above-pod",
        fmt::format("the containers request {} of memory, more than the pod's limit, {}, which "
                    "Kubernetes refuses",
                    all, formatQuantity(*pod.limit)),
        fmt::format("raise the pod's limit first: {}", field("limits"))};
}

}  // namespace memfit
