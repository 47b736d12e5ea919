#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/kubectl.h"

namespace memfit::plugin {

/// A verb on a resource of a namespace.
struct Right {
    std::string verb;
    std::string resource;     ///< `pods`, `replicasets.apps`
    std::string subresource;  ///< `log`; empty: the resource itself
};

/// Asks `kubectl auth can-i` for each. `who` needs them, in messages: `trial pods`. Errors: the
/// first that is missing; the API server cannot be asked; kind interrupted.
[[nodiscard]] Result<void> checkRights(const Kubectl& kubectl, const std::string& ns,
                                       std::string_view who, const std::vector<Right>& rights);

}  // namespace memfit::plugin
