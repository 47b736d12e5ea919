#include "testbed/pod/trial_revisions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <vector>

#include "cluster/object_removal.h"

namespace memfit::plugin {
namespace {

constexpr double lookSeconds = 0.5;

std::vector<std::string> namesOf(const std::vector<Revision>& revisions) {
    std::vector<std::string> names;
    names.reserve(revisions.size());
    for (const auto& one : revisions) names.push_back(one.name);
    return names;
}

std::vector<Revision> madeByTrials(const RevisionHistory& history, const RunRecord& record) {
    if (!record.revisionsBefore) return {};
    return trialRevisions(history, record.runId, *record.revisionsBefore);
}

Error leftError(const RunRecord& record, const std::vector<std::string>& names,
                const std::optional<CallError>& problem) {
    const auto which = names.empty() ? std::string() : fmt::format(": {}", fmt::join(names, ", "));
    return failure(
        fmt::format("revisions of {} in namespace {} that only trials made may be left, to which "
                    "kubectl rollout undo would go{}{}",
                    record.workloadLabel, record.ns, which,
                    problem ? fmt::format(" ({})", problem->what) : std::string()),
        fmt::format("remove them with kubectl memfit cleanup when its rollout is over: kubectl "
                    "rollout status {} --namespace {}",
                    record.workloadLabel, record.ns));
}

/// What one look came to.
struct Look {
    bool done = false;               ///< nothing of the trials is left
    std::vector<std::string> names;  ///< what is
    int removed = 0;
    std::optional<CallError> problem;
};

Look lookAndRemove(Cluster& cluster, const RunRecord& record) {
    Look look;
    const auto history = readHistory(cluster, record, throughSignals);
    if (!history) {
        look.problem = history.error();
        return look;
    }
    if (!*history) {
        look.done = true;
        return look;
    }
    look.names = namesOf(madeByTrials((*history)->history, record));
    look.done = look.names.empty() && (*history)->history.observed;
    const auto removed = removeUnneeded(cluster, record, **history, throughSignals);
    if (removed)
        look.removed = *removed;
    else
        look.problem = removed.error();
    return look;
}

}  // namespace

Resource revisionResource(WorkloadKind kind) {
    return kind == WorkloadKind::deployment ? Resource::replicaSets : Resource::controllerRevisions;
}

Call<std::optional<LiveHistory>> readHistory(Cluster& cluster, const RunRecord& record,
                                             Patience patience) {
    using History = std::optional<LiveHistory>;
    const auto live =
        cluster.read("/" + record.workloadPath, "reading " + record.workloadLabel, patience);
    if (!live && live.error().failure == CallFailure::notFound) return History();
    if (!live) return live.error();
    const auto workload = readWorkload(*live, record.workloadLabel);
    if (!workload) return workload.error();
    // Another object of the same name is not the one we changed.
    if (workload->uid != record.workloadUid) return History();
    const auto resource = revisionResource(workload->kind);
    const ListQuery selected{.labels = workload->podSelector};
    const auto revisions =
        cluster.read(listPath(resource, record.ns, selected),
                     fmt::format("listing {}", kindOf(resource).plural), patience);
    if (!revisions) return revisions.error();
    std::optional<std::string_view> pods;
    Call<std::string> listed = std::string();
    if (workload->kind != WorkloadKind::deployment) {
        listed =
            cluster.read(listPath(Resource::pods, record.ns, selected), "listing pods", patience);
        if (!listed) return listed.error();
        pods = *listed;
    }
    auto history = readRevisionHistory(*live, *revisions, pods);
    if (!history) return history.error();
    return History({*std::move(history), resource});
}

Call<int> removeUnneeded(Cluster& cluster, const RunRecord& record, const LiveHistory& live,
                         Patience patience) {
    if (!record.revisionsBefore) return 0;
    int removed = 0;
    for (const auto& one :
         removableRevisions(live.history, record.runId, *record.revisionsBefore)) {
        const auto path = objectPath(live.resource, record.ns, one.name);
        const auto gone = removeAsRead(cluster, {path, one.uid, one.resourceVersion}, patience);
        if (!gone) return gone.error();
        if (*gone) ++removed;
    }
    return removed;
}

std::optional<std::string> TidiedHistory::line(const RunRecord& record) const {
    if (removed == 0) return std::nullopt;
    return fmt::format("removed from the history of {} what only trials made",
                       record.workloadLabel);
}

TidiedHistory tidyHistory(EventLoop& loop, Cluster& cluster, const RunRecord& record,
                          const std::function<void(const std::string&)>& note,
                          double patienceSeconds) {
    TidiedHistory tidied;
    // Without a patch there is no revision of ours.
    if (record.ours.empty() || !record.revisionsBefore) return tidied;
    const auto begin = loop.now();
    bool waited = false;
    for (bool last = false;;) {
        const auto look = lookAndRemove(cluster, record);
        tidied.removed += look.removed;
        if (look.done) return tidied;
        const bool hopeless = look.problem && look.problem->failure != CallFailure::unreachable;
        if (last || hopeless) {
            tidied.left = leftError(record, look.names, look.problem);
            return tidied;
        }
        last = std::chrono::duration<double>(loop.now() - begin).count() >= patienceSeconds;
        // What was removed may be gone by now.
        if (look.removed > 0 || last) continue;
        if (!waited) {
            note(fmt::format("waiting until the rollout of {} leaves the trials",
                             record.workloadLabel));
        }
        waited = true;
        (void)loop.waitThroughSignals([] { return false; }, lookSeconds);
    }
}

}  // namespace memfit::plugin
