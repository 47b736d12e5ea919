#pragma once

#include "cli/options.h"
#include "memfit/error.h"

namespace memfit::plugin {

/// Is every {url}, {host}, {port} and {dir} where it means something? Errors: kind usage.
[[nodiscard]] Result<void> checkPlaceholders(const Options& options);

}  // namespace memfit::plugin
