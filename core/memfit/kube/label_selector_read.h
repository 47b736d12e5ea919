#pragma once

// Internal to memfit/kube: label selectors from and to text.

#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/kube/kube_json.h"
#include "memfit/kube/selectors.h"

namespace memfit {

/// A metav1.LabelSelector ({matchLabels, matchExpressions}); nullptr or null selects nothing.
/// Errors (kind input): an operator that Kubernetes does not know, a value that is not a string.
[[nodiscard]] Result<LabelSelector> readLabelSelector(const kube::Json* json,
                                                      std::string_view where);
/// A plain map of labels, as Services and ReplicationControllers have; an empty one selects
/// nothing.
[[nodiscard]] Result<LabelSelector> readLabelMap(const kube::Json* json, std::string_view where);

/// As `kubectl get -l` takes it; empty for a selector of everything or nothing.
[[nodiscard]] std::string formatLabelSelector(const LabelSelector& selector);

}  // namespace memfit
