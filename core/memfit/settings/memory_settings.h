#pragma once

#include <cstdint>

#include "memfit/units/bytes.h"

namespace memfit {

/// The wanted state of a container's memory limit, or of its memory request.
struct MemoryWish {
    enum class Kind {
        leave,   ///< as it is
        set,     ///< equal to `bytes`
        remove,  ///< not there
    };
    Kind kind = Kind::leave;
    Bytes bytes = 0;  ///< with `set`; >= 0
    Bytes slack = 0;  ///< with `set`: a value up to this much above `bytes` needs no change; >= 0

    /// For `set`: whether `now` needs no change.
    [[nodiscard]] bool metBy(Bytes now) const { return now >= bytes && now - bytes <= slack; }

    friend bool operator==(const MemoryWish&, const MemoryWish&) = default;
};

/// The wanted state of the environment variable GOMEMLIMIT.
struct GomemlimitWish {
    enum class Kind {
        leave,
        unset,         ///< the variable is not there
        limitsMemory,  ///< valueFrom.resourceFieldRef {containerName, resource: limits.memory}
        bytes,         ///< a literal
    };
    Kind kind = Kind::leave;
    Bytes bytes = 0;  ///< with `bytes`; >= 0

    friend bool operator==(const GomemlimitWish&, const GomemlimitWish&) = default;
};

/// The wanted state of the environment variable GOGC.
struct GogcWish {
    enum class Kind {
        leave,
        unset,  ///< the variable is not there
        off,
        percent,
    };
    Kind kind = Kind::leave;
    std::int64_t percent = 100;  ///< with `percent`

    friend bool operator==(const GogcWish&, const GogcWish&) = default;
};

/// The memory settings that one container of a manifest or a live workload is to have.
/// Default: everything is left as it is.
struct MemorySettings {
    MemoryWish limit;
    MemoryWish request;
    GomemlimitWish gomemlimit;
    GogcWish gogc;

    friend bool operator==(const MemorySettings&, const MemorySettings&) = default;
};

}  // namespace memfit
