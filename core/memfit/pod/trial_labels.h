#pragma once

// Internal to memfit/pod: which labels a trial pod may carry.

#include <string>
#include <vector>

#include "memfit/error.h"
#include "memfit/kube/selectors.h"
#include "memfit/units/notice.h"

namespace memfit {

struct TrialLabels {
    Labels labels;
    std::vector<std::string> dropped;  ///< keys of the original that are gone
    std::vector<Notice> notices;
};

/// The original's labels less those by which somebody of the namespace would take the pod for one
/// of its own, plus `own`. With `keep`, only what an adoption or a Service that lists unready pods
/// makes necessary is dropped. Errors (kind failed): see makeTrialPod.
[[nodiscard]] Result<TrialLabels> chooseTrialLabels(const Labels& original, const Labels& own,
                                                    const NamespaceSelectors& selectors, bool keep);

}  // namespace memfit
