#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "memfit/error.h"

namespace memfit::plugin {

/// What a process is started with. Descriptors are not owned.
struct LaunchPlan {
    std::string program;                   ///< path of the executable
    std::vector<std::string> words;        ///< argument vector, its first word included
    std::vector<std::string> environment;  ///< `NAME=value`
    int input = -1;
    int output = -1;
    int error = -1;
    std::vector<int> cgroups;  ///< cgroup.procs files to join
    int guard = -1;            ///< GroupGuard::entry()
};

/// A started process that is killed and reaped at its destruction.
class LaunchedProcess {
public:
    LaunchedProcess() = default;
    LaunchedProcess(const LaunchedProcess&) = delete;
    LaunchedProcess& operator=(const LaunchedProcess&) = delete;
    virtual ~LaunchedProcess() = default;
    [[nodiscard]] virtual int pid() const = 0;
};

/// Starts a process; returns when the program is being executed. On Linux through Boost.Process
/// (launch_linux.cpp), which elsewhere would have to catch SIGCHLD and so interrupt our own writes;
/// there by POSIX alone (launch_portable.cpp). Errors: the system's reason.
[[nodiscard]] Result<std::unique_ptr<LaunchedProcess>> launch(boost::asio::io_context& context,
                                                              const LaunchPlan& plan);

/// Pointers to the texts and a null pointer at the end, as execve wants them.
[[nodiscard]] std::vector<const char*> argumentPointers(const std::vector<std::string>& texts);

}  // namespace memfit::plugin
