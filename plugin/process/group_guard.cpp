#include "process/group_guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace memfit::plugin {

namespace {

ssize_t readThroughSignals(int fd, void* data, std::size_t size) {
    while (true) {
        const ssize_t got = ::read(fd, data, size);
        if (got >= 0 || errno != EINTR) return got;
    }
}

/// The guard's whole life. All signals stay blocked: our handlers would write into pipes that it
/// shares with us, and what ends us politely is not meant for it.
[[noreturn]] void keepWatch(int readEnd, int writeEnd) {
    (void)::setsid();
    (void)::prctl(PR_SET_NAME, "memfit-guard");
    ::close(writeEnd);
    (void)::dup2(readEnd, STDIN_FILENO);
    // Whoever reads our output must not wait for the guard.
    (void)::close_range(STDIN_FILENO + 1, ~0U, 0);
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
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) == -1) {
        return failure(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    const UniqueFd readEnd(ends[0]);
    UniqueFd writeEnd(ends[1]);
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t process = ::fork();
    if (process == 0) keepWatch(readEnd.get(), writeEnd.get());
    const int reason = errno;
    (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (process == -1) {
        return failure(fmt::format("cannot start a process: {}", std::strerror(reason)));
    }
    return GroupGuard(process, std::move(writeEnd));
}

}  // namespace memfit::plugin
