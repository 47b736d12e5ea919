#pragma once

// Internal to memfit: values as JSON trees, shared by the writers of result documents.

#include <optional>
#include <string_view>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/documents/json_parse.h"

namespace memfit {

/// Sets `name` when the value is known; an unknown value stays absent.
template <class Value>
void putKnown(Json& tree, std::string_view name, const std::optional<Value>& value) {
    if (value) tree[std::string(name)] = *value;
}

/// A limit is always written; `null` says that there is none.
void putLimit(Json& tree, std::string_view name, std::optional<Bytes> limit);

/// Live pods, each with what is known of it.
[[nodiscard]] Json podsTree(const std::vector<LivePod>& pods);

/// apiVersion, kind and the header but for its `inputs`, which come last in a document.
[[nodiscard]] Json documentTree(std::string_view kind, const Header& header);
/// Appends `inputs` where there are any; a text among them that is no JSON is left out.
void putInputs(Json& tree, const Header& header);

/// The text of a finished document: indented by one space, with a newline at its end. What is not
/// UTF-8 in its strings is replaced.
[[nodiscard]] std::string documentText(const Json& tree);

}  // namespace memfit
