#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/load_command.h"
#include "load/load_host.h"
#include "memfit/documents/documents.h"
#include "memfit/error.h"
#include "memfit/observe/load/load_report.h"
#include "memfit/trial/floor.h"
#include "memfit/trial/memory_sample.h"
#include "memfit/trial/trial.h"
#include "memfit/trial/verdict.h"
#include "process/event_loop.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

class SideCommands;

struct LoadPlan {
    LoadCommand load;  ///< no words: the trial ends when it is ready (a probe without a load)
    std::optional<LoadCommand> warmup;
    LoadFormat format = LoadFormat::automatic;
    std::optional<double> timeoutSeconds;  ///< default: defaultLoadTimeout()
    double readyTimeoutSeconds = 60;
    std::optional<Floor> floor;
    /// Plain trials run with the GOMEMLIMIT and GOGC that the program has of itself: what they are
    /// is not known.
    bool keepEnv = false;
    bool sampling = true;                ///< false only to measure what sampling costs
    std::shared_ptr<LoadHost> host;      ///< where the commands run; null: on this machine
    std::shared_ptr<SideCommands> side;  ///< --setup, --prepare, --cleanup; null: none of them
    bool freshFolder = false;            ///< each trial gets a folder, for {dir}
};

/// When a load or a warm-up is cut where the user does not say: 3 x the slower of the two in the
/// run without a limit, at least 30 s; an hour in that run itself and where there was none.
[[nodiscard]] double defaultLoadTimeout(std::optional<double> unlimitedSeconds);

/// `settings` as far as they are known of a trial that runs with `keepEnv`.
[[nodiscard]] Settings knownSettings(Settings settings, bool keepEnv);

/// Where a trial is, for the progress line.
struct TrialMoment {
    enum class Phase { starting, warmingUp, loading, settling } phase = Phase::starting;
    double seconds = 0;  ///< since the trial's start
    std::optional<Usage> usage;
};

/// Everything one trial brought.
struct TrialRecord {
    Trial trial;
    std::optional<MemorySnapshot> idle;   ///< before the load
    std::optional<MemorySnapshot> peak;   ///< field-wise maximum over all snapshots
    std::vector<MemorySnapshot> samples;  ///< over time
    std::vector<MemorySample> timeline;   ///< of warm-up and load
    std::vector<Warning> warnings;        ///< from the load report, from a missing statistics page
    std::optional<Error> noStatistics;    ///< why there is no page; redacted
    std::string loadError;    ///< last lines of the load tool's stderr when it failed; redacted
    double loadSeconds = 0;   ///< spent in load and warm-up commands
    double readySeconds = 0;  ///< spent waiting for readiness
};

/// Runs trials. The experiment's loops know only this, so that tests can drive them with a
/// simulated one.
class TrialRunner {
public:
    TrialRunner() = default;
    TrialRunner(const TrialRunner&) = delete;
    TrialRunner& operator=(const TrialRunner&) = delete;
    virtual ~TrialRunner() = default;

    /// Runs these side by side, where the runner can; else one after the other.
    virtual void together(const std::vector<std::function<void()>>& tasks) {
        for (const auto& task : tasks) task();
    }

    /// One trial: start, ready, warm-up, load with samples, settled verdict, stop.
    /// Errors: interrupted, or what makes further trials pointless (program or load command not
    /// there, port taken). Everything else is an outcome.
    [[nodiscard]] virtual Result<TrialRecord> run(
        const Settings& settings, const std::function<void(const TrialMoment&)>& onMoment) = 0;

    /// As Testbed::admitted() and Testbed::tryAdmission().
    [[nodiscard]] virtual AdmittedLimits admitted() const { return {}; }
    [[nodiscard]] virtual Result<void> tryAdmission(const Settings& /*settings*/) { return {}; }

    /// A run without a limit has survived: others are judged by what it took and delivered.
    [[nodiscard]] virtual bool knowsUnlimited() const = 0;
};

/// Runs trials on a testbed with a load command.
/// The first survivor without a limit sets the default time-out and the `x` of the floor.
class LoadTrialRunner final : public TrialRunner {
public:
    LoadTrialRunner(EventLoop& loop, Testbed& testbed, LoadPlan plan);

    [[nodiscard]] Result<TrialRecord> run(
        const Settings& settings, const std::function<void(const TrialMoment&)>& onMoment) override;

    [[nodiscard]] bool knowsUnlimited() const override { return unlimitedPassed_; }
    [[nodiscard]] AdmittedLimits admitted() const override { return testbed_.admitted(); }
    [[nodiscard]] Result<void> tryAdmission(const Settings& settings) override {
        return testbed_.tryAdmission(settings);
    }

    void together(const std::vector<std::function<void()>>& tasks) override {
        loop_.together(tasks);
    }

private:
    struct FreshStart;
    [[nodiscard]] Result<FreshStart> prepare(const Settings& settings);
    [[nodiscard]] Result<void> checkPrograms() const;
    [[nodiscard]] bool largerLimitPassed(const Settings& settings) const;
    [[nodiscard]] std::optional<RequestCounts> withMoreMemory(const Settings& settings) const;
    void remember(const TrialRecord& record, double loadSeconds);

    EventLoop& loop_;
    Testbed& testbed_;
    LoadPlan plan_;
    std::optional<LoadReport> unlimited_;
    std::optional<double> unlimitedSeconds_;
    struct Survived {
        std::optional<Bytes> limit;
        RequestCounts counts;
    };
    std::vector<Survived> survived_;
    std::vector<Settings> failedStarts_;  ///< that ended before they were ready
    std::optional<Bytes> largestPassed_;  ///< largest limit that was survived
    bool unlimitedPassed_ = false;
};

}  // namespace memfit::plugin
