#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "process/child_setup.h"
#include "process/launch.h"
#include "system/system.h"

namespace memfit::plugin {

namespace {

void reap(pid_t process) {
    while (::waitpid(process, nullptr, 0) == -1 && errno == EINTR) {
    }
}

class PosixProcess final : public LaunchedProcess {
public:
    explicit PosixProcess(pid_t process) : process_(process) {}
    PosixProcess(const PosixProcess&) = delete;
    PosixProcess& operator=(const PosixProcess&) = delete;
    ~PosixProcess() override {
        // Harmless when it has ended: until it is reaped nobody else gets its number.
        (void)::kill(process_, SIGKILL);
        reap(process_);
    }
    [[nodiscard]] int pid() const override { return process_; }

private:
    pid_t process_;
};

/// The child: the program, or the reason why not, through a pipe that exec closes.
[[noreturn]] void execute(const LaunchPlan& plan, const ChildSetup& setup, char* const* words,
                          char* const* environment, int reasonPipe) {
    int reason = 0;
    // Ours are above 2 [EventLoop], so that none overwrites another's source.
    if (::dup2(plan.input, STDIN_FILENO) == -1 || ::dup2(plan.output, STDOUT_FILENO) == -1 ||
        ::dup2(plan.error, STDERR_FILENO) == -1) {
        reason = errno;
    }
    if (reason == 0) reason = setup.apply();
    if (reason == 0) {
        (void)::execve(plan.program.c_str(), words, environment);
        reason = errno;
    }
    [[maybe_unused]] const auto told = ::write(reasonPipe, &reason, sizeof reason);
    ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<LaunchedProcess>> launch(boost::asio::io_context& /*context*/,
                                                const LaunchPlan& plan) {
    const auto environment = argumentPointers(plan.environment);
    const auto words = argumentPointers(plan.words);
    auto reasons = makePipe();
    if (!reasons) return reasons.error();
    const ChildSetup setup(plan);
    const pid_t process = ::fork();
    if (process == -1) {
        return failure(fmt::format("cannot start {}: {}", plan.program, std::strerror(errno)));
    }
    if (process == 0) {
        // execve changes none of its words; its signature is older than const.
        execute(plan, setup, const_cast<char* const*>(words.data()),
                const_cast<char* const*>(environment.data()), reasons->writeEnd.get());
    }
    reasons->writeEnd.reset();
    int reason = 0;
    if (readThroughSignals(reasons->readEnd.get(), &reason, sizeof reason) == sizeof reason) {
        reap(process);
        return failure(fmt::format("cannot start {}: {}", plan.program, std::strerror(reason)));
    }
    return std::unique_ptr<LaunchedProcess>(new PosixProcess(process));
}

}  // namespace memfit::plugin
