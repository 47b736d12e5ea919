#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.h"

namespace memfit::plugin {

/// Asks whether the user has each. `who` needs them, in messages: `trial pods`. Errors: the first
/// that is missing; the API server cannot be asked; kind interrupted.
[[nodiscard]] Call<void> checkRights(Cluster& cluster, const std::string& ns, std::string_view who,
                                     const std::vector<Right>& rights);

}  // namespace memfit::plugin
