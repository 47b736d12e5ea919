#pragma once

#include <memory>
#include <string>
#include <vector>

#include "memfit/error.h"
#include "memfit/observe/load/load_report.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// A load command that has been started. Destroying it ends it.
class RunningLoad {
public:
    RunningLoad() = default;
    RunningLoad(const RunningLoad&) = delete;
    RunningLoad& operator=(const RunningLoad&) = delete;
    virtual ~RunningLoad() = default;

    /// Cheap: asked after every event of the loop.
    [[nodiscard]] virtual bool running() = 0;
    /// Ends it; most load tools print their report then.
    virtual void stop() = 0;
    /// What it printed, its exit code and wall time; only when it no longer runs.
    [[nodiscard]] virtual LoadOutput output() = 0;
    /// Part of what it printed was too much to keep.
    [[nodiscard]] virtual bool outputCut() const = 0;
};

/// Where load commands run.
class LoadHost {
public:
    LoadHost() = default;
    LoadHost(const LoadHost&) = delete;
    LoadHost& operator=(const LoadHost&) = delete;
    virtual ~LoadHost() = default;

    /// Is the program of these words there, as far as can be told beforehand?
    [[nodiscard]] virtual Result<void> check(const std::string& program) = 0;
    /// Errors: cannot be started; kind interrupted.
    [[nodiscard]] virtual Result<std::unique_ptr<RunningLoad>> start(
        const std::vector<std::string>& words) = 0;
};

/// On this machine, as a child of ours.
class LocalLoadHost final : public LoadHost {
public:
    explicit LocalLoadHost(EventLoop& loop) : loop_(loop) {}
    [[nodiscard]] Result<void> check(const std::string& program) override;
    [[nodiscard]] Result<std::unique_ptr<RunningLoad>> start(
        const std::vector<std::string>& words) override;

private:
    EventLoop& loop_;
};

}  // namespace memfit::plugin
