#pragma once

#include <string>
#include <vector>

#include "memfit/error.h"
#include "memfit/experiment/documents.h"

namespace memfit::plugin {

/// Reads the result documents of `-f` (`-`: standard input, once). Errors: not there, not readable,
/// larger than 1 GiB, not understood, of different targets.
[[nodiscard]] Result<Results> readResultFiles(const std::vector<std::string>& files);

}  // namespace memfit::plugin
