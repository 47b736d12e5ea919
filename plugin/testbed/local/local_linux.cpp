#include "testbed/local/local.h"
#include "testbed/local/local_testbed.h"

namespace memfit::plugin {

Result<void> checkLocal() {
    return {};
}

Result<std::unique_ptr<Testbed>> openLocalTestbed(EventLoop& loop, const LocalOptions& options) {
    return std::unique_ptr<Testbed>(new LocalTestbed(loop, options));
}

}  // namespace memfit::plugin
