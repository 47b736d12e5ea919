#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

/// What keeps `text` from being a manifest before any parsing: empty, larger than 64 MiB, UTF-16,
/// bytes that are not UTF-8, control characters, a lone carriage return.
[[nodiscard]] std::optional<Problem> checkText(std::string_view text);

/// The byte order mark's length, or 0.
[[nodiscard]] std::size_t byteOrderMark(std::string_view text);

/// The parts of `text` that hold at most one document each, in order and without gaps, each with
/// its `---` and directives. YAML lets `---` and `...` stand at the start of a line for nothing
/// else (YAML 1.2.2, 9.1.2), not even in quotes and block scalars: no parsing is needed. JSON
/// objects may follow each other without marks, as kubectl has it.
[[nodiscard]] std::vector<std::string_view> splitDocuments(std::string_view text);

}  // namespace memfit::yaml
