#include "memfit/pod/revisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "memfit/kube/kube_list.h"
#include "memfit/pod/in_place.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

using kube::Json;

constexpr std::string_view revisionAnnotation = "deployment.kubernetes.io/revision";
constexpr std::string_view replicaSetHash = "pod-template-hash";
constexpr std::string_view revisionHash = "controller-revision-hash";
/// The API server writes it wherever it is left out, since apps/v1.
constexpr std::int64_t defaultLimit = 10;

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    for (const char c : text) {
        constexpr std::int64_t most = 1'000'000'000;
        if (c < '0' || c > '9' || value > most) return 0;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::string revisionNote(const Json& object) {
    return kube::text(object, {"metadata", "annotations", revisionAnnotation});
}

bool controls(const Json& workload, const Json& object) {
    const auto uid = kube::text(workload, {"metadata", "uid"});
    const auto& owners = kube::array(object, {"metadata", "ownerReferences"});
    return !uid.empty() && std::ranges::any_of(owners, [&](const Json& owner) {
        return kube::flag(owner, {"controller"}) && kube::text(owner, {"uid"}) == uid;
    });
}

bool observed(const Json& object) {
    const auto generation = kube::integer(object, {"metadata", "generation"});
    const auto seen = kube::integer(object, {"status", "observedGeneration"});
    return generation && seen && *seen >= *generation;
}

/// Without what a controller adds to it, and the API server writes or not.
Json asWritten(Json pod) {
    if (!pod.is_object()) return {};
    pod.erase("$patch");
    const auto metadata = pod.find("metadata");
    if (metadata == pod.end() || !metadata->is_object()) return pod;
    metadata->erase("creationTimestamp");
    const auto labels = metadata->find("labels");
    if (labels != metadata->end() && labels->is_object())
        labels->erase(std::string(replicaSetHash));
    return pod;
}

Json templateAt(const Json& object, kube::Path path) {
    const Json* const found = kube::member(object, path);
    return found == nullptr ? Json() : asWritten(*found);
}

std::string runOf(const Json& podTemplate) {
    return kube::text(podTemplate, {"metadata", "annotations", inPlaceRunAnnotation});
}

Revision readIdentity(const Json& item) {
    Revision one;
    one.name = kube::text(item, {"metadata", "name"});
    one.uid = kube::text(item, {"metadata", "uid"});
    one.resourceVersion = kube::text(item, {"metadata", "resourceVersion"});
    one.deleted = kube::member(item, {"metadata", "deletionTimestamp"}) != nullptr;
    return one;
}

/// Follows the rule by which the controller cleans up (kubernetes,
/// pkg/controller/deployment/sync.go, cleanupDeployment).
Revision readReplicaSet(const Json& workload, const Json& item) {
    auto one = readIdentity(item);
    one.number = number(revisionNote(item));
    const auto podTemplate = templateAt(item, {"spec", "template"});
    one.runId = runOf(podTemplate);
    const auto atRevision = revisionNote(workload);
    one.current = podTemplate == templateAt(workload, {"spec", "template"}) ||
                  (!atRevision.empty() && revisionNote(item) == atRevision);
    one.inUse = kube::integer(item, {"spec", "replicas"}) != 0 ||
                kube::integer(item, {"status", "replicas"}) != 0 || !observed(item);
    return one;
}

/// Follows the rules of their controllers (kubernetes,
/// pkg/controller/statefulset/stateful_set_control.go, truncateHistory;
/// pkg/controller/daemon/update.go, cleanupHistory). `inPods`: the revisions that pods say they are
/// of; nullptr: not known.
Revision readControllerRevision(const Json& workload, const Json& item,
                                const std::set<std::string>* inPods) {
    auto one = readIdentity(item);
    one.number = kube::integer(item, {"revision"}).value_or(0);
    const auto podTemplate = templateAt(item, {"data", "spec", "template"});
    one.runId = runOf(podTemplate);
    one.current = podTemplate == templateAt(workload, {"spec", "template"}) ||
                  kube::text(workload, {"status", "currentRevision"}) == one.name ||
                  kube::text(workload, {"status", "updateRevision"}) == one.name;
    const auto hash = kube::text(item, {"metadata", "labels", revisionHash});
    one.inUse = inPods == nullptr || inPods->contains(one.name) || inPods->contains(hash);
    return one;
}

Result<std::set<std::string>> revisionsInPods(std::string_view pods) {
    std::set<std::string> found;
    const auto read = kube::readList(pods, "the list of pods", [&](Json& item) -> Result<void> {
        if (auto hash = kube::text(item, {"metadata", "labels", revisionHash}); !hash.empty())
            found.insert(std::move(hash));
        return {};
    });
    if (!read) return read.error();
    return found;
}

bool isOld(const Revision& one) {
    return !one.current && !one.deleted;
}

}  // namespace

std::vector<std::string> uidsOf(const RevisionHistory& history) {
    std::vector<std::string> uids;
    for (const auto& one : history.revisions) uids.push_back(one.uid);
    return uids;
}

Result<RevisionHistory> readRevisionHistory(std::string_view workloadJson,
                                            std::string_view revisions,
                                            std::optional<std::string_view> pods) {
    const auto workload = kube::parseObject(workloadJson, "the workload");
    if (!workload) return workload.error();
    const auto kind = kube::text(*workload, {"kind"});
    const bool inReplicaSets = kind == "Deployment";
    if (!inReplicaSets && kind != "StatefulSet" && kind != "DaemonSet")
        return usageError(fmt::format("a {} has no history of revisions", memfit::quoted(kind)));
    std::optional<std::set<std::string>> inPods;
    if (pods) {
        auto read = revisionsInPods(*pods);
        if (!read) return read.error();
        inPods = *std::move(read);
    }
    RevisionHistory history;
    history.limit =
        kube::integer(*workload, {"spec", "revisionHistoryLimit"}).value_or(defaultLimit);
    history.observed = observed(*workload);
    const auto read =
        kube::readList(revisions, "the list of revisions", [&](Json& item) -> Result<void> {
            if (!controls(*workload, item)) return {};
            history.revisions.push_back(
                inReplicaSets
                    ? readReplicaSet(*workload, item)
                    : readControllerRevision(*workload, item, inPods ? &*inPods : nullptr));
            return {};
        });
    if (!read) return read.error();
    // A controller numbers the one that it is at highest.
    const auto last = std::ranges::max_element(history.revisions, {}, &Revision::number);
    if (last != history.revisions.end()) last->current = true;
    return history;
}

std::vector<Revision> trialRevisions(const RevisionHistory& history, std::string_view runId,
                                     std::span<const std::string> before) {
    std::vector<Revision> trials;
    for (const auto& one : history.revisions) {
        const bool wasThere = std::ranges::find(before, one.uid) != before.end();
        if (!one.runId.empty() && one.runId == runId && !wasThere) trials.push_back(one);
    }
    return trials;
}

std::vector<Revision> removableRevisions(const RevisionHistory& history, std::string_view runId,
                                         std::span<const std::string> before) {
    if (!history.observed) return {};
    auto trials = trialRevisions(history, runId, before);
    std::erase_if(trials, [](const Revision& one) { return !isOld(one) || one.inUse; });
    return trials;
}

std::int64_t oldRevisions(const RevisionHistory& history) {
    return std::ranges::count_if(history.revisions, isOld);
}

bool hasRoom(const RevisionHistory& history, int more) {
    return oldRevisions(history) + more <= history.limit;
}

bool sparesHistory(const RevisionHistory& history) {
    return oldRevisions(history) == 0 || hasRoom(history, trialRoom);
}

}  // namespace memfit
