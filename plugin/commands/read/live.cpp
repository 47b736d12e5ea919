#include "commands/read/live.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "cluster/autoscalers.h"
#include "commands/read/live_memory.h"
#include "memfit/kube/pod_list.h"
#include "memfit/kube/selectors.h"
#include "memfit/lint/lint.h"
#include "memfit/observe/pod_status.h"
#include "version.h"

namespace memfit::plugin {
namespace {

constexpr std::size_t mostPods = 8;
constexpr std::size_t mostNodes = 4;

Warning notReadable(std::string_view what) {
    return {"not-readable", fmt::format("{} may not be read, so nothing is said of that", what)};
}

/// The workload's pods that have not ended, the newest first.
Result<std::vector<ListedPod>> readPods(ClusterTarget& cluster, LiveFacts& facts) {
    const auto& workload = cluster.workload;
    const auto& ns = cluster.context.ns;
    const bool single = workload.kind == WorkloadKind::pod;
    if (!single && workload.podSelector.empty()) return std::vector<ListedPod>();
    const ListQuery selected{.labels = workload.podSelector};
    const auto list = cluster.api.read(single ? objectPath(Resource::pods, ns, workload.name)
                                              : listPath(Resource::pods, ns, selected),
                                       "reading the workload's pods");
    if (!list) return list.error();
    auto pods = readPodList(*list);
    if (!pods) return pods.error();
    std::optional<std::set<std::string>> replicaSets;
    if (workload.kind == WorkloadKind::deployment) {
        const auto sets = cluster.api.readIfAllowed(listPath(Resource::replicaSets, ns, selected),
                                                    "reading the workload's ReplicaSets");
        if (!sets) return sets.error();
        if (*sets) {
            auto uids = readReplicaSets(**sets, workload.uid);
            if (!uids) return uids.error();
            replicaSets = *std::move(uids);
        }
    }
    std::erase_if(*pods, [&](const ListedPod& pod) {
        return pod.ended || pod.deleted ||
               !belongsTo(pod, workload, replicaSets ? &*replicaSets : nullptr);
    });
    std::ranges::sort(*pods, std::ranges::greater(),
                      [](const ListedPod& pod) { return std::tie(pod.created, pod.name); });
    if (pods->size() > mostPods)
        facts.morePods = static_cast<std::int64_t>(pods->size() - mostPods);
    return pods;
}

/// What is wrong on sight in the container; the object has no lines that anybody knows.
Result<std::vector<Finding>> readFindings(const ClusterTarget& cluster) {
    auto findings = lintManifest(cluster.workloadJson, cluster.workload.label(), {.allGo = true});
    if (!findings) return findings;
    std::erase_if(*findings,
                  [&](const Finding& finding) { return finding.container != cluster.container; });
    for (auto& finding : *findings) finding.at = {};
    return findings;
}

/// Those that scale the workload on memory.
Result<void> readAutoscalers(ClusterTarget& cluster, LiveFacts& facts) {
    const auto list = listAutoscalers(cluster.api, cluster.context.ns, {});
    if (!list) return list.error();
    if (!*list) {
        facts.warnings.push_back(notReadable("HorizontalPodAutoscalers"));
        return {};
    }
    SelectorSources sources;
    sources.autoscalers = **list;
    const auto selectors = readSelectors(sources);
    if (!selectors) return selectors.error();
    const auto kind = toString(cluster.workload.kind);
    for (const auto& target : selectors->scaleTargets)
        if (target.memoryBased && target.kind == kind && target.name == cluster.workload.name)
            facts.memoryAutoscalers.push_back(target.autoscaler);
    return {};
}

Result<void> readVerticalAutoscalersOf(ClusterTarget& cluster, LiveFacts& facts) {
    const auto all = listVerticalAutoscalers(cluster.api, cluster.context.ns);
    if (!all) return all.error();
    if (!*all) facts.warnings.push_back(notReadable("VerticalPodAutoscalers"));
    if (!*all) return {};
    const auto kind = toString(cluster.workload.kind);
    for (const auto& one : **all)
        if (one.kind == kind && one.workload == cluster.workload.name &&
            one.setsMemory(cluster.container))
            facts.verticalAutoscalers.push_back(one.name);
    return {};
}

/// The node and the pods of all namespaces on it; nullopt where one may not be read.
Result<std::optional<NodeFit>> readNode(ClusterTarget& cluster, const std::string& node,
                                        const std::set<std::string>& own) {
    const auto json = cluster.api.readIfAllowed(objectPath(Resource::nodes, std::nullopt, node),
                                                fmt::format("reading node {}", node));
    if (!json) return json.error();
    if (!*json) return std::optional<NodeFit>();
    const auto allocatable = readAllocatable(**json);
    if (!allocatable) return allocatable.error();
    const auto selector = fmt::format(
        "spec.nodeName={},status.phase!=Succeeded,"
        "status.phase!=Failed",
        node);
    const auto list =
        cluster.api.readIfAllowed(listPath(Resource::pods, std::nullopt, {.fields = selector}),
                                  fmt::format("reading the pods of node {}", node));
    if (!list) return list.error();
    if (!*list) return std::optional<NodeFit>();
    const auto pods = readPodList(**list);
    if (!pods) return pods.error();
    return std::optional(fitOnNode(node, *allocatable, *pods, own));
}

Result<void> readNodes(ClusterTarget& cluster, const std::vector<ListedPod>& pods,
                       LiveFacts& facts) {
    std::set<std::string> own;
    std::vector<std::string> nodes;
    for (const auto& pod : pods) {
        own.insert(pod.uid);
        if (!pod.node.empty() && std::ranges::find(nodes, pod.node) == nodes.end())
            nodes.push_back(pod.node);
    }
    if (nodes.size() > mostNodes) {
        facts.warnings.push_back(
            {"more-nodes", fmt::format("the pods are on {} nodes, of which {} were looked at",
                                       nodes.size(), mostNodes)});
        nodes.resize(mostNodes);
    }
    for (const auto& node : nodes) {
        auto fit = readNode(cluster, node, own);
        if (!fit) return fit.error();
        if (!*fit) {
            facts.warnings.push_back(
                notReadable(fmt::format("node {} and all the pods on it", node)));
            break;
        }
        facts.nodes.push_back(**std::move(fit));
    }
    return {};
}

}  // namespace

Result<LiveFacts> readLive(const Context& context, ClusterTarget& cluster) {
    LiveFacts facts;
    auto pods = readPods(cluster, facts);
    if (!pods) return pods.error();
    std::vector<Warning> declared;
    std::vector<Warning> wiring;
    facts.declared = settingsOf(cluster.workload.running(), cluster.container, declared);
    LiveMemory memory(context.loop, cluster, context.options);
    for (const auto& pod : *pods) {
        if (facts.pods.size() == mostPods) break;
        LivePod live;
        live.name = pod.name;
        live.node = pod.node;
        live.settings = settingsOf(pod.containers, cluster.container, wiring);
        if (const auto status = readPodStatus(pod.json, cluster.container)) {
            readHistory(*status, live, wiring);
        }
        if (!pod.node.empty()) {
            auto snapshot = memory.statistics(pod);
            if (!snapshot) return snapshot.error();
            live.memory = *std::move(snapshot);
            auto usage = memory.usage(pod);
            if (!usage) return usage.error();
            live.usage = *std::move(usage);
        }
        facts.pods.push_back(std::move(live));
    }
    // What admission made of the pods counts; the template's wiring only where there are none.
    facts.warnings = facts.pods.empty() ? std::move(declared) : std::move(wiring);
    auto findings = readFindings(cluster);
    if (!findings) return findings.error();
    const auto known = std::ranges::find(*findings, "gomemlimit-no-room", &Finding::code);
    if (auto seen = noRoomForOthers(facts, cluster.workload.label(), cluster.container);
        seen && known == findings->end())
        findings->push_back(*std::move(seen));
    setFindings(*std::move(findings), facts);
    for (auto& warning : memory.warnings()) facts.warnings.push_back(std::move(warning));
    if (auto read = readAutoscalers(cluster, facts); !read) return read.error();
    if (auto read = readVerticalAutoscalersOf(cluster, facts); !read) return read.error();
    if (auto read = readNodes(cluster, *pods, facts); !read) return read.error();
    return facts;
}

Header liveHeader(const ClusterTarget& cluster, const LiveFacts& facts, Timestamp startedAt) {
    Header header;
    const auto& workload = cluster.workload;
    header.target.type = boost::algorithm::to_lower_copy(std::string(toString(workload.kind)));
    header.target.ns = cluster.context.ns;
    header.target.name = workload.name;
    header.target.container = cluster.container;
    header.target.sidecar = cluster.sidecar;
    if (!workload.uid.empty()) header.target.uid = workload.uid;
    header.target.generation = workload.generation;
    header.target.context = cluster.context.name;
    header.environment.memfitVersion = version;
    for (const auto& pod : facts.pods) {
        if (pod.memory && pod.memory->goVersion)
            header.environment.goVersion = pod.memory->goVersion;
    }
    if (facts.nodes.size() == 1) header.environment.node = facts.nodes.front().node;
    header.startedAt = startedAt;
    header.finishedAt = timestampNow();
    return header;
}

}  // namespace memfit::plugin
