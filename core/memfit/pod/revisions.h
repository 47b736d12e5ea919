#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"

namespace memfit {

/// One pod template that a workload had or has: a ReplicaSet of a Deployment, a ControllerRevision
/// of a StatefulSet or DaemonSet.
struct Revision {
    std::string name;
    std::string uid;
    std::string resourceVersion;
    std::int64_t number = 0;  ///< `kubectl rollout undo` takes the highest below the current one's
    std::string runId;        ///< of the run with --in-place whose trial had it; empty: none
    bool current = false;     ///< what the workload is at, or may be at
    bool inUse = false;       ///< it has pods, or is to have some, or may have some
    bool deleted = false;     ///< deletionTimestamp is set

    friend bool operator==(const Revision&, const Revision&) = default;
};

/// The revisions of one workload.
struct RevisionHistory {
    std::vector<Revision> revisions;
    std::int64_t limit = 0;  ///< spec.revisionHistoryLimit: its controller keeps so many old ones
    bool observed = false;   ///< its controller has seen its template as it is

    friend bool operator==(const RevisionHistory&, const RevisionHistory&) = default;
};

/// The uids of all revisions.
[[nodiscard]] std::vector<std::string> uidsOf(const RevisionHistory& history);

/// Reads the revisions that the workload controls. `revisions`: a list of ReplicaSets or
/// ControllerRevisions; `pods`: for ControllerRevisions, the list of the workload's pods, without
/// which every one counts as in use. In doubt a revision is current and in use. Errors (kind
/// input): not JSON, no lists; (kind usage): a workload of another kind.
[[nodiscard]] Result<RevisionHistory> readRevisionHistory(std::string_view workloadJson,
                                                          std::string_view revisions,
                                                          std::optional<std::string_view> pods);

/// What only trials of that run made: marked by it, and not there before it (`before`: the uids).
[[nodiscard]] std::vector<Revision> trialRevisions(const RevisionHistory& history,
                                                   std::string_view runId,
                                                   std::span<const std::string> before);

/// The revisions among trialRevisions() that nothing needs any more. None until the controller has
/// seen the template as it is: it might be about to use one.
[[nodiscard]] std::vector<Revision> removableRevisions(const RevisionHistory& history,
                                                       std::string_view runId,
                                                       std::span<const std::string> before);

/// The old revisions that count against the limit.
[[nodiscard]] std::int64_t oldRevisions(const RevisionHistory& history);

/// With so many more old revisions, the controller removes none.
[[nodiscard]] bool hasRoom(const RevisionHistory& history, int more);

/// How many old revisions a run in place adds at a time, where trial revisions are removed as soon
/// as they have no pods: what was current before it; the trial whose pods serve while later ones
/// fail; the trial before the present one, until its pods are gone.
inline constexpr int trialRoom = 3;

/// The run would push out no revision of somebody else: there are none, or there is room.
[[nodiscard]] bool sparesHistory(const RevisionHistory& history);

}  // namespace memfit
