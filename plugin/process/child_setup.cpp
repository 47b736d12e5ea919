#include "process/child_setup.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace memfit::plugin {

namespace {

void restoreSignals() {
    sigset_t none;
    ::sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
    (void)std::signal(SIGPIPE, SIG_DFL);
}

}  // namespace

ChildSetup::ChildSetup(const LaunchPlan& plan)
    : plan_(plan), parent_(::getpid()), open_(openDescriptors()) {}

int ChildSetup::apply() const {
    if (::setpgid(0, 0) == -1) return errno;
    const pid_t group = ::getpid();
    if (::write(plan_.guard, &group, sizeof group) != sizeof group) return errno;
    if (!dieWithParent()) return errno;
    if (::getppid() != parent_) ::_exit(EXIT_FAILURE);
    restoreSignals();
    closeOnExecFrom(STDERR_FILENO + 1, open_);
    for (const int fd : plan_.cgroups) {
        if (::write(fd, "0", 1) == -1) return errno;
    }
    return 0;
}

}  // namespace memfit::plugin
