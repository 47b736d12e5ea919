#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// How a process ended.
struct ExitStatus {
    int code = 0;    ///< exit code; meaningless when a signal ended it
    int signal = 0;  ///< the signal that ended it; 0: it exited by itself

    /// As a shell tells it: the exit code, or 128 + signal.
    [[nodiscard]] int shellCode() const { return signal == 0 ? code : 128 + signal; }
    [[nodiscard]] bool success() const { return signal == 0 && code == 0; }
    /// `exit code 2`, `signal 9 (Killed)`.
    [[nodiscard]] std::string describe() const;

    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// Where an output stream of a child goes.
enum class OutputTo {
    capture,    ///< kept from its beginning, up to the limit
    tail,       ///< its last bytes are kept, up to the limit
    discard,    ///< /dev/null
    ourStderr,  ///< shared with our own standard error
};

struct OutputPlan {
    OutputTo to = OutputTo::capture;
    std::size_t limit = std::size_t{64} * 1024 * 1024;  ///< bytes kept; the rest is dropped
};

struct ChildOptions {
    std::map<std::string, std::string> env;  ///< set on top of our own environment
    std::vector<std::string> unsetEnv;       ///< removed from it
    std::optional<std::string> input;        ///< standard input; nullopt: /dev/null
    OutputPlan out;
    OutputPlan err;
    /// Open `cgroup.procs` files (not owned) that the child joins before it executes the program.
    std::vector<int> cgroups;
};

/// One step of ending a process: this signal to its group, then time to obey.
struct StopStep {
    int signal = 0;
    double graceSeconds = 0;
};

/// Where `program` is: itself when it holds a slash, else looked up in `searchPath` (colon
/// separated; an empty part is the current folder). Errors (kind failed): not found, a folder, not
/// executable, each said as such.
[[nodiscard]] Result<std::string> findProgram(const std::string& program,
                                              std::string_view searchPath);

/// A running program. It has its own process group, which dies with us (also at our SIGKILL), gets
/// default signal handling, no descriptor but its three streams, and is never given to a shell.
/// Destroying it kills whatever is left of its group and reaps it.
class Child {
public:
    /// Starts `words` (program and arguments). Errors: not found, not executable, cannot be
    /// started.
    [[nodiscard]] static Result<std::unique_ptr<Child>> start(EventLoop& loop,
                                                              const std::vector<std::string>& words,
                                                              const ChildOptions& options);

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    [[nodiscard]] pid_t pid() const;
    /// The main process has not ended (as far as the loop has run).
    [[nodiscard]] bool running() const;
    /// nullopt while it runs.
    [[nodiscard]] std::optional<ExitStatus> exit() const;
    /// When the main process was seen to end; meaningless while it runs.
    [[nodiscard]] std::chrono::steady_clock::time_point endedAt() const;
    /// Looks at the process itself, without the loop.
    void refresh();
    /// Both captured streams have ended. A process that the program started and left behind may
    /// keep them open after its end.
    [[nodiscard]] bool outputEnded() const;

    /// What was kept so far.
    [[nodiscard]] std::string_view out() const;
    [[nodiscard]] std::string_view err() const;
    /// Bytes of each stream that were beyond the limit.
    [[nodiscard]] std::uint64_t outDropped() const;
    [[nodiscard]] std::uint64_t errDropped() const;

    /// After the end of the main process: gives its last output a moment (at most `seconds`) to
    /// arrive.
    void drain(double seconds);

    /// Ends the process: the steps in order until it obeys, then SIGKILL to what is left of its
    /// group; reaps it and closes the streams. Signals to us do not cut this short.
    void stop(std::span<const StopStep> steps);
    /// SIGTERM with `graceSeconds`, then SIGKILL.
    void terminate(double graceSeconds = 0.2);

private:
    struct State;
    explicit Child(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace memfit::plugin
