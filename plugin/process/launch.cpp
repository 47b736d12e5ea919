#include "process/launch.h"

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef BOOST_PROCESS_USE_STD_FS
#define BOOST_PROCESS_USE_STD_FS
#endif
// Boost.Process 1.81 with std::filesystem uses these without including them.
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
#include <boost/type_traits/is_convertible.hpp>

#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <cerrno>
#include <csignal>
#include <utility>

namespace memfit::plugin {

namespace process = boost::process::v2;

namespace {

/// Runs in the child between fork and exec, where only async-signal-safe calls are allowed.
struct ChildSetup {
    const std::vector<int>* cgroups = nullptr;
    int guard = -1;
    pid_t parent = 0;

    template <class Launcher>
    process::error_code on_exec_setup(Launcher& /*launcher*/, const auto& /*program*/,
                                      const char* const* /*words*/) const {
        if (::setpgid(0, 0) == -1) return lastError();
        const pid_t group = ::getpid();
        if (::write(guard, &group, sizeof group) != sizeof group) return lastError();
        if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == -1) return lastError();
        if (::getppid() != parent) ::_exit(EXIT_FAILURE);
        restoreSignals();
        // Boost 1.81 leaves open what lies between the descriptors that it needs itself.
        (void)::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        for (const int fd : *cgroups) {
            if (::write(fd, "0", 1) == -1) return lastError();
        }
        return {};
    }

    /// Leaves without our exit handlers and without flushing our streams a second time.
    template <class... Ignored>
    void on_exec_error(Ignored&&... /*ignored*/) const {
        ::_exit(127);
    }

private:
    static process::error_code lastError() { return {errno, boost::system::system_category()}; }

    static void restoreSignals() {
        sigset_t none;
        ::sigemptyset(&none);
        (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
        (void)std::signal(SIGPIPE, SIG_DFL);
    }
};

class BoostProcess final : public LaunchedProcess {
public:
    explicit BoostProcess(process::process process) : process_(std::move(process)) {}
    [[nodiscard]] int pid() const override { return process_.id(); }

private:
    process::process process_;
};

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
    std::vector<const char*> result;
    result.reserve(texts.size() + 1);
    for (const std::string& text : texts) result.push_back(text.c_str());
    result.push_back(nullptr);
    return result;
}

}  // namespace

Result<std::unique_ptr<LaunchedProcess>> launch(boost::asio::io_context& context,
                                                const LaunchPlan& plan) {
    const std::vector<const char*> environment = pointers(plan.environment);
    std::vector<const char*> words = pointers(plan.words);
    try {
        process::posix::default_launcher launcher;
        launcher.env = environment.data();
        process::process_stdio streams;
        streams.in.fd = plan.input;
        streams.out.fd = plan.output;
        streams.err.fd = plan.error;
        const ChildSetup setup{&plan.cgroups, plan.guard, ::getpid()};
        process::error_code error;
        process::process started =
            launcher(process::process::executor_type(context.get_executor()), error,
                     process::filesystem::path(plan.program), words.data(), streams, setup);
        if (error) {
            if (launcher.pid > 0) (void)::waitpid(launcher.pid, nullptr, 0);
            return failure("cannot start " + plan.program + ": " + error.message());
        }
        return std::unique_ptr<LaunchedProcess>(new BoostProcess(std::move(started)));
    } catch (const std::exception& exception) {
        return failure("cannot start " + plan.program + ": " + exception.what());
    }
}

}  // namespace memfit::plugin
