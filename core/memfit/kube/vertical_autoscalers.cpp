#include "memfit/kube/vertical_autoscalers.h"

#include <algorithm>

#include "memfit/kube/kube_list.h"

namespace memfit {

namespace {

using kube::Json;

bool controlsMemory(const Json& policy) {
    if (kube::text(policy, {"mode"}) == "Off") return false;
    const Json* const resources = kube::member(policy, {"controlledResources"});
    if (resources == nullptr || resources->is_null()) return true;
    return std::ranges::any_of(kube::array(policy, {"controlledResources"}),
                               [](const Json& resource) { return resource == "memory"; });
}

VerticalAutoscaler readOne(const Json& item) {
    VerticalAutoscaler one;
    one.name = kube::text(item, {"metadata", "name"});
    one.nameSpace = kube::text(item, {"metadata", "namespace"});
    one.kind = kube::text(item, {"spec", "targetRef", "kind"});
    one.workload = kube::text(item, {"spec", "targetRef", "name"});
    one.changesPods = kube::text(item, {"spec", "updatePolicy", "updateMode"}) != "Off";
    for (const auto& policy : kube::array(item, {"spec", "resourcePolicy", "containerPolicies"})) {
        const auto container = kube::text(policy, {"containerName"});
        if (container == "*")
            one.memoryOfOthers = controlsMemory(policy);
        else
            one.memory[container] = controlsMemory(policy);
    }
    return one;
}

}  // namespace

bool VerticalAutoscaler::setsMemory(const std::string& container) const {
    if (!changesPods) return false;
    const auto found = memory.find(container);
    return found == memory.end() ? memoryOfOthers : found->second;
}

Result<std::vector<VerticalAutoscaler>> readVerticalAutoscalers(std::string_view list) {
    std::vector<VerticalAutoscaler> all;
    const auto read =
        kube::readList(list, "the list of VerticalPodAutoscalers", [&](Json& item) -> Result<void> {
            all.push_back(readOne(item));
            return {};
        });
    if (!read) return read.error();
    return all;
}

}  // namespace memfit
