#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/units/bytes.h"
#include "memfit/units/notice.h"

namespace memfit {

/// A trial pod as the API server admitted it.
struct AdmittedPod {
    std::string name;
    std::string uid;  ///< empty from a dry run of an old API server
    std::optional<Bytes>
        limit;  ///< memory limit of the container on trial, a LimitRange's included
    std::optional<Bytes> request;
    Bytes podRequest = 0;  ///< memory that the pod reserves on its node, all containers
    std::string qosClass;  ///< `Guaranteed`, …; empty when not said
    std::vector<Notice> notices;
};

/// Compares the pod that was asked for (TrialPod::json) with what admission made of it, as a
/// server-side dry run or the creation returns it. A wanted pod without a limit may have got one
/// from a LimitRange: it is returned, not refused. A changed image or command, added containers,
/// labels and Go settings are notices.
/// Errors (kind failed), each naming what changed: memory limit or request of the container on
/// trial, its GOMEMLIMIT or GOGC, our labels, an owner, the readiness gate; a priority above 0 that
/// could preempt others. Errors (kind input): not a pod.
[[nodiscard]] Result<AdmittedPod> checkAdmitted(std::string_view wantedJson,
                                                std::string_view admittedJson);

}  // namespace memfit
