#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process/child.h"
#include "process/event_loop.h"
#include "support/world.h"
#include "testbed/local/processes.h"

namespace memfit::test {

/// How a run of the program ended.
struct BinaryEnd {
    int code = 0;  ///< as a shell tells it
    std::string out;
    std::string err;
};

struct BinarySetup {
    std::vector<std::string> before = {};  ///< words of a program that executes the binary
    std::optional<std::string> input = {};
    std::map<std::string, std::string> env = {};
    double patienceSeconds = 30;  ///< how long its end is waited for
};

/// A run of kubectl-memfit. Every process that comes of it bears a mark in its environment, so that
/// what it leaves behind is found wherever it hides.
class Binary {
public:
    explicit Binary(const std::vector<std::string>& arguments, BinarySetup setup = {}) {
        static int runs = 0;
        mark_ = fmt::format("{}-{}", ::getpid(), ++runs);
        std::vector<std::string> words = std::move(setup.before);
        words.emplace_back(MEMFIT_BINARY);
        words.insert(words.end(), arguments.begin(), arguments.end());
        plugin::ChildOptions options;
        options.env = std::move(setup.env);
        options.env[markName] = mark_;
        options.input = std::move(setup.input);
        auto started = plugin::Child::start(loop_, words, options);
        REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().message()));
        child_ = *std::move(started);
        patienceSeconds_ = setup.patienceSeconds;
    }

    [[nodiscard]] pid_t pid() const { return child_->pid(); }
    [[nodiscard]] plugin::EventLoop& loop() { return loop_; }
    [[nodiscard]] bool running() const { return child_->running(); }
    void signal(int number) const { REQUIRE(::kill(pid(), number) == 0); }

    /// Waits until a process of this name has come of the run; the test ends when none does.
    void awaitProcess(const std::string& name) {
        REQUIRE(comesTrue(
            loop_,
            [&] {
                for (const pid_t process : processes()) {
                    if (plugin::processName(process) == name) return true;
                }
                return false;
            },
            patienceSeconds_));
    }

    /// Waits for the end without looking at what is left.
    BinaryEnd awaitEnd() {
        const auto ended = [this] { return !child_->running(); };
        REQUIRE(loop_.waitUntil(ended, patienceSeconds_) == plugin::WaitEnd::ready);
        child_->drain(1);
        return {child_->exit().value_or(plugin::ExitStatus{}).shellCode(),
                std::string(child_->out()), std::string(child_->err())};
    }

    /// Waits for the end, after which no process and no cgroup may be left.
    BinaryEnd end() {
        const auto end = awaitEnd();
        CHECK(processNames() == std::vector<std::string>{});
        CHECK(cgroups() == std::vector<std::string>{});
        return end;
    }

    /// Names of the processes that came of the run and are there now.
    [[nodiscard]] std::vector<std::string> processNames() const {
        std::vector<std::string> names;
        for (const pid_t process : processes()) names.push_back(plugin::processName(process));
        return names;
    }

    /// Folders of the cgroups that the run made and that are there now.
    [[nodiscard]] std::vector<std::string> cgroups() const {
        namespace fs = std::filesystem;
        const std::string prefix = fmt::format("memfit-{}-", pid());
        std::vector<std::string> found;
        std::error_code error;
        fs::recursive_directory_iterator entry(
            "/sys/fs/cgroup", fs::directory_options::skip_permission_denied, error);
        while (!error && entry != fs::recursive_directory_iterator()) {
            if (entry->path().filename().native().starts_with(prefix)) {
                found.push_back(entry->path().string());
            }
            entry.increment(error);
        }
        return found;
    }

private:
    static constexpr const char* markName = "MEMFIT_TEST_RUN";

    /// A process that ended and was not reaped has no environment any more.
    [[nodiscard]] std::vector<pid_t> processes() const {
        const std::string wanted = fmt::format("{}={}", markName, mark_) + '\0';
        std::vector<pid_t> found;
        for (const pid_t process : plugin::allProcesses()) {
            if (process == pid()) continue;
            const auto environment = plugin::readProcFile(fmt::format("/proc/{}/environ", process));
            if (environment.find(wanted) != std::string::npos) found.push_back(process);
        }
        return found;
    }

    plugin::EventLoop loop_;
    std::unique_ptr<plugin::Child> child_;
    std::string mark_;
    double patienceSeconds_ = 0;
};

/// Runs the program to its end and checks that it leaves nothing behind.
inline BinaryEnd memfitRun(const std::vector<std::string>& arguments, BinarySetup setup = {}) {
    return Binary(arguments, std::move(setup)).end();
}

/// A command line that measures `hungry`, listening on `port`, with `load`. `flags` come after the
/// command, `hungry` are options of the program before it serves.
struct HungryCommand {
    std::string command = "squeeze";
    std::vector<std::string> flags = {};
    std::string load = MEMFIT_HUNGRY " --get {port} 3";
    std::vector<std::string> hungry = {};
    int port = freePort();

    [[nodiscard]] std::vector<std::string> words() const {
        std::vector<std::string> all{command, "--local", "-q", "--port", std::to_string(port)};
        if (!load.empty()) all.insert(all.end(), {"--load", load});
        all.insert(all.end(), flags.begin(), flags.end());
        all.insert(all.end(), {"--", MEMFIT_HUNGRY});
        all.insert(all.end(), hungry.begin(), hungry.end());
        all.insert(all.end(), {"--listen", std::to_string(port), "--serve"});
        return all;
    }
};

}  // namespace memfit::test

/// Ends the test, visibly, where a program that it needs is not installed.
#define MEMFIT_PROGRAM_OR_SKIP(name)                               \
    if (!memfit::plugin::findProgram(name, std::getenv("PATH"))) { \
        MESSAGE("skipped: " << (name) << " is not installed");     \
        return;                                                    \
    }
