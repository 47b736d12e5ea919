#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// Annotation of the pod template while a trial in place has it: the run. It makes the template
/// unique: a trial never reuses a revision of somebody else, and its own revisions are known by it.
inline constexpr std::string_view inPlaceRunAnnotation = "memfit.dev/run-id";

/// What an in-place trial sets on one container of the live workload.
struct InPlaceSettings {
    std::string runId;  ///< the mark of the pod template
    std::string container;
    std::optional<Bytes> limit;  ///< limit and request; nullopt: no limit, the request as it was
    std::optional<std::string> gomemlimit;  ///< literal; nullopt: left as it is
    std::optional<std::string> gogc;        ///< literal; nullopt: left as it is
    /// No more than this is requested beside a limit: what the memory of the whole pod leaves.
    std::optional<Bytes> mostRequest = std::nullopt;
};

/// A change of the live workload. Journal `ours` before the patch is sent.
struct InPlacePatch {
    std::string patch;  ///< RFC 6902, for `kubectl patch --type=json`; `[]`: nothing to change
    std::string ours;   ///< JSON: the values that are ours once it is applied
};

/// The patch that takes our settings back.
struct RestorePatch {
    std::optional<std::string> patch;    ///< RFC 6902; nullopt: nothing of ours is left
    std::vector<std::string> leftAlone;  ///< fields that somebody else changed meanwhile
};

/// The settings of one container, and the mark of its template, before the first patch, as JSON
/// text for the journal (one line). It holds the values of GOMEMLIMIT and GOGC, of the rest of the
/// environment only the names. Errors (kind usage): no such container; a kind whose pods do not
/// follow its template (only Deployment, StatefulSet and DaemonSet can be changed in place).
[[nodiscard]] Result<std::string> inPlaceOriginal(std::string_view workloadJson,
                                                  const std::string& container);

/// The change from what is live now to `settings`. It is conditional (`test`): if the container's
/// resources or environment changed since `liveJson` was read, the API server refuses it, and it is
/// to be made anew. Every entry of GOMEMLIMIT and GOGC is changed where it stands, a missing one is
/// added last, so that the order of the environment survives.
[[nodiscard]] Result<InPlacePatch> inPlacePatch(const std::string& original,
                                                std::string_view liveJson,
                                                const InPlaceSettings& settings);

/// Takes back field by field what is still ours: a field is restored if its live value is one that
/// `ours` (every journaled patch of the run) set, and left alone otherwise. When nobody else
/// touched the container, the result is the original, order of the environment included.
/// Conditional like inPlacePatch; a container that is gone is left alone.
[[nodiscard]] Result<RestorePatch> restorePatch(const std::string& original,
                                                std::span<const std::string> ours,
                                                std::string_view liveJson);

/// `patch` (RFC 6902), which then also sets an annotation of the workload itself; nullopt: removes
/// it. In one with the template: a Deployment's ReplicaSet takes over the annotations that stand
/// beside its template, and `kubectl rollout undo` brings them back with it. Errors (kind input):
/// not JSON.
[[nodiscard]] Result<std::string> withAnnotation(const std::string& patch,
                                                 std::string_view liveJson, std::string_view name,
                                                 const std::optional<std::string>& value);

}  // namespace memfit
