#include "process/child.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "process/exit_watch.h"
#include "process/group_guard.h"
#include "process/launch.h"
#include "process/output_buffer.h"
#include "system/system.h"
#include "system/unique_fd.h"

namespace memfit::plugin {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

namespace {

constexpr double drainSeconds = 0.1;
constexpr double killSeconds = 10;

/// The read end of one output stream of a child and what has come through it.
struct OutputStream {
    explicit OutputStream(asio::io_context& context) : pipe(context) {}

    Descriptor pipe;
    OutputBuffer buffer;
    std::array<char, std::size_t{64} * 1024> chunk{};
};

std::vector<std::string> environmentFor(const ChildOptions& options) {
    std::vector<std::string> result;
    for (const char* const* entry = ownEnvironment(); *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string name(text.substr(0, text.find('=')));
        const bool unset = std::ranges::find(options.unsetEnv, name) != options.unsetEnv.end();
        if (!unset && !options.env.contains(name)) result.emplace_back(text);
    }
    for (const auto& [name, value] : options.env)
        result.push_back(fmt::format("{}={}", name, value));
    return result;
}

std::string searchPathFor(const ChildOptions& options) {
    if (const auto set = options.env.find("PATH"); set != options.env.end()) return set->second;
    const char* const inherited = ::getenv("PATH");
    return inherited != nullptr ? inherited : "/usr/local/bin:/usr/bin:/bin";
}

enum class Candidate { usable, missing, folder, notExecutable };

Candidate inspect(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) == -1) {
        return errno == EACCES ? Candidate::notExecutable : Candidate::missing;
    }
    if (S_ISDIR(info.st_mode)) return Candidate::folder;
    return ::access(path.c_str(), X_OK) == 0 ? Candidate::usable : Candidate::notExecutable;
}

std::optional<Error> complaint(const std::string& path, Candidate candidate) {
    switch (candidate) {
        case Candidate::usable:
            return std::nullopt;
        case Candidate::missing:
            return failure(fmt::format("program {} does not exist", path), "check its path");
        case Candidate::folder:
            return failure(fmt::format("program {} is a folder", path), "name the program in it");
        case Candidate::notExecutable:
            return failure(fmt::format("program {} is not executable", path),
                           fmt::format("try chmod +x {}", path));
    }
    return std::nullopt;
}

}  // namespace

std::string ExitStatus::describe() const {
    if (signal == 0) return fmt::format("exit code {}", code);
    const char* const name = ::strsignal(signal);
    return fmt::format("signal {} ({})", signal, name != nullptr ? name : "unknown");
}

Result<std::string> findProgram(const std::string& program, std::string_view searchPath) {
    if (program.empty()) return usageError("the program's name is empty");
    if (program.find('/') != std::string::npos) {
        if (const auto error = complaint(program, inspect(program))) return *error;
        return program;
    }
    std::optional<Error> almost;
    while (true) {
        const std::size_t colon = searchPath.find(':');
        const std::string_view folder = searchPath.substr(0, colon);
        const std::string path = fmt::format("{}/{}", folder.empty() ? "." : folder, program);
        const Candidate candidate = inspect(path);
        if (candidate == Candidate::usable) return path;
        if (candidate == Candidate::notExecutable && !almost) almost = complaint(path, candidate);
        if (colon == std::string_view::npos) break;
        searchPath.remove_prefix(colon + 1);
    }
    if (almost) return *almost;
    return failure(fmt::format("program {} was not found on PATH", program),
                   "install it or give its path");
}

struct Child::State : std::enable_shared_from_this<Child::State> {
    explicit State(EventLoop& eventLoop)
        : loop(eventLoop),
          input(eventLoop.context()),
          out(eventLoop.context()),
          err(eventLoop.context()) {}

    EventLoop& loop;
    std::unique_ptr<LaunchedProcess> process;
    std::optional<GroupGuard> guard;
    pid_t pid = -1;
    std::optional<ExitStatus> exit;
    std::chrono::steady_clock::time_point endedAt;
    std::string inputText;
    std::unique_ptr<ExitWatch> watch;
    Descriptor input;
    OutputStream out, err;

    /// The status is read without reaping: while the main process is a zombie its number cannot be
    /// given to another process, so that signalling its group is safe until stop().
    void refresh() {
        if (exit || pid <= 0) return;
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == -1) {
            exit = ExitStatus{EXIT_FAILURE, 0};
        } else if (info.si_pid == pid) {
            exit = info.si_code == CLD_EXITED ? ExitStatus{info.si_status, 0}
                                              : ExitStatus{0, info.si_status};
        }
        if (exit) endedAt = std::chrono::steady_clock::now();
    }

    void read(OutputStream& stream) {
        stream.pipe.async_read_some(asio::buffer(stream.chunk),
                                    [self = shared_from_this(), &stream](
                                        const boost::system::error_code& error, std::size_t size) {
                                        stream.buffer.append({stream.chunk.data(), size});
                                        boost::system::error_code ignored;
                                        if (error) {
                                            stream.pipe.close(ignored);
                                        } else {
                                            self->read(stream);
                                        }
                                    });
    }

    void writeInput() {
        asio::async_write(input, asio::buffer(inputText),
                          [self = shared_from_this()](const boost::system::error_code& /*error*/,
                                                      std::size_t /*size*/) {
                              boost::system::error_code ignored;
                              self->input.close(ignored);
                          });
    }

    [[nodiscard]] bool outputEnded() const { return !out.pipe.is_open() && !err.pipe.is_open(); }

    void closeAll() {
        guard.reset();
        watch.reset();
        boost::system::error_code ignored;
        input.close(ignored);
        out.pipe.close(ignored);
        err.pipe.close(ignored);
    }

    void signalGroup(int signal) const {
        if (process) (void)::kill(-pid, signal);
    }
};

namespace {

/// The child's end of an output stream; the other end goes to `stream`.
Result<UniqueFd> openOutput(const OutputPlan& plan, OutputStream& stream) {
    if (plan.to == OutputTo::discard) return UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (plan.to == OutputTo::ourStderr) {
        return UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    }
    stream.buffer = OutputBuffer(
        plan.to == OutputTo::tail ? OutputBuffer::Keep::tail : OutputBuffer::Keep::head,
        plan.limit);
    auto pipe = makePipe();
    if (!pipe) return pipe.error();
    stream.pipe.assign(pipe->readEnd.release());
    return std::move(pipe->writeEnd);
}

Result<UniqueFd> openInput(const std::optional<std::string>& text, Descriptor& descriptor) {
    if (!text) return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    auto pipe = makePipe();
    if (!pipe) return pipe.error();
    descriptor.assign(pipe->writeEnd.release());
    return std::move(pipe->readEnd);
}

}  // namespace

Child::Child(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Child>> Child::start(EventLoop& loop, const std::vector<std::string>& words,
                                            const ChildOptions& options) {
    if (words.empty()) return usageError("no program was given");
    const auto program = findProgram(words.front(), searchPathFor(options));
    if (!program) return program.error();
    auto state = std::make_shared<State>(loop);
    std::unique_ptr<Child> child(new Child(state));
    auto guard = GroupGuard::start();
    if (!guard) return guard.error();
    state->guard.emplace(*std::move(guard));
    auto input = openInput(options.input, state->input);
    if (!input) return input.error();
    auto out = openOutput(options.out, state->out);
    if (!out) return out.error();
    auto err = openOutput(options.err, state->err);
    if (!err) return err.error();
    auto process =
        launch(loop.context(), {*program, words, environmentFor(options), input->get(), out->get(),
                                err->get(), options.cgroups, state->guard->entry()});
    if (!process) return process.error();
    state->process = std::move(*process);
    state->pid = state->process->pid();
    auto watch = watchExit(loop.context(), state->pid, [state] {
        state->refresh();
        return state->exit.has_value();
    });
    if (!watch) {
        return failure(fmt::format("cannot watch {}: {}", words.front(), watch.error().what));
    }
    state->watch = *std::move(watch);
    if (state->out.pipe.is_open()) state->read(state->out);
    if (state->err.pipe.is_open()) state->read(state->err);
    if (options.input) {
        state->inputText = *options.input;
        state->writeInput();
    }
    return child;
}

Child::~Child() {
    stop({});
}

pid_t Child::pid() const {
    return state_->pid;
}
bool Child::running() const {
    return state_->process && !state_->exit;
}
std::optional<ExitStatus> Child::exit() const {
    return state_->exit;
}
std::chrono::steady_clock::time_point Child::endedAt() const {
    return state_->endedAt;
}
void Child::refresh() {
    state_->refresh();
}
bool Child::outputEnded() const {
    return state_->outputEnded();
}
std::string_view Child::out() const {
    return state_->out.buffer.text();
}
std::string_view Child::err() const {
    return state_->err.buffer.text();
}
std::uint64_t Child::outDropped() const {
    return state_->out.buffer.dropped();
}
std::uint64_t Child::errDropped() const {
    return state_->err.buffer.dropped();
}

void Child::drain(double seconds) {
    (void)state_->loop.waitThroughSignals([this] { return outputEnded(); }, seconds);
}

void Child::stop(std::span<const StopStep> steps) {
    State& state = *state_;
    if (!state.process) {
        state.closeAll();
        return;
    }
    const auto ended = [&state] {
        state.refresh();
        return state.exit.has_value();
    };
    for (const StopStep& step : steps) {
        if (ended()) break;
        state.signalGroup(step.signal);
        (void)state.loop.waitThroughSignals(ended, step.graceSeconds);
    }
    state.signalGroup(SIGKILL);
    (void)state.loop.waitThroughSignals(ended, killSeconds);
    drain(drainSeconds);
    // While the group's number cannot belong to another group yet.
    state.guard.reset();
    state.process.reset();
    state.closeAll();
}

void Child::terminate(double graceSeconds) {
    const std::array steps{StopStep{SIGTERM, graceSeconds}};
    stop(steps);
}

}  // namespace memfit::plugin
