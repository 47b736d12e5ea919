#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/algorithm/string/split.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "commands/land/landing.h"
#include "memfit/advice/wanted_settings.h"
#include "memfit/change/diff.h"
#include "memfit/change/merge_patch.h"
#include "memfit/change/settings_view.h"
#include "memfit/kube/pod_level.h"
#include "memfit/kube/pod_list.h"
#include "memfit/kube/resources.h"
#include "memfit/units/quantity.h"
#include "session/consent.h"
#include "testbed/pod/pod_ceiling.h"

namespace memfit::plugin {
namespace {

constexpr double rolloutSeconds = 600;

Call<std::string> send(ClusterTarget& cluster, const std::string& patch, bool dryRun) {
    return cluster.api.patch(
        {cluster.context.ns, cluster.workload.label(), Patch::Type::strategic, patch, dryRun});
}

/// The workload as it is now; readWorkload() keeps no resourceVersion.
struct Now {
    Workload workload;
    Container container;
    std::string resourceVersion;
};

Result<Now> readNow(const std::string& json, const ClusterTarget& cluster) {
    auto workload = readWorkload(json, cluster.workload.label());
    if (!workload) return workload.error();
    auto container = chooseContainer(*workload, cluster.container);
    if (!container) return container.error();
    const auto tree = nlohmann::json::parse(json, nullptr, false);
    const auto version = tree.value("/metadata/resourceVersion"_json_pointer, std::string());
    return Now{*std::move(workload), *std::move(container), version};
}

Result<Now> readAgain(const ClusterTarget& cluster) {
    const auto json = cluster.api.read(
        objectPath(resourceOf(cluster.workload.kind), cluster.context.ns, cluster.workload.name),
        "kubectl get");
    if (!json) return json.error();
    return readNow(*json, cluster);
}

Result<void> requireSameObject(const Context& context, const ClusterTarget& cluster, const Now& now,
                               const Target& measured) {
    const auto label = cluster.workload.label();
    if (measured.context && cluster.context.name && *measured.context != *cluster.context.name) {
        return failure(fmt::format("{} was measured in context {}, and this is {}", label,
                                   *measured.context, *cluster.context.name),
                       "choose the context with --context");
    }
    if (measured.uid && *measured.uid != now.workload.uid) {
        return failure(fmt::format("{} is another object than the one that was measured", label),
                       "measure it again");
    }
    if (measured.generation && now.workload.generation &&
        *measured.generation != *now.workload.generation) {
        context.progress.note(
            fmt::format("warning: {} changed since it was measured (generation {}, now {})", label,
                        *measured.generation, *now.workload.generation));
    }
    return {};
}

/// The memory of the whole pod is not patched: other containers share it.
Result<void> requireRoomInPod(const ClusterTarget& cluster, const Now& now,
                              const MemorySettings& wanted) {
    const auto pod = podLevelMemory(now.workload, cluster.container);
    const auto refusal = refusedWithinPod(pod, wanted);
    if (!refusal) return {};
    return failure(fmt::format("{} cannot have the advised settings in container {}: {}",
                               now.workload.label(), cluster.container, refusal->text),
                   refusal->next);
}

/// The API server takes a template with any limit; only its pods would be refused.
Result<void> requireAdmitted(ClusterTarget& cluster, const MemorySettings& wanted) {
    if (wanted.limit.kind != MemoryWish::Kind::set) return {};
    const auto range = readMemoryRange(cluster.api, cluster.context.ns);
    if (!range) return range.error();
    const auto admitted = admittedBy(*range);
    if (admitted.holds(wanted.limit.bytes)) return {};
    return failure(fmt::format("{} would have no pods with the advised memory limit, {}: {}",
                               cluster.workload.label(), formatQuantity(wanted.limit.bytes),
                               admitted.why(wanted.limit.bytes)),
                   "change that LimitRange, or set a limit within it");
}

std::string settingsDiff(const Container& before, const Container& after,
                         const std::string& label) {
    return unifiedDiff(settingsYaml(before), settingsYaml(after), label);
}

bool rollsOut(WorkloadKind kind) {
    return kind == WorkloadKind::deployment || kind == WorkloadKind::statefulSet ||
           kind == WorkloadKind::daemonSet;
}

/// Pods of the workload that do not go, and those of them that lack what is wanted.
Result<void> requirePods(ClusterTarget& cluster, const MemorySettings& wanted) {
    const auto json = cluster.api.read(
        listPath(Resource::pods, cluster.context.ns, {.labels = cluster.workload.podSelector}),
        "reading the pods after the rollout");
    if (!json) return json.error();
    const auto pods = readPodList(*json);
    if (!pods) return pods.error();
    int good = 0;
    for (const auto& pod : *pods) {
        if (pod.deleted || pod.ended || !belongsTo(pod, cluster.workload, nullptr)) continue;
        for (const auto& container : pod.containers) {
            if (container.name != cluster.container) continue;
            const auto missing = unmet(container, wanted);
            if (!missing.empty()) {
                return failure(fmt::format("pod {} does not run with the advised settings: {}",
                                           pod.label(), fmt::join(missing, ", ")),
                               "look for an admission webhook or an autoscaler that changes pods");
            }
            ++good;
        }
    }
    if (good == 0) {
        return failure(fmt::format("{} has no pod to check", cluster.workload.label()),
                       "look at its replicas");
    }
    return {};
}

}  // namespace

Result<TriedPatch> tryPatch(const Context& context, ClusterTarget& cluster,
                            const Recommendation& recommendation) {
    const auto now = readAgain(cluster);
    if (!now) return now.error();
    const auto& workload = now->workload;
    if (auto same = requireSameObject(context, cluster, *now, recommendation.header.target);
        !same) {
        return same.error();
    }
    TriedPatch patch;
    patch.wanted = wantedSettings(recommendation.advised);
    if (auto room = requireRoomInPod(cluster, *now, patch.wanted); !room) return room.error();
    if (auto possible = requireAdmitted(cluster, patch.wanted); !possible) return possible.error();
    const WorkloadName name{workload.apiVersion, std::string(toString(workload.kind)),
                            cluster.context.ns, workload.name};
    patch.text = mergePatchYaml(name, now->container, patch.wanted);
    patch.guarded =
        mergePatchYaml(name, now->container, patch.wanted, {workload.uid, now->resourceVersion});
    const auto tried = send(cluster, patch.guarded, true);
    if (!tried && tried.error().failure == CallFailure::forbidden && !context.options.apply) {
        context.progress.note("warning: the patch was not tried on the server: " +
                              tried.error().message());
        return patch;
    }
    if (!tried) return tried.error();
    const auto after = readNow(*tried, cluster);
    if (!after) return after.error();
    if (const auto missing = unmet(after->container, patch.wanted); !missing.empty()) {
        return failure(fmt::format("the cluster makes something else of the patch: {}",
                                   fmt::join(missing, ", ")),
                       "look for an admission webhook that changes the workload");
    }
    patch.diff = settingsDiff(now->container, after->container, workload.label());
    return patch;
}

Result<void> applyPatch(const Context& context, ClusterTarget& cluster, const TriedPatch& patch) {
    const auto label = cluster.workload.label();
    if (patch.diff.empty()) {
        context.progress.note(label + " has the advised settings already");
        return {};
    }
    std::vector<std::string> lines;
    boost::algorithm::split(lines, patch.diff, [](char c) { return c == '\n'; });
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    const auto agreed = askConsent(
        context,
        fmt::format("the live {} in namespace {} will be changed:", label, cluster.context.ns),
        lines, "apply it?");
    if (!agreed) return agreed.error();
    const auto applied = send(cluster, patch.guarded, false);
    if (!applied) return applied.error();
    if (!rollsOut(cluster.workload.kind)) {
        context.progress.note(
            fmt::format("{} is changed; pods that run keep what they have", label));
        return {};
    }
    context.progress.note(fmt::format("{} is changed; waiting for its pods", label));
    const auto rolled = cluster.api.awaitRollout(cluster.context.ns, label, rolloutSeconds);
    if (!rolled) {
        Error error = rolled.error();
        if (error.kind != ErrorKind::interrupted) {
            error.next = fmt::format("look at its pods; to go back: kubectl rollout undo {} -n {}",
                                     label, cluster.context.ns);
        }
        return error;
    }
    if (auto checked = requirePods(cluster, patch.wanted); !checked) return checked;
    context.progress.note(fmt::format("{} runs with the advised settings", label));
    return {};
}

}  // namespace memfit::plugin
