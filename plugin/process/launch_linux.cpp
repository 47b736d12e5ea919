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
#include <utility>

#include "process/child_setup.h"
#include "process/launch.h"

namespace memfit::plugin {

namespace process = boost::process::v2;

namespace {

/// Boost.Process's way to run ChildSetup in the child.
struct InChild {
    const ChildSetup* setup = nullptr;

    template <class Launcher>
    process::error_code on_exec_setup(Launcher& /*launcher*/, const auto& /*program*/,
                                      const char* const* /*words*/) const {
        return {setup->apply(), boost::system::system_category()};
    }

    /// Leaves without our exit handlers and without flushing our streams a second time.
    template <class... Ignored>
    void on_exec_error(Ignored&&... /*ignored*/) const {
        ::_exit(127);
    }
};

class BoostProcess final : public LaunchedProcess {
public:
    explicit BoostProcess(process::process process) : process_(std::move(process)) {}
    [[nodiscard]] int pid() const override { return process_.id(); }

private:
    process::process process_;
};

}  // namespace

Result<std::unique_ptr<LaunchedProcess>> launch(boost::asio::io_context& context,
                                                const LaunchPlan& plan) {
    const std::vector<const char*> environment = argumentPointers(plan.environment);
    std::vector<const char*> words = argumentPointers(plan.words);
    try {
        process::posix::default_launcher launcher;
        launcher.env = environment.data();
        process::process_stdio streams;
        streams.in.fd = plan.input;
        streams.out.fd = plan.output;
        streams.err.fd = plan.error;
        const ChildSetup setup(plan);
        process::error_code error;
        process::process started = launcher(process::process::executor_type(context.get_executor()),
                                            error, process::filesystem::path(plan.program),
                                            words.data(), streams, InChild{&setup});
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
