#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster_api.h"
#include "memfit/kube/vertical_autoscalers.h"

namespace memfit::plugin {

/// Those of the namespace `ns`, or of all namespaces. None where the cluster does not know the
/// kind; nullopt where they may not be read. Errors: see ClusterApi::read() and
/// memfit::readVerticalAutoscalers().
[[nodiscard]] Result<std::optional<std::vector<VerticalAutoscaler>>> listVerticalAutoscalers(
    ClusterApi& api, const std::optional<std::string>& ns);

}  // namespace memfit::plugin
