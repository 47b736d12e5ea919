#pragma once

#include "memfit/advice/recommendation.h"
#include "memfit/settings/memory_settings.h"
#include "session/cluster.h"
#include "session/session.h"

namespace memfit::plugin {

/// Where an advice lands: in a manifest, in a patch, in the cluster.

/// Gives the manifest of --edit the advised settings; with --diff or --check it only says what
/// would change. Prints the edited text (`--edit -`) or the diff to standard output, and each
/// change to standard error. Returns whether anything differs. The file is replaced in one step,
/// keeping its mode; a symbolic link is followed. Errors: those of editManifest(); Kubernetes would
/// refuse the edited workload; the file cannot be read or written. It then is as it was.
[[nodiscard]] Result<bool> landInManifest(const Context& context,
                                          const Recommendation& recommendation);

/// The patch of an advice that stands on documents alone, for the workload that they name; -c and
/// -n go before what they say. Errors (kind usage): no workload or container is named.
[[nodiscard]] Result<std::string> patchOf(const Context& context,
                                          const Recommendation& recommendation);

/// A patch that the API server has taken in a dry run.
struct TriedPatch {
    std::string text;     ///< for people and pipelines
    std::string guarded;  ///< the same, for the very object and version that was read
    std::string diff;     ///< of the container's memory settings; empty: nothing to change
    MemorySettings wanted;
};

/// Reads the workload again and tries the patch in a server-side dry run. What changed since it was
/// measured is noted. A user who may not patch gets the patch with a warning.
/// Errors: another object has the name now; the memory of the whole pod leaves no room for the
/// advice, or the namespace admits no such limit; the server refuses the patch, or makes something
/// else of it; kind interrupted.
[[nodiscard]] Result<TriedPatch> tryPatch(const Context& context, ClusterTarget& cluster,
                                          const Recommendation& recommendation);

/// Shows the diff, asks, applies the patch, waits for the rollout, and checks that a pod runs with
/// it. Errors: not agreed to; changed meanwhile; the rollout does not end; no pod has the settings.
[[nodiscard]] Result<void> applyPatch(const Context& context, ClusterTarget& cluster,
                                      const TriedPatch& patch);

}  // namespace memfit::plugin
