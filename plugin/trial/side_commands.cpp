#include "trial/side_commands.h"

#include <fmt/format.h>

#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "text/last_lines.h"
#include "text/redact.h"

namespace memfit::plugin {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double lateOutputSeconds = 0.2;
constexpr std::array stopCommand{StopStep{SIGTERM, 2}};

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

ChildOptions outputsKept() {
    constexpr std::size_t longest = std::size_t{64} * 1024;
    ChildOptions options;
    options.out = options.err = {OutputTo::tail, longest};
    return options;
}

Error cannotRun(std::string_view flag, const Error& error) {
    Error shown = error;
    shown.what = fmt::format("--{}: {}", flag, error.what);
    return shown;
}

/// The text for a command that failed: `--prepare ended with exit code 1: no such file`.
std::string ended(std::string_view flag, const std::string& how, const Child& child) {
    const auto last = lastLines(child.err());
    return fmt::format("--{} {}{}{}", flag, how, last.empty() ? "" : ": ", last);
}

Result<void> check(std::string_view flag, const std::optional<LoadCommand>& command) {
    if (!command) return {};
    const char* const path = std::getenv("PATH");
    const auto found = findProgram(command->words.front(), path != nullptr ? path : "");
    if (!found) return cannotRun(flag, found.error());
    return {};
}

}  // namespace

SideCommands::SideCommands(EventLoop& loop, SidePlan plan, Say detail, Say warn)
    : loop_(loop), plan_(std::move(plan)), detail_(std::move(detail)), warn_(std::move(warn)) {}

SideCommands::~SideCommands() {
    if (begun_ && plan_.cleanup) cleanUp();
}

Result<void> SideCommands::begin() {
    if (begun_) return {};
    if (auto there = check("setup", plan_.setup); !there) return there;
    if (auto there = check("prepare", plan_.prepare); !there) return there;
    if (auto there = check("cleanup", plan_.cleanup); !there) return there;
    if (loop_.signal()) return EventLoop::interruption();
    begun_ = true;
    if (!plan_.setup) return {};
    auto done = toItsEnd("setup", *plan_.setup, "");
    if (!done) return done.error();
    setup_ = *std::move(done);
    return {};
}

Result<std::unique_ptr<Child>> SideCommands::prepare(const std::string& folder) {
    if (!plan_.prepare) return std::unique_ptr<Child>();
    if (loop_.waitUntil([this] { return !preparing_; }, std::nullopt) == WaitEnd::interrupted) {
        return EventLoop::interruption();
    }
    preparing_ = true;
    auto done = toItsEnd("prepare", *plan_.prepare, folder);
    preparing_ = false;
    return done;
}

Result<std::unique_ptr<Child>> SideCommands::toItsEnd(std::string_view flag,
                                                      const LoadCommand& command,
                                                      const std::string& folder) {
    const auto start = Clock::now();
    const auto words = withFolder(command.words, folder);
    detail_(fmt::format("{}: {}", flag, shownCommand(words)));
    auto started = Child::start(loop_, words, outputsKept());
    if (!started) return cannotRun(flag, started.error());
    Child& child = **started;
    const auto end = loop_.waitUntil([&child] { return !child.running(); }, plan_.timeoutSeconds);
    if (child.running()) child.stop(stopCommand);
    child.drain(lateOutputSeconds);
    seconds_ += secondsSince(start);
    tell(child);
    if (end == WaitEnd::interrupted) return EventLoop::interruption();
    if (end == WaitEnd::timedOut) {
        return failure(
            ended(flag,
                  fmt::format("was still running after {:g} s and was ended", plan_.timeoutSeconds),
                  child),
            "run it by hand and see what it waits for: " + command.text);
    }
    const auto exit = child.exit().value_or(ExitStatus{});
    if (!exit.success()) {
        return failure(ended(flag, "ended with " + exit.describe(), child),
                       "run it by hand and see why it fails: " + command.text);
    }
    return started;
}

void SideCommands::cleanUp() {
    detail_(fmt::format("cleanup: {}", plan_.cleanup->text));
    auto started = Child::start(loop_, plan_.cleanup->words, outputsKept());
    if (!started) {
        warn_(fmt::format("warning: {}", cannotRun("cleanup", started.error()).message()));
        return;
    }
    Child& child = **started;
    const auto before = loop_.signals();
    const bool done = loop_.waitThroughSignals(
        [&] { return !child.running() || loop_.signals() > before; }, plan_.timeoutSeconds);
    const bool cut = child.running();
    if (cut) child.stop(stopCommand);
    child.drain(lateOutputSeconds);
    tell(child);
    const auto exit = child.exit().value_or(ExitStatus{});
    if (!cut && exit.success()) return;
    const auto how =
        !cut   ? "ended with " + exit.describe()
        : done ? "was ended by the signal"
               : fmt::format("was still running after {:g} s and was ended", plan_.timeoutSeconds);
    warn_(fmt::format("warning: {}; run it by hand: {}", ended("cleanup", how, child),
                      plan_.cleanup->text));
}

/// What it printed, a line each.
void SideCommands::tell(const Child& child) {
    for (std::string_view text : {child.out(), child.err()}) {
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            if (end > 0) detail_("  " + redactText(text.substr(0, end)));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }
}

}  // namespace memfit::plugin
