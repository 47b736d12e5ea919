#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cluster/kubectl.h"
#include "cluster/object_removal.h"
#include "journal/run_journal.h"
#include "memfit/kube/workload.h"
#include "memfit/pod/revisions.h"

namespace memfit::plugin {

/// Calls that a signal ends.
[[nodiscard]] KubectlCall callUntilSignal(const Kubectl& kubectl);

/// `replicasets`, `controllerrevisions`: what the revisions of such a workload are.
[[nodiscard]] std::string revisionResource(WorkloadKind kind);

/// The revisions of a workload, and where they are.
struct LiveHistory {
    RevisionHistory history;
    std::string path;  ///< `/apis/apps/v1/namespaces/shop/replicasets`
};

/// Reads those of the workload that a run with --in-place changes. nullopt: the workload is gone.
/// Errors: kubectl's own words; kind interrupted; see memfit::readRevisionHistory().
[[nodiscard]] Result<std::optional<LiveHistory>> readHistory(const KubectlCall& call,
                                                             const RunRecord& record);

/// Removes removableRevisions() of what was read. Returns how many. Errors: the first that could
/// not be; kind interrupted.
[[nodiscard]] Result<int> removeUnneeded(const KubectlCall& call, const RunRecord& record,
                                         const LiveHistory& live);

/// What a run's end, or a cleanup, did to the history.
struct TidiedHistory {
    int removed = 0;
    std::optional<Error> left;  ///< what only trials made and is still there, and how it goes

    /// What to say of it; nullopt: nothing was removed.
    [[nodiscard]] std::optional<std::string> line(const RunRecord& record) const;
};

/// How long a rollout may take to leave the last trial.
inline constexpr double rolloutSeconds = 60;

/// Removes every revision that only trials of the run made, once the workload is restored, so that
/// `kubectl rollout undo` goes where it went before the run. Waits until their pods are gone, at
/// most for `patienceSeconds`, of which `note` is told. Signals do not cut it short.
[[nodiscard]] TidiedHistory tidyHistory(EventLoop& loop, const Kubectl& kubectl,
                                        const RunRecord& record,
                                        const std::function<void(const std::string&)>& note,
                                        double patienceSeconds = rolloutSeconds);

}  // namespace memfit::plugin
