#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "memfit/kube/vertical_autoscalers.h"

namespace memfit::plugin {

/// The list of HorizontalPodAutoscalers with their metrics, of the namespace `ns` or of all
/// namespaces; nullopt where it may not be read or is not there. Errors: see Cluster::read().
[[nodiscard]] Call<std::optional<std::string>> listAutoscalers(Cluster& cluster,
                                                               const std::optional<std::string>& ns,
                                                               Patience patience);

/// The VerticalPodAutoscalers of the namespace `ns`, or of all namespaces. None where the cluster
/// does not know the kind; nullopt where they may not be read. Errors: see Cluster::read() and
/// memfit::readVerticalAutoscalers().
[[nodiscard]] Call<std::optional<std::vector<VerticalAutoscaler>>> listVerticalAutoscalers(
    Cluster& cluster, const std::optional<std::string>& ns);

}  // namespace memfit::plugin
