#pragma once

#include <string>
#include <vector>

#include "session/session.h"

namespace memfit::plugin {

/// Shows on standard error what will be done, and asks on a terminal. Granted by --yes without
/// being asked. Errors: kind usage when there is nobody to ask; kind failed when the answer was
/// no; kind interrupted.
[[nodiscard]] Result<void> askConsent(const Context& context, const std::string& heading,
                                      const std::vector<std::string>& lines,
                                      const std::string& question);

}  // namespace memfit::plugin
