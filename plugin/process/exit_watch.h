#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "memfit/error.h"

namespace memfit::plugin {

/// Looks out for the end of a process; destroying it ends that.
class ExitWatch {
public:
    ExitWatch() = default;
    ExitWatch(const ExitWatch&) = delete;
    ExitWatch& operator=(const ExitWatch&) = delete;
    virtual ~ExitWatch() = default;
};

/// Asks `ended`, in the loop, whenever `process`, a child of ours, may have ended, until it says
/// true. On Linux that is once, at its end (a pidfd); elsewhere every few milliseconds, because a
/// handler of SIGCHLD would interrupt our own reads and writes. Errors: the system's reason.
[[nodiscard]] Result<std::unique_ptr<ExitWatch>> watchExit(boost::asio::io_context& context,
                                                           pid_t process,
                                                           std::function<bool()> ended);

}  // namespace memfit::plugin
