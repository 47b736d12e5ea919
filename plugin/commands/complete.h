#pragma once

#include <string>
#include <vector>

#include "session/output.h"

namespace memfit::plugin {

/// `__complete WORDS...`: prints what may stand where the last word is, one a line with a tab and a
/// description, and then `:` and a number, the sum of 2 (no space after it) and 4 (no files), as
/// programs made with cobra do and kubectl expects of kubectl_complete-memfit. Names of the cluster
/// are asked of kubectl for at most two seconds; when that fails there are none. Returns 0.
int runComplete(const std::vector<std::string>& words, const Streams& streams);

}  // namespace memfit::plugin
