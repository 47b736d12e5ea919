#pragma once

#include "memfit/advice/recommendation.h"
#include "session/session.h"

namespace memfit::plugin {

/// `recommend` of many workloads: reads them in bulk, a list a kind, touches none, and prints one
/// table or document. Returns 0, or 3 when --check finds one whose settings do not fit. Errors:
/// kubectl is not there; kubectl's and the API server's own words.
[[nodiscard]] Result<int> runScan(const Context& context, const AdviceOptions& advice);

}  // namespace memfit::plugin
