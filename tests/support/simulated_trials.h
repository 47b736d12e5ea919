#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "trial/trial_runner.h"

namespace memfit::plugin::testing {

/// A service whose demand is exactly `demand`: killed below it, fast above it; with GOMEMLIMIT set
/// it runs from `leastWithGomemlimit` on and is faster the more it has.
class SimulatedTrials final : public TrialRunner {
public:
    Bytes demand = 17 * MiB + MiB / 2;
    Bytes leastWithGomemlimit = 14 * MiB;
    bool tellsSys = true;
    /// Smaller limits are refused.
    Bytes admitsFrom = 0;
    /// Whether that is known beforehand; else a refusal tells.
    bool tellsAdmission = false;
    /// Outcomes to return first, whatever the settings.
    std::deque<Outcome> first;
    /// After so many trials every further one is interrupted.
    std::optional<std::size_t> interruptAfter;
    std::vector<Settings> seen;
    std::vector<Bytes> refused;
    /// How many trials were wanted side by side, each time.
    std::vector<std::size_t> batches;

    void together(const std::vector<std::function<void()>>& tasks) override {
        batches.push_back(tasks.size());
        TrialRunner::together(tasks);
    }

    Result<TrialRecord> run(const Settings& settings,
                            const std::function<void(const TrialMoment&)>& onMoment) override {
        if (interruptAfter && seen.size() >= *interruptAfter) return EventLoop::interruption();
        if (settings.limit && *settings.limit < admitsFrom) {
            refused.push_back(*settings.limit);
            tellsAdmission = true;
            return failure(admitted().why(*settings.limit));
        }
        seen.push_back(settings);
        onMoment({TrialMoment::Phase::loading, 0.1, Usage{}});
        TrialRecord record;
        record.trial.settings = settings;
        record.trial.seconds = 1.5;
        record.trial.outcome = outcomeOf(settings);
        if (!first.empty()) {
            record.trial.outcome = first.front();
            record.trial.note = "as told";
            first.pop_front();
        }
        if (record.trial.outcome == Outcome::survived) fill(record);
        unlimitedSurvived_ =
            unlimitedSurvived_ || (!settings.limit && record.trial.outcome == Outcome::survived);
        return record;
    }

    [[nodiscard]] bool knowsUnlimited() const override { return unlimitedSurvived_; }

    [[nodiscard]] AdmittedLimits admitted() const override {
        if (admitsFrom == 0 || !tellsAdmission) return {};
        return {admitsFrom, "LimitRange sizes", std::nullopt, ""};
    }

private:
    bool unlimitedSurvived_ = false;

    [[nodiscard]] Outcome outcomeOf(const Settings& settings) const {
        const Bytes needed = settings.mode == Mode::plain ? demand : leastWithGomemlimit;
        return !settings.limit || *settings.limit >= needed ? Outcome::survived
                                                            : Outcome::oomKilled;
    }

    void fill(TrialRecord& record) const {
        const auto& settings = record.trial.settings;
        LoadReport load;
        load.tool = "hey";
        load.requests = 1000;
        load.errors = 0;
        load.non2xx = 0;
        const double gain =
            settings.mode == Mode::gomemlimit && *settings.limit >= 2 * demand ? 1.2 : 1.0;
        load.requestsPerSecond = 700 * gain;
        load.totalSeconds = 1000 / *load.requestsPerSecond;
        record.trial.load = load;
        Usage usage;
        usage.peak = settings.mode == Mode::plain ? demand : *settings.limit;
        usage.demand = usage.peak;
        record.trial.usage = usage;
        if (!tellsSys) return;
        MemorySnapshot memory;
        memory.sys = 23 * MiB;
        memory.heapReleased = 2 * MiB;
        memory.source = StatsSource::expvar;
        record.idle = memory;
        record.peak = memory;
        record.trial.memory = memory;
    }
};

}  // namespace memfit::plugin::testing
