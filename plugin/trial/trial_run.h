#pragma once

#include <functional>
#include <optional>
#include <string>

#include "memfit/trial/verdict.h"
#include "trial/sampler.h"
#include "trial/trial_runner.h"

namespace memfit::plugin {

/// One trial on an instance that has been started. Collects the record and the facts from which
/// the verdict is drawn.
class TrialRun {
public:
    TrialRun(EventLoop& loop, Instance& instance, const LoadPlan& plan,
             const std::function<void(const TrialMoment&)>& onMoment);

    /// Ready, warm-up, load, settling. Errors: kind interrupted; the load command cannot be
    /// started.
    [[nodiscard]] Result<void> perform(double loadTimeout);

    TrialRecord record;
    TrialFacts facts;
    double measuredSeconds = 0;  ///< the slower of load and warm-up

private:
    struct LoadRun {
        LoadOutput output;
        bool cut = false;  ///< by the time-out
    };
    [[nodiscard]] Result<void> load(double timeout);
    void takeWarnings(const ParsedLoad& parsed);
    [[nodiscard]] Result<LoadRun> runCommand(const LoadCommand& command, double timeout);
    [[nodiscard]] Result<void> settle();
    [[nodiscard]] Result<void> snapshot(bool late);
    [[nodiscard]] Result<void> beginCost();
    void endCost();
    void add(const MemorySnapshot& snapshot);
    void addToTimeline(const MemorySnapshot& snapshot);
    [[nodiscard]] double snapshotEverySeconds() const;

    EventLoop& loop_;
    Instance& instance_;
    const LoadPlan& plan_;
    LocalLoadHost here_;
    LoadHost& host_;
    Sampler sampler_;
    bool snapshotsWork_ = false;
    std::optional<MemorySnapshot> fresh_;  ///< what the last snapshot() brought
    std::optional<CostReading> costBefore_, costAfter_;
};

}  // namespace memfit::plugin
