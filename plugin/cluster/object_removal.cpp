#include "cluster/object_removal.h"

namespace memfit::plugin {

Call<bool> removeAsRead(Cluster& cluster, const ReadObject& object, Patience patience) {
    // An empty one would be no condition.
    if (object.uid.empty() || object.resourceVersion.empty()) return false;
    const auto removed = cluster.remove(object, patience);
    if (removed) return true;
    switch (removed.error().failure) {
        case CallFailure::notFound:
            return true;
        case CallFailure::conflict:
            return false;
        case CallFailure::forbidden:
        case CallFailure::unreachable:
        case CallFailure::other:
            break;
    }
    return removed.error();
}

}  // namespace memfit::plugin
