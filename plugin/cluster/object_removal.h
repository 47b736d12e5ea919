#pragma once

#include "cluster/cluster.h"

namespace memfit::plugin {

/// Deletes the object only as it was read: another of its name, or the same after any change, is
/// refused by the API server. True when it is deleted or was gone; false when it is not as it was
/// read. Errors: kubectl's own words; kind interrupted.
[[nodiscard]] Call<bool> removeAsRead(Cluster& cluster, const ReadObject& object,
                                      Patience patience);

}  // namespace memfit::plugin
