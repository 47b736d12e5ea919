#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster/kubectl.h"

namespace memfit::plugin {

/// One call of kubectl: Kubectl::run(), or runThroughSignals() where it is clean-up.
using KubectlCall = std::function<Result<Finished>(const std::vector<std::string>& words,
                                                   std::optional<std::string> input)>;

/// An object as it was read.
struct ReadObject {
    std::string path;  ///< `/apis/apps/v1/namespaces/shop/replicasets/api-5f7`
    std::string uid;
    std::string resourceVersion;
};

/// Deletes the object only as it was read: another of its name, or the same after any change, is
/// refused by the API server. True when it is deleted or was gone; false when it is not as it was
/// read. Errors: kubectl's own words; kind interrupted.
[[nodiscard]] Result<bool> removeAsRead(const KubectlCall& call, const ReadObject& object);

}  // namespace memfit::plugin
