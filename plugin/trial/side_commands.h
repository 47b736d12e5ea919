#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "process/child.h"
#include "trial/trial_runner.h"

namespace memfit::plugin {

/// How long one side command may take.
inline constexpr double sideCommandSeconds = 300;

/// The commands beside the load: --setup before the first trial, --prepare before each, --cleanup
/// at the end.
struct SidePlan {
    std::optional<LoadCommand> setup, prepare, cleanup;
    double timeoutSeconds = sideCommandSeconds;  ///< of each

    [[nodiscard]] bool empty() const { return !setup && !prepare && !cleanup; }
};

/// Runs them on this machine, each as a child in a process group of its own. What a command leaves
/// running in its group lives as long as what it was for: after --setup until the end, after
/// --prepare until the end of the trial.
///
/// Errors of all commands: not found; an exit code other than 0, with its last lines; not done in
/// time (it was ended); kind interrupted (it was ended too).
class SideCommands {
public:
    using Say = std::function<void(const std::string&)>;
    /// `detail` is told what runs and what it printed, `warn` that --cleanup failed; all redacted.
    SideCommands(EventLoop& loop, SidePlan plan, Say detail, Say warn);
    SideCommands(const SideCommands&) = delete;
    SideCommands& operator=(const SideCommands&) = delete;
    /// Runs --cleanup, once begin() has started anything, also after a signal. A further signal
    /// ends it.
    ~SideCommands();

    /// Sees that all of the commands are there, and runs --setup. Later calls do nothing.
    [[nodiscard]] Result<void> begin();

    /// Runs --prepare, one at a time where trials run side by side. What is returned has ended;
    /// destroying it ends what it left running. Null without such a command.
    [[nodiscard]] Result<std::unique_ptr<Child>> prepare(const std::string& folder);

    /// Spent in --setup and --prepare so far.
    [[nodiscard]] double seconds() const { return seconds_; }

private:
    [[nodiscard]] Result<std::unique_ptr<Child>> toItsEnd(std::string_view flag,
                                                          const LoadCommand& command,
                                                          const std::string& folder);
    void cleanUp();
    void tell(const Child& child);

    EventLoop& loop_;
    SidePlan plan_;
    Say detail_, warn_;
    bool begun_ = false;
    bool preparing_ = false;
    double seconds_ = 0;
    std::unique_ptr<Child> setup_;
};

}  // namespace memfit::plugin
