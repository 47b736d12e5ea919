#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cluster/cluster.h"
#include "journal/run_journal.h"
#include "memfit/kube/resources.h"
#include "memfit/kube/workload.h"
#include "memfit/pod/revisions.h"

namespace memfit::plugin {

/// ReplicaSets or ControllerRevisions: what the revisions of such a workload are.
[[nodiscard]] Resource revisionResource(WorkloadKind kind);

/// Of each of the calls below: a run's are ended by a signal, those of its end are not.
inline constexpr Patience untilSignal{30, false};
inline constexpr Patience throughSignals{30, true};

/// The revisions of a workload, and where they are.
struct LiveHistory {
    RevisionHistory history;
    Resource resource = Resource::replicaSets;  ///< what they are
};

/// Reads those of the workload that a run with --in-place changes. nullopt: the workload is gone.
/// Errors: kubectl's own words; kind interrupted; see memfit::readRevisionHistory().
[[nodiscard]] Call<std::optional<LiveHistory>> readHistory(Cluster& cluster,
                                                           const RunRecord& record,
                                                           Patience patience);

/// Removes removableRevisions() of what was read. Returns how many. Errors: the first that could
/// not be; kind interrupted.
[[nodiscard]] Call<int> removeUnneeded(Cluster& cluster, const RunRecord& record,
                                       const LiveHistory& live, Patience patience);

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
[[nodiscard]] TidiedHistory tidyHistory(EventLoop& loop, Cluster& cluster, const RunRecord& record,
                                        const std::function<void(const std::string&)>& note,
                                        double patienceSeconds = rolloutSeconds);

}  // namespace memfit::plugin
