#include "testbed/local/local.h"

namespace memfit::plugin {

Result<void> checkLocal() {
    return usageError("--local needs Linux, whose memory cgroups it measures in",
                      "measure in a cluster instead");
}

Result<std::unique_ptr<Testbed>> openLocalTestbed(EventLoop& /*loop*/,
                                                  const LocalOptions& /*options*/) {
    return checkLocal().error();
}

}  // namespace memfit::plugin
