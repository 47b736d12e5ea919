#include "testbed/testbed.h"

#include <fmt/format.h>

#include "memfit/units/quantity.h"

namespace memfit::plugin {

std::string AdmittedLimits::why(Bytes limit) const {
    const bool small = least && limit < *least;
    const auto& bound = small ? least : most;
    if (!bound) return "the namespace admits it";
    return fmt::format("the namespace admits no memory limit {} {} ({})", small ? "below" : "above",
                       formatQuantity(*bound), small ? leastBy : mostBy);
}

std::string Endpoint::url() const {
    const bool v6 = host.find(':') != std::string::npos;
    return v6 ? fmt::format("{}://[{}]:{}", scheme, host, port)
              : fmt::format("{}://{}:{}", scheme, host, port);
}

}  // namespace memfit::plugin
