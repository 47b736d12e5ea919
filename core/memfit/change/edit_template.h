#pragma once

#include <optional>

#include "memfit/change/edit_find.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

/// Templates whose actions stand in quotes, or within a plain scalar, are YAML all the same. What
/// is rendered can hold `{{` too (an alert's annotation, a workflow's step), but hardly where these
/// look. Problems: templateProblem, at the scalar.

/// In the name or namespace of the workload.
[[nodiscard]] std::optional<Problem> templateInName(const Tree& tree,
                                                    const FoundWorkload& workload);

/// In a key or value of the container. Not in block scalars, nor in `command` and `args`: programs
/// take templates of their own there (`--format={{.ID}}`). In a quoted string only where the memory
/// settings stand: elsewhere braces are text (an alert's).
[[nodiscard]] std::optional<Problem> templateInContainer(const Tree& tree, NodeId container);

/// In the name of one of `containers`, a sequence.
[[nodiscard]] std::optional<Problem> templateInNames(const Tree& tree, NodeId containers);

}  // namespace memfit::yaml
