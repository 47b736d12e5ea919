#pragma once

#include "memfit/live/live_facts.h"
#include "session/cluster.h"
#include "session/session.h"

namespace memfit::plugin {

/// Reads what the workload's pods, their nodes and the namespace's autoscalers say of its memory.
/// Touches nothing: GETs alone, to the API server and through it to statistics pages and kubelets;
/// a page on a container's loopback costs a port-forward. Of many pods and nodes the first few are
/// read. What may not be read is absent, and said in the facts' warnings.
/// Errors: the pods cannot be listed; the API server cannot be reached; kind interrupted.
[[nodiscard]] Result<LiveFacts> readLive(const Context& context, ClusterTarget& cluster);

/// Head of a document about the workload as it runs, read between `startedAt` and now.
[[nodiscard]] Header liveHeader(const ClusterTarget& cluster, const LiveFacts& facts,
                                Timestamp startedAt);

}  // namespace memfit::plugin
