// What admission does to a pod that is made in the cluster in memory.

#include <fmt/format.h>

#include "memfit/units/quantity.h"
#include "support/fake_cluster.h"
#include "support/fake_objects.h"

namespace memfit::test {

/// Sets what admission sets, and says why it refuses a pod.
std::optional<std::string> FakeCluster::refusalOf(Json& pod) const {
    const auto ns = textAt(pod, "/metadata/namespace");
    Bytes limits = 0;
    bool unlimited = false;
    for (auto& container : pod["spec"]["containers"]) {
        auto& resources = container["resources"];
        if (!resources.is_object()) resources = Json::object();
        for (const auto& [key, object] : objects_) {
            if (key.resource != Resource::limitRanges || key.ns != ns) continue;
            for (const auto& range : object.at("spec").at("limits")) {
                const auto standard = textAt(range, "/default/memory");
                if (!standard.empty() && textAt(resources, "/limits/memory").empty())
                    resources["limits"]["memory"] = standard;
                const auto limit = textAt(resources, "/limits/memory");
                const auto least = textAt(range, "/min/memory");
                if (!least.empty() && !limit.empty() && bytesOf(limit) < bytesOf(least)) {
                    return fmt::format("minimum memory usage per Container is {}, but limit is {}",
                                       least, limit);
                }
                const auto most = textAt(range, "/max/memory");
                if (!most.empty() && !limit.empty() && bytesOf(limit) > bytesOf(most)) {
                    return fmt::format("maximum memory usage per Container is {}, but limit is {}",
                                       most, limit);
                }
            }
        }
        const auto limit = textAt(resources, "/limits/memory");
        unlimited = unlimited || limit.empty();
        if (limit.empty()) continue;
        limits += bytesOf(limit);
        if (textAt(resources, "/requests/memory").empty()) resources["requests"]["memory"] = limit;
    }
    for (const auto& [key, object] : objects_) {
        if (key.resource != Resource::resourceQuotas || key.ns != ns) continue;
        const auto hard = textAt(object, "/status/hard/limits.memory");
        const auto used = textAt(object, "/status/used/limits.memory");
        if (unlimited) return fmt::format("failed quota: {}: must specify limits.memory", key.name);
        if (bytesOf(used) + limits > bytesOf(hard)) {
            return fmt::format(
                "exceeded quota: {}, requested: limits.memory={}, used: "
                "limits.memory={}, limited: limits.memory={}",
                key.name, formatQuantity(limits), used, hard);
        }
    }
    return admission ? admission(pod) : std::nullopt;
}

}  // namespace memfit::test
