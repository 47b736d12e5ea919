#pragma once

#include <sys/types.h>

#include "memfit/error.h"
#include "system/unique_fd.h"

namespace memfit::plugin {

/// Ends a process group when we die without being able to (SIGKILL, a crash): Linux kills our
/// children then, but not theirs; other systems do neither.
///
/// It is a process of its own that waits for our end of a pipe to close. What has left the group
/// (setsid) is out of its reach. Destroying the guard ends that process and touches no group.
class GroupGuard {
public:
    /// Errors: the system's reason.
    [[nodiscard]] static Result<GroupGuard> start();

    GroupGuard(GroupGuard&& other) noexcept;
    GroupGuard& operator=(GroupGuard&&) = delete;
    GroupGuard(const GroupGuard&) = delete;
    GroupGuard& operator=(const GroupGuard&) = delete;
    ~GroupGuard();

    /// Where the group's leader writes its number, a pid_t, before it executes its program: so no
    /// moment is left in which it is not guarded.
    [[nodiscard]] int entry() const { return entry_.get(); }

private:
    GroupGuard(pid_t process, UniqueFd entry);

    pid_t process_ = -1;
    UniqueFd entry_;
};

}  // namespace memfit::plugin
