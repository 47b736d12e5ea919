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

}  // namespace memfit::plugin
