#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memfit/kube/workload.h"
#include "memfit/units/notice.h"

namespace memfit {

/// GOMEMLIMIT and GOGC as the process of a container gets them.
struct GoEnvironment {
    std::optional<std::string> gomemlimit;  ///< as Go reads it; nullopt: not set, or not known
    std::optional<std::string> gogc;
    bool gomemlimitUnknown = false;  ///< it comes from where it was not read
    bool gogcUnknown = false;
    std::vector<Notice> notices;  ///< wiring that does not do what it looks like, or is not known

    friend bool operator==(const GoEnvironment&, const GoEnvironment&) = default;
};

/// Follows the references of `container` of a pod with these `containers`. A resourceFieldRef comes
/// to ceil(value / divisor), a bare integer, which Go reads as bytes; of a limit that is not set it
/// comes to what the node can allocate, and of a request that is not set to 0
/// (k8s.io/kubernetes/pkg/api/v1/resource ExtractContainerResourceValue and the kubelet's
/// defaults).
[[nodiscard]] GoEnvironment resolveGoEnvironment(const std::vector<Container>& containers,
                                                 const Container& container);

}  // namespace memfit
