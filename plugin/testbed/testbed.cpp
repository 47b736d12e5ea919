#include "testbed/testbed.h"

#include <fmt/format.h>

namespace memfit::plugin {

std::string Endpoint::url() const {
    return fmt::format("{}://{}:{}", scheme, host, port);
}

}  // namespace memfit::plugin
