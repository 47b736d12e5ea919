#include "process/group_guard.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <utility>

#include "system/system.h"

namespace memfit::plugin {

namespace {

/// The guard's whole life. All signals stay blocked: our handlers would write into pipes that it
/// shares with us, and what ends us politely is not meant for it.
[[noreturn]] void keepWatch(const Pipe& pipe, std::span<const int> open) {
    (void)::setsid();
    nameProcess("memfit-guard");
    ::close(pipe.writeEnd.get());
    (void)::dup2(pipe.readEnd.get(), STDIN_FILENO);
    // Whoever reads our output must not wait for the guard.
    closeFrom(STDIN_FILENO + 1, open);
    pid_t group = 0;
    const bool known = readThroughSignals(STDIN_FILENO, &group, sizeof group) == sizeof group;
    char nothing = 0;
    if (known && readThroughSignals(STDIN_FILENO, &nothing, 1) == 0) (void)::kill(-group, SIGKILL);
    ::_exit(EXIT_SUCCESS);
}

}  // namespace

GroupGuard::GroupGuard(pid_t process, UniqueFd entry)
    : process_(process), entry_(std::move(entry)) {}

GroupGuard::GroupGuard(GroupGuard&& other) noexcept
    : process_(std::exchange(other.process_, -1)), entry_(std::move(other.entry_)) {}

GroupGuard::~GroupGuard() {
    if (process_ <= 0) return;
    (void)::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) == -1 && errno == EINTR) {
    }
}

Result<GroupGuard> GroupGuard::start() {
    auto pipe = makePipe();
    if (!pipe) return pipe.error();
    const auto open = openDescriptors();
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t process = ::fork();
    if (process == 0) keepWatch(*pipe, open);
    const int reason = errno;
    (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (process == -1) {
        return failure(fmt::format("cannot start a process: {}", std::strerror(reason)));
    }
    return GroupGuard(process, std::move(pipe->writeEnd));
}

}  // namespace memfit::plugin
