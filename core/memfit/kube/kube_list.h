#pragma once

// Internal to memfit: lists of Kubernetes objects, read one object at a time.

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "memfit/kube/kube_json.h"

namespace memfit::kube {

/// Takes one object of a list; it may be moved from.
using TakeItem = std::function<Result<void>(Json& item)>;

/// Reads a list as the API server or `kubectl get -o json` prints it and hands each of its objects
/// to `take` as soon as it is read, so that no more than one is held. `metadata.managedFields`,
/// which is half of many an object, is left out. Returns the token by which the API server
/// continues the list; empty at its end. `where` names the text in messages. Errors (kind input):
/// not JSON, not a list, nested deeper than 64 levels; and the first error of `take`.
[[nodiscard]] Result<std::string> readList(std::string_view text, std::string_view where,
                                           const TakeItem& take);
[[nodiscard]] Result<std::string> readList(std::istream& text, std::string_view where,
                                           const TakeItem& take);

}  // namespace memfit::kube
