#pragma once

#include <string_view>
#include <vector>

#include "memfit/yaml/yaml_splice.h"

namespace memfit::yaml {

/// `splices` for a map or sequence in flow style, JSON among them.
[[nodiscard]] std::vector<Splice> spliceFlow(std::string_view text, const Tree& tree,
                                             const Operation& operation,
                                             const DocumentStyle& style);

}  // namespace memfit::yaml
