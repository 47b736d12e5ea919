#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// What the LimitRanges of a namespace say of the memory of a container. Its request and its limit
/// both have to be within.
/// Source: k8s.io/kubernetes plugin/pkg/admission/limitranger, PodValidateLimitFunc.
struct MemoryRange {
    std::optional<Bytes> least;
    std::string leastBy;  ///< name of the LimitRange
    /// A limit for the whole pod bounds each of its containers too.
    std::optional<Bytes> most;
    std::string mostBy;
    /// The most that the limit may be of the request, in thousandths.
    std::optional<std::int64_t> ratioMilli;

    /// The smallest request that is admitted beside this limit.
    [[nodiscard]] Bytes leastRequest(Bytes limit) const;

    friend bool operator==(const MemoryRange&, const MemoryRange&) = default;
};

/// Reads a list of limitranges as the API server prints it; of several bounds the tightest. A
/// malformed quantity counts as none. What a whole pod has to have at least depends on its other
/// containers, and is left out. Errors (kind input): not JSON, or not a list.
[[nodiscard]] Result<MemoryRange> readLimitRanges(std::string_view list);

}  // namespace memfit
