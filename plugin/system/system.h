#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <vector>

#include "memfit/error.h"
#include "system/unique_fd.h"

// Where systems differ in how processes and descriptors are handled. Linux has its own calls
// (system_linux.cpp); everywhere else POSIX has to do (system_portable.cpp).

namespace memfit::plugin {

struct Pipe {
    UniqueFd readEnd, writeEnd;
};

/// A pipe whose ends no program inherits. Errors: the system's reason.
[[nodiscard]] Result<Pipe> makePipe();

/// As read(2), again after a signal.
[[nodiscard]] ssize_t readThroughSignals(int fd, void* data, std::size_t size);

/// Our own environment: `NAME=value`, a null pointer at the end.
[[nodiscard]] const char* const* ownEnvironment();

/// What closeFrom() and closeOnExecFrom() need to know, which must be asked before the fork: in the
/// child they are async-signal-safe. Empty where the system needs no list.
[[nodiscard]] std::vector<int> openDescriptors();

/// Closes every descriptor from `first` on.
void closeFrom(int first, std::span<const int> open);
/// As closeFrom, when a program is executed.
void closeOnExecFrom(int first, std::span<const int> open);

/// Asks the system to kill this process when its parent dies; async-signal-safe. False, with errno:
/// it refused. True also where no system call does that and the GroupGuard alone sees to it.
[[nodiscard]] bool dieWithParent();

/// What process lists show for this process, where that can be chosen; async-signal-safe.
void nameProcess(const char* name);

}  // namespace memfit::plugin
