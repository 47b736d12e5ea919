#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/change/edit_find.h"
#include "memfit/settings/memory_settings.h"
#include "memfit/yaml/yaml_tree.h"

namespace memfit::yaml {

/// One document in the course of its edit.
struct DocumentEdit {
    struct Change {
        std::size_t offset = 0;  ///< of the first byte that differs, in `text`
        std::string what;
    };
    std::string text;
    Tree tree;  ///< of `text`
    int firstLine = 1;
    std::vector<Change> changes;  ///< ascending
    std::vector<std::string> notes;
};

/// Brings the container at `container` of workload `workload` (an index into findWorkloads) to
/// what is wanted, and proves it: after each step the text is parsed and compared with the tree
/// that the step was to make, and in the end what the document means, aliases and merge keys
/// resolved, with what it meant, the wanted settings aside. A problem's offset is one of the text
/// as it then is.
[[nodiscard]] std::optional<Problem> editContainer(DocumentEdit& document, std::size_t workload,
                                                   const ContainerPlace& container,
                                                   std::string_view containerName,
                                                   const MemorySettings& wanted);

}  // namespace memfit::yaml
