#include "memfit/pod/trial_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "memfit/pod/trial_pod.h"

namespace memfit {

namespace {

using kube::Json;

constexpr std::string_view tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Never copied: what lets a pod push others aside, where it runs and how it is spread, its name in
/// the DNS, and what only the API server or a debugger adds.
constexpr std::array removedFields{
    "priorityClassName", "priority", "preemptionPolicy",    "nodeName",
    "schedulingGates",   "hostname", "subdomain",           "topologySpreadConstraints",
    "setHostnameAsFQDN", "overhead", "ephemeralContainers",
};

/// Whether a container mounts the volume without readOnly.
bool isWritten(const Json& spec, const std::string& volume) {
    bool written = false;
    forEachContainer(spec, [&](const Json& container) {
        for (const auto& mount : kube::array(container, {"volumeMounts"}))
            written = written ||
                      (kube::text(mount, {"name"}) == volume && !kube::flag(mount, {"readOnly"}));
    });
    return written;
}

void dropAntiAffinity(Json& spec) {
    if (!spec.contains("affinity") || !spec["affinity"].is_object()) return;
    spec["affinity"].erase("podAntiAffinity");
    if (spec["affinity"].empty()) spec.erase("affinity");
}

/// Pod-level resources would bound the container on trial a second time.
void dropPodMemory(Json& spec, std::vector<Notice>& notices) {
    if (!spec.contains("resources") || !spec["resources"].is_object()) return;
    Json& resources = spec["resources"];
    bool dropped = false;
    for (const auto* const list : {"limits", "requests"}) {
        if (!resources.contains(list) || !resources[list].is_object()) continue;
        dropped = resources[list].erase("memory") > 0 || dropped;
        if (resources[list].empty()) resources.erase(list);
    }
    if (resources.empty()) spec.erase("resources");
    if (dropped)
        notices.push_back({"pod-memory-dropped",
                           "the memory limit and request of the pod as a whole are left out"});
}

void noteIdentity(const Json& spec, std::vector<Notice>& notices) {
    std::vector<std::string> fields;
    for (const auto* const field : {"hostname", "subdomain"})
        if (spec.contains(field)) fields.emplace_back(field);
    if (!fields.empty())
        notices.push_back({"identity-dropped", fmt::format("the copy has no {} of its own",
                                                           fmt::join(fields, " and "))});
}

}  // namespace

std::vector<std::string> hostAccess(const Json& spec) {
    std::vector<std::string> ways;
    for (const auto* const field : {"hostNetwork", "hostPID", "hostIPC"})
        if (kube::flag(spec, {field})) ways.emplace_back(field);
    for (const auto& volume : kube::array(spec, {"volumes"})) {
        const auto name = kube::text(volume, {"name"});
        if (kube::member(volume, {"hostPath"}) != nullptr && isWritten(spec, name))
            ways.push_back(fmt::format("volume {} writes to the node's {}", name,
                                       kube::text(volume, {"hostPath", "path"})));
    }
    return ways;
}

void cleanSpec(Json& spec, std::vector<Notice>& notices) {
    noteIdentity(spec, notices);
    for (const auto* const field : removedFields) spec.erase(field);
    dropAntiAffinity(spec);
    dropPodMemory(spec, notices);
    spec["restartPolicy"] = "Never";
    spec["readinessGates"] = Json::array({Json{{"conditionType", neverServesGate}}});
    if (spec.contains("containers"))
        for (auto& container : spec["containers"]) {
            // Rules of a single container would undo restartPolicy Never.
            container.erase("restartPolicy");
            container.erase("restartPolicyRules");
        }
}

void removeInjectedToken(Json& spec) {
    std::set<std::string> injected;
    for (const auto& volume : kube::array(spec, {"volumes"}))
        if (const auto name = kube::text(volume, {"name"}); name.starts_with("kube-api-access-"))
            injected.insert(name);
    forEachContainer(spec, [&](Json& container) {
        for (const auto& mount : kube::array(container, {"volumeMounts"}))
            if (kube::text(mount, {"mountPath"}) == tokenPath)
                injected.insert(kube::text(mount, {"name"}));
    });
    const auto isInjected = [&](const Json& named) {
        return injected.contains(kube::text(named, {"name"}));
    };
    forEachContainer(spec, [&](Json& container) {
        if (container.contains("volumeMounts"))
            kube::removeIf(container["volumeMounts"], isInjected);
    });
    if (spec.contains("volumes")) kube::removeIf(spec["volumes"], isInjected);
}

void addEmptyStorage(Json& spec, const std::vector<std::string>& claimTemplates,
                     std::vector<Notice>& notices) {
    if (claimTemplates.empty()) return;
    Json& volumes = spec["volumes"];
    if (!volumes.is_array()) volumes = Json::array();
    kube::removeIf(volumes, [&](const Json& volume) {
        return std::ranges::find(claimTemplates, kube::text(volume, {"name"})) !=
               claimTemplates.end();
    });
    for (const auto& name : claimTemplates)
        volumes.push_back({{"name", name}, {"emptyDir", Json::object()}});
    notices.push_back({"storage-is-empty",
                       fmt::format("the copy starts with empty storage in place of the claims {}: "
                                   "with data it may need more memory",
                                   fmt::join(claimTemplates, ", "))});
}

void pinToNode(Json& spec, const std::string& node) {
    const Json here{{"key", "metadata.name"}, {"operator", "In"}, {"values", {node}}};
    Json& required =
        spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    Json& terms = required["nodeSelectorTerms"];
    if (!terms.is_array() || terms.empty()) terms = Json::array({Json::object()});
    // The terms are alternatives: each of them has to name the node.
    for (auto& term : terms) term["matchFields"].push_back(here);
}

std::vector<std::string> claimsOf(const Json& spec) {
    std::vector<std::string> claims;
    for (const auto& volume : kube::array(spec, {"volumes"}))
        if (auto claim = kube::text(volume, {"persistentVolumeClaim", "claimName"}); !claim.empty())
            claims.push_back(std::move(claim));
    return claims;
}

}  // namespace memfit
