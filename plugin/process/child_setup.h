#pragma once

#include <sys/types.h>

#include <vector>

#include "process/launch.h"
#include "system/system.h"

namespace memfit::plugin {

/// What a child does to itself between fork and exec, where only async-signal-safe calls are
/// allowed. Made before the fork.
class ChildSetup {
public:
    /// `plan` must outlive it.
    explicit ChildSetup(const LaunchPlan& plan);

    /// In the child, whose three streams are in place. 0, or the errno of what failed.
    [[nodiscard]] int apply() const;

private:
    const LaunchPlan& plan_;
    pid_t parent_;
    std::vector<int> open_;
};

}  // namespace memfit::plugin
