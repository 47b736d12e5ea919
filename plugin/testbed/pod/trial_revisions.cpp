#include "testbed/pod/trial_revisions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <vector>

#include "cluster/cluster_api.h"

namespace memfit::plugin {
namespace {

constexpr double callSeconds = 30;
constexpr double lookSeconds = 0.5;

KubectlCall callThroughSignals(const Kubectl& kubectl) {
    return [&kubectl](const std::vector<std::string>& words, std::optional<std::string> input) {
        return kubectl.runThroughSignals(words, std::move(input), callSeconds);
    };
}

Result<std::string> readRaw(const KubectlCall& call, const std::string& path,
                            const std::string& what) {
    auto read = call({"get", "--raw", path}, std::nullopt);
    if (!read) return read.error();
    if (read->status.success()) return std::move(read->out);
    return callError(what, read->err);
}

std::string selectedBy(const Workload& workload) {
    if (workload.podSelector.empty()) return {};
    return "?labelSelector=" + urlEncoded(workload.podSelector);
}

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
                const std::optional<Error>& problem) {
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
    std::optional<Error> problem;
};

Look lookAndRemove(const KubectlCall& call, const RunRecord& record) {
    Look look;
    const auto history = readHistory(call, record);
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
    const auto removed = removeUnneeded(call, record, **history);
    if (removed)
        look.removed = *removed;
    else
        look.problem = removed.error();
    return look;
}

}  // namespace

KubectlCall callUntilSignal(const Kubectl& kubectl) {
    return [&kubectl](const std::vector<std::string>& words, std::optional<std::string> input) {
        return kubectl.run(words, std::move(input), callSeconds);
    };
}

std::string revisionResource(WorkloadKind kind) {
    return kind == WorkloadKind::deployment ? "replicasets" : "controllerrevisions";
}

Result<std::optional<LiveHistory>> readHistory(const KubectlCall& call, const RunRecord& record) {
    using History = std::optional<LiveHistory>;
    const auto live = readRaw(call, "/" + record.workloadPath, "reading " + record.workloadLabel);
    if (!live && isFailure(live.error(), CallFailure::notFound)) return History();
    if (!live) return live.error();
    const auto workload = readWorkload(*live, record.workloadLabel);
    if (!workload) return workload.error();
    // Another object of the same name is not the one we changed.
    if (workload->uid != record.workloadUid) return History();
    const auto resource = revisionResource(workload->kind);
    const auto ns = urlEncoded(record.ns);
    const auto path = fmt::format("/apis/apps/v1/namespaces/{}/{}", ns, resource);
    const auto revisions = readRaw(call, path + selectedBy(*workload), "listing " + resource);
    if (!revisions) return revisions.error();
    std::optional<std::string_view> pods;
    Result<std::string> listed = std::string();
    if (workload->kind != WorkloadKind::deployment) {
        listed =
            readRaw(call, fmt::format("/api/v1/namespaces/{}/pods{}", ns, selectedBy(*workload)),
                    "listing pods");
        if (!listed) return listed.error();
        pods = *listed;
    }
    auto history = readRevisionHistory(*live, *revisions, pods);
    if (!history) return history.error();
    return History({*std::move(history), path});
}

Result<int> removeUnneeded(const KubectlCall& call, const RunRecord& record,
                           const LiveHistory& live) {
    if (!record.revisionsBefore) return 0;
    int removed = 0;
    for (const auto& one :
         removableRevisions(live.history, record.runId, *record.revisionsBefore)) {
        const auto path = fmt::format("{}/{}", live.path, urlEncoded(one.name));
        const auto gone = removeAsRead(call, {path, one.uid, one.resourceVersion});
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

TidiedHistory tidyHistory(EventLoop& loop, const Kubectl& kubectl, const RunRecord& record,
                          const std::function<void(const std::string&)>& note,
                          double patienceSeconds) {
    using Clock = std::chrono::steady_clock;
    TidiedHistory tidied;
    // Without a patch there is no revision of ours.
    if (record.ours.empty() || !record.revisionsBefore) return tidied;
    const auto call = callThroughSignals(kubectl);
    const auto begin = Clock::now();
    bool waited = false;
    for (bool last = false;;) {
        const auto look = lookAndRemove(call, record);
        tidied.removed += look.removed;
        if (look.done) return tidied;
        const bool hopeless = look.problem && !isFailure(*look.problem, CallFailure::unreachable);
        if (last || hopeless) {
            tidied.left = leftError(record, look.names, look.problem);
            return tidied;
        }
        last = std::chrono::duration<double>(Clock::now() - begin).count() >= patienceSeconds;
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
