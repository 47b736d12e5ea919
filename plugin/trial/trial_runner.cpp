#include "trial/trial_runner.h"

#include <algorithm>
#include <utility>

#include "journal/private_folder.h"
#include "testbed/stats_page.h"
#include "trial/side_commands.h"
#include "trial/trial_run.h"

namespace memfit::plugin {

namespace {

constexpr double smallestTimeout = 30;
constexpr double timesUnlimited = 3;
/// The time-out when no run without a limit says how long the load takes.
constexpr double timeoutWithoutUnlimited = 3600;

/// A load command that is not there should be told before the first instance is started.
Result<void> checkProgram(LoadHost& host, const LoadCommand& command) {
    if (command.words.front().find('{') != std::string::npos) return {};
    return host.check(command.words.front());
}

}  // namespace

double defaultLoadTimeout(std::optional<double> unlimitedSeconds) {
    if (!unlimitedSeconds) return timeoutWithoutUnlimited;
    return std::max(smallestTimeout, timesUnlimited * *unlimitedSeconds);
}

Settings knownSettings(Settings settings, bool keepEnv) {
    if (keepEnv && settings.mode == Mode::plain) {
        settings.gomemlimit.reset();
        settings.gogc.reset();
    }
    return settings;
}

LoadTrialRunner::LoadTrialRunner(EventLoop& loop, Testbed& testbed, LoadPlan plan)
    : loop_(loop), testbed_(testbed), plan_(std::move(plan)) {
    if (!plan_.host) plan_.host = std::make_shared<LocalLoadHost>(loop);
}

bool LoadTrialRunner::largerLimitPassed(const Settings& settings) const {
    if (!settings.limit) return false;
    return unlimitedPassed_ || (largestPassed_ && *largestPassed_ > *settings.limit);
}

std::optional<RequestCounts> LoadTrialRunner::withMoreMemory(const Settings& settings) const {
    std::optional<RequestCounts> sum;
    for (const auto& [limit, counts] : survived_) {
        if (!settings.limit || (limit && *limit <= *settings.limit)) continue;
        if (!sum) sum.emplace();
        sum->requests += counts.requests;
        sum->failures += counts.failures;
    }
    return sum;
}

void LoadTrialRunner::remember(const TrialRecord& record, double loadSeconds) {
    if (record.trial.outcome != Outcome::survived) return;
    if (record.trial.load) {
        if (const auto counts = requestCounts(*record.trial.load))
            survived_.push_back({record.trial.settings.limit, *counts});
    }
    if (const auto limit = record.trial.settings.limit) {
        largestPassed_ = std::max(largestPassed_.value_or(0), *limit);
        return;
    }
    if (!unlimitedPassed_) {
        unlimited_ = record.trial.load;
        unlimitedSeconds_ = loadSeconds;
    }
    unlimitedPassed_ = true;
}

Result<void> LoadTrialRunner::checkPrograms() const {
    if (!plan_.load.words.empty()) {
        if (auto there = checkProgram(*plan_.host, plan_.load); !there) return there;
    }
    return plan_.warmup ? checkProgram(*plan_.host, *plan_.warmup) : Result<void>{};
}

/// Things that each trial gets for itself. They outlive the instance.
struct LoadTrialRunner::FreshStart {
    std::optional<PrivateFolder> folder;
    std::unique_ptr<Child> prepared;  ///< what --prepare left running

    [[nodiscard]] std::string path() const { return folder ? folder->path().string() : ""; }
};

Result<LoadTrialRunner::FreshStart> LoadTrialRunner::prepare(const Settings& settings) {
    FreshStart fresh;
    if (plan_.side) {
        // A user who says no to the testbed's question has had nothing run.
        if (auto agreed = testbed_.begin(settings); !agreed) return agreed.error();
        if (auto begun = plan_.side->begin(); !begun) return begun.error();
    }
    if (plan_.freshFolder) {
        auto folder = PrivateFolder::makeForData();
        if (!folder) return folder.error();
        fresh.folder.emplace(*std::move(folder));
    }
    if (plan_.side) {
        auto prepared = plan_.side->prepare(fresh.path());
        if (!prepared) return prepared.error();
        fresh.prepared = *std::move(prepared);
    }
    return fresh;
}

Result<TrialRecord> LoadTrialRunner::run(const Settings& settings,
                                         const std::function<void(const TrialMoment&)>& onMoment) {
    if (auto there = checkPrograms(); !there) return there.error();
    if (loop_.signal()) return EventLoop::interruption();
    const auto fresh = prepare(settings);
    if (!fresh) return fresh.error();
    const auto start = std::chrono::steady_clock::now();
    const Timestamp startedAt = timestampNow();
    auto instance = testbed_.start(settings, fresh->path());
    if (!instance) return instance.error();
    LoadPlan plan = plan_;
    plan.load.words = withFolder(std::move(plan.load.words), fresh->path());
    if (plan.warmup) plan.warmup->words = withFolder(std::move(plan.warmup->words), fresh->path());
    TrialRun trial(loop_, **instance, plan, onMoment);
    const double timeout = plan_.timeoutSeconds.value_or(defaultLoadTimeout(unlimitedSeconds_));
    if (auto done = trial.perform(timeout); !done) return done.error();
    TrialFacts& facts = trial.facts;
    facts.limit = settings.limit;
    facts.largerLimitPassed = largerLimitPassed(settings);
    facts.withMoreMemory = withMoreMemory(settings);
    if (facts.mainProcessEnded && !facts.everReady) {
        facts.failedStartBefore = std::ranges::find(failedStarts_, settings) != failedStarts_.end();
        failedStarts_.push_back(settings);
    }
    if (plan_.floor && facts.load)
        facts.missedFloor = plan_.floor->missedBy(*facts.load, unlimited_);
    TrialRecord& record = trial.record;
    Verdict verdict = judge(facts);
    record.trial.settings = knownSettings(settings, plan_.keepEnv);
    record.trial.outcome = verdict.outcome;
    record.trial.note = std::move(verdict.note);
    record.trial.load = facts.load;
    record.trial.startedAt = startedAt;
    record.trial.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    remember(record, trial.measuredSeconds);
    return std::move(record);
}

}  // namespace memfit::plugin
