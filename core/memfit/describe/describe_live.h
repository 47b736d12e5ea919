#pragma once

#include <vector>

#include "memfit/documents/live_pod.h"
#include "memfit/live/live_facts.h"
#include "memfit/report/report.h"

namespace memfit {

/// The live pods, a row each: settings, memory, restarts, last OOM kill.
[[nodiscard]] Table podsTable(const std::vector<LivePod>& pods);

/// The pods, and the memory requests and limits on their nodes, one line per node.
void addLive(Report& report, const LiveFacts& facts);

}  // namespace memfit
