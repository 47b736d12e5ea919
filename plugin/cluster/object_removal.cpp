#include "cluster/object_removal.h"

#include <nlohmann/json.hpp>

namespace memfit::plugin {

Result<bool> removeAsRead(const KubectlCall& call, const ReadObject& object) {
    // An empty one would be no condition.
    if (object.uid.empty() || object.resourceVersion.empty()) return false;
    const nlohmann::json options{
        {"kind", "DeleteOptions"},
        {"apiVersion", "v1"},
        {"propagationPolicy", "Background"},
        {"preconditions", {{"uid", object.uid}, {"resourceVersion", object.resourceVersion}}}};
    const auto deleted = call({"delete", "--raw", object.path, "--filename=-"}, options.dump());
    if (!deleted) return deleted.error();
    if (deleted->status.success()) return true;
    switch (classifyFailure(ownWords(deleted->err))) {
        case CallFailure::notFound:
            return true;
        case CallFailure::conflict:
            return false;
        case CallFailure::forbidden:
        case CallFailure::unreachable:
        case CallFailure::other:
            break;
    }
    return callError("removing " + object.path, deleted->err);
}

}  // namespace memfit::plugin
