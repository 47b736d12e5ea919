#include "memfit/scan/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "memfit/kube/kube_list.h"
#include "memfit/kube/selectors.h"
#include "memfit/kube/workload_read.h"
#include "memfit/lint/lint.h"
#include "memfit/scan/scan_rows.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

using kube::Json;

/// Nodes of a workload that are judged: what is kept is not to grow with workloads times nodes.
constexpr std::size_t mostNodes = 4;

/// `NAMESPACE/KIND/NAME`; names hold no slash.
std::string keyOf(std::string_view nameSpace, std::string_view kind, std::string_view name) {
    return fmt::format("{}/{}/{}", nameSpace, kind, name);
}

/// The workload that made the pod: of a ReplicaSet its Deployment, by the name that the Deployment
/// controller gives it, `NAME-POD_TEMPLATE_HASH`
/// (k8s.io/kubernetes/pkg/controller/deployment/sync).
std::string makerOf(const ListedPod& pod) {
    const auto& controller = pod.controller;
    if (controller.uid.empty()) return keyOf(pod.nameSpace, "Pod", pod.name);
    const auto suffix = "-" + pod.hash;
    if (controller.kind == "ReplicaSet" && !pod.hash.empty() && controller.name.ends_with(suffix))
        return keyOf(pod.nameSpace, "Deployment",
                     controller.name.substr(0, controller.name.size() - suffix.size()));
    return keyOf(pod.nameSpace, controller.kind, controller.name);
}

bool ofDeployment(const Json& object) {
    return std::ranges::any_of(
        kube::array(object, {"metadata", "ownerReferences"}), [](const Json& owner) {
            return kube::flag(owner, {"controller"}) && kube::text(owner, {"kind"}) == "Deployment";
        });
}

/// The volumes whose files are in memory.
Json memoryVolumes(const Json& podSpec) {
    Json volumes = Json::array();
    for (const auto& volume : kube::array(podSpec, {"volumes"}))
        if (kube::text(volume, {"emptyDir", "medium"}) == "Memory")
            volumes.push_back({{"name", kube::text(volume, {"name"})},
                               {"emptyDir", kube::object(volume, {"emptyDir"})}});
    return volumes;
}

/// Whether lint looks at the entry whatever the others say.
bool isLinted(const Json& entry) {
    const auto name = kube::text(entry, {"name"});
    const bool maybeGo =
        !name.empty() && std::string_view("GgOo").find(name.front()) != std::string_view::npos;
    return maybeGo || kube::member(entry, {"valueFrom", "resourceFieldRef"}) != nullptr;
}

/// The variables that lint judges, and those that stand in their values.
Json lintedVariables(const Json& env) {
    const bool named = std::ranges::any_of(env, [](const Json& entry) {
        return isLinted(entry) && kube::text(entry, {"value"}).find("$(") != std::string::npos;
    });
    if (named) return env;
    Json linted = Json::array();
    for (const auto& entry : env)
        if (isLinted(entry)) linted.push_back(entry);
    return linted;
}

/// The part of a container that lint judges.
Json lintedContainer(const Json& container) {
    Json part{{"name", kube::text(container, {"name"})},
              {"resources", kube::object(container, {"resources"})}};
    if (auto env = lintedVariables(kube::array(container, {"env"})); !env.empty())
        part["env"] = std::move(env);
    if (const auto& from = kube::array(container, {"envFrom"}); !from.empty())
        part["envFrom"] = from;
    for (const auto& mount : kube::array(container, {"volumeMounts"}))
        part["volumeMounts"].push_back(mount);
    return part;
}

/// Only what lint judges, so that the rest need not be written and read once more.
std::string lintedPart(const Json& object, WorkloadKind kind) {
    const bool pod = kind == WorkloadKind::pod;
    const Json& spec =
        pod ? kube::object(object, {"spec"}) : kube::object(object, {"spec", "template", "spec"});
    Json inner{{"containers", Json::array()}};
    for (const auto& container : kube::array(spec, {"containers"}))
        inner["containers"].push_back(lintedContainer(container));
    for (const auto& container : kube::array(spec, {"initContainers"})) {
        if (kube::text(container, {"restartPolicy"}) != "Always") continue;
        auto part = lintedContainer(container);
        part["restartPolicy"] = "Always";
        inner["initContainers"].push_back(std::move(part));
    }
    if (const auto& resources = kube::object(spec, {"resources"}); !resources.empty())
        inner["resources"] = resources;
    if (auto volumes = memoryVolumes(spec); !volumes.empty()) inner["volumes"] = std::move(volumes);
    return kube::dump(
        {{"apiVersion", pod ? "v1" : "apps/v1"},
         {"kind", toString(kind)},
         {"metadata",
          {{"name", kube::text(object, {"metadata", "name"})},
           {"namespace", kube::text(object, {"metadata", "namespace"})}}},
         {"spec", pod ? std::move(inner) : Json{{"template", {{"spec", std::move(inner)}}}}}});
}

}  // namespace

struct WorkloadScan::State {
    /// The rows of one workload stand side by side.
    struct Span {
        std::size_t first = 0;
        std::size_t count = 0;
    };

    std::optional<std::string> container;
    bool lonePods = false;
    std::vector<ScanRow> rows;
    std::vector<Span> workloads;
    std::unordered_map<std::string, std::size_t> byName;  ///< workloads, see keyOf()
    /// Workloads by hash of the uids of their pods: enough for telling whose usage a figure is.
    std::unordered_map<std::size_t, std::size_t> byPod;
    std::map<std::string, ScanNode> nodes;
    std::map<std::string, std::set<std::size_t>> workloadsOn;  ///< by node

    Result<void> addWorkload(const Json& object, WorkloadKind kind);
    Result<void> addPod(const Json& item);
    void addNodes(std::size_t workload, LiveFacts& facts) const;
};

Result<void> WorkloadScan::State::addWorkload(const Json& object, WorkloadKind kind) {
    const auto label = fmt::format("{}/{}", kube::text(object, {"metadata", "namespace"}),
                                   kube::text(object, {"metadata", "name"}));
    const auto workload = readWorkload(object, label);
    if (!workload) return workload.error();
    const auto findings = lintManifest(lintedPart(object, kind), label, {.allGo = true});
    if (!findings) return findings.error();
    const Span span{rows.size(), 0};
    byName.emplace(keyOf(workload->nameSpace, toString(kind), workload->name), workloads.size());
    for (const auto& each : workload->running()) {
        // Sidecars only when asked for by name.
        if (container ? each.name != *container : each.sidecar) continue;
        std::vector<Finding> own;
        for (const auto& finding : *findings) {
            if (finding.container != each.name) continue;
            own.push_back(finding);
            own.back().at = {};
        }
        rows.emplace_back(*workload, each, std::move(own));
    }
    workloads.push_back({span.first, rows.size() - span.first});
    return {};
}

Result<void> WorkloadScan::State::addPod(const Json& item) {
    const auto pod = readListedPod(item);
    if (!pod) return pod.error();
    if (pod->ended) return {};
    if (lonePods && pod->controller.uid.empty()) {
        Json object = item;
        object["apiVersion"] = "v1";
        object["kind"] = "Pod";
        if (auto added = addWorkload(object, WorkloadKind::pod); !added) return added;
    }
    const auto found = byName.find(makerOf(*pod));
    const bool known = found != byName.end();
    if (const auto node = nodes.find(pod->node); node != nodes.end())
        node->second.add(*pod, known ? found->second : ScanNode::noWorkload);
    if (!known || pod->deleted) return {};
    byPod[std::hash<std::string>()(pod->uid)] = found->second;
    if (!pod->node.empty()) workloadsOn[pod->node].insert(found->second);
    const auto& span = workloads[found->second];
    for (std::size_t i = 0; i < span.count; ++i) rows[span.first + i].add(item, *pod);
    return {};
}

/// The nodes of the workload with the highest memory limits for their size (limits / allocatable).
void WorkloadScan::State::addNodes(std::size_t workload, LiveFacts& facts) const {
    const auto lessPromised = [](const NodeFit& a, const NodeFit& b) {
        const auto share = [](const NodeFit& fit) {
            return static_cast<double>(fit.limits) /
                   static_cast<double>(std::max<Bytes>(fit.allocatable, 1));
        };
        return share(a) < share(b);
    };
    std::size_t on = 0;
    for (const auto& [name, there] : workloadsOn) {
        const auto node = nodes.find(name);
        if (node == nodes.end() || !there.contains(workload)) continue;
        ++on;
        facts.nodes.push_back(node->second.fitFor(workload));
        if (on > mostNodes) facts.nodes.erase(std::ranges::min_element(facts.nodes, lessPromised));
    }
    if (on > mostNodes)
        facts.warnings.push_back(
            {"more-nodes", fmt::format("the pods are on {} nodes, and only the {} with the highest "
                                       "memory limits for their size are judged",
                                       on, mostNodes)});
}

WorkloadScan::WorkloadScan(std::optional<std::string> container, bool lonePods)
    : state_(std::make_unique<State>()) {
    state_->container = std::move(container);
    state_->lonePods = lonePods;
}
WorkloadScan::WorkloadScan(WorkloadScan&&) noexcept = default;
WorkloadScan& WorkloadScan::operator=(WorkloadScan&&) noexcept = default;
WorkloadScan::~WorkloadScan() = default;

Result<std::string> WorkloadScan::addWorkloads(std::string_view page, WorkloadKind kind) {
    return kube::readList(page, fmt::format("the list of {}s", toString(kind)),
                          [&](Json& item) -> Result<void> {
                              if (ofDeployment(item)) return {};
                              item["apiVersion"] = "apps/v1";
                              item["kind"] = toString(kind);
                              return state_->addWorkload(item, kind);
                          });
}

Result<std::string> WorkloadScan::addNodes(std::string_view page) {
    return kube::readList(page, "the list of nodes", [&](Json& item) -> Result<void> {
        auto name = kube::text(item, {"metadata", "name"});
        const auto text = kube::text(item, {"status", "allocatable", "memory"});
        if (text.empty()) return {};  // a node that has just joined
        const auto memory = parseQuantity(text);
        if (!memory) return memory.error();
        state_->nodes.try_emplace(name, name, memory->bytes);
        return {};
    });
}

Result<std::string> WorkloadScan::addPods(std::string_view page) {
    return kube::readList(page, "the list of pods",
                          [&](Json& item) { return state_->addPod(item); });
}

Result<std::string> WorkloadScan::addPods(std::istream& list) {
    return kube::readList(list, "the list of pods",
                          [&](Json& item) { return state_->addPod(item); });
}

Result<void> WorkloadScan::addAutoscalers(std::string_view list) {
    SelectorSources sources;
    sources.autoscalers = list;
    const auto selectors = readSelectors(sources);
    if (!selectors) return selectors.error();
    for (const auto& target : selectors->scaleTargets) {
        const auto found = state_->byName.find(keyOf(target.nameSpace, target.kind, target.name));
        if (!target.memoryBased || found == state_->byName.end()) continue;
        const auto& span = state_->workloads[found->second];
        for (std::size_t i = 0; i < span.count; ++i)
            state_->rows[span.first + i].addAutoscaler(target.autoscaler);
    }
    return {};
}

void WorkloadScan::addVerticalAutoscalers(const std::vector<VerticalAutoscaler>& all) {
    for (const auto& one : all) {
        const auto found = state_->byName.find(keyOf(one.nameSpace, one.kind, one.workload));
        if (found == state_->byName.end()) continue;
        const auto& span = state_->workloads[found->second];
        for (std::size_t i = 0; i < span.count; ++i) {
            auto& row = state_->rows[span.first + i];
            if (one.setsMemory(row.container())) row.addVerticalAutoscaler(one.name);
        }
    }
}

std::vector<std::string> WorkloadScan::nodes() const {
    std::vector<std::string> names;
    for (const auto& [name, on] : state_->workloadsOn) names.push_back(name);
    return names;
}

Result<void> WorkloadScan::addUsage(std::string_view summary) {
    return forEachContainer(summary, [&](const ContainerKey& key, const KubeletUsage& usage) {
        const auto found = state_->byPod.find(std::hash<std::string>()(key.uid));
        if (found == state_->byPod.end()) return;
        const auto& span = state_->workloads[found->second];
        for (std::size_t i = 0; i < span.count; ++i) {
            auto& row = state_->rows[span.first + i];
            if (row.container() == key.container) row.addUsage(key, usage);
        }
    });
}

std::vector<StatisticsSource> WorkloadScan::statisticsSources(std::size_t most) const {
    std::vector<StatisticsSource> all;
    for (std::size_t i = 0; i < state_->rows.size(); ++i) {
        for (auto& source : state_->rows[i].sources(most)) {
            source.row = i;
            all.push_back(std::move(source));
        }
    }
    return all;
}

void WorkloadScan::addStatistics(const StatisticsSource& source,
                                 std::optional<MemorySnapshot> snapshot) {
    state_->rows.at(source.row).addStatistics(source.pod, std::move(snapshot));
}

Result<ScanResult> WorkloadScan::finish(const Header& header, const AdviceOptions& options) {
    ScanResult result;
    result.header = header;
    result.workloads = static_cast<std::int64_t>(state_->workloads.size());
    for (std::size_t workload = 0; workload < state_->workloads.size(); ++workload) {
        const auto& span = state_->workloads[workload];
        for (std::size_t i = span.first; i < span.first + span.count; ++i) {
            const auto& row = state_->rows[i];
            if (row.sign() == GoSign::none) {
                ++result.notGo;
                continue;
            }
            auto facts = row.facts();
            state_->addNodes(workload, facts);
            Header own = header;
            own.warnings.clear();
            const auto context = own.target.context;
            own.target = row.target();
            own.target.context = context;
            auto advised = adviseObserved(std::move(facts), own, options);
            if (!advised) return advised.error();
            advised->header.inputs.clear();
            result.items.push_back(*std::move(advised));
        }
    }
    sortByUrgency(result.items);
    return result;
}

}  // namespace memfit
