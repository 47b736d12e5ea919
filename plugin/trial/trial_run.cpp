#include "trial/trial_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "text/last_lines.h"
#include "text/redact.h"

namespace memfit::plugin {

namespace {

using Clock = std::chrono::steady_clock;

/// The code of warnings that have no code of their own.
constexpr std::string_view trialCode = "trial";

constexpr double answerSeconds = 2;
/// For a load whose program has died.
constexpr double lastWordsSeconds = 0.3;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

TrialRun::TrialRun(EventLoop& loop, Instance& instance, const LoadPlan& plan,
                   const std::function<void(const TrialMoment&)>& onMoment)
    : loop_(loop),
      instance_(instance),
      plan_(plan),
      here_(loop),
      host_(plan.host ? *plan.host : here_),
      sampler_(loop, instance, onMoment, plan.sampling) {}

void TrialRun::add(const MemorySnapshot& snapshot) {
    record.samples.push_back(snapshot);
    record.peak = record.peak ? fieldwiseMax(*record.peak, snapshot) : snapshot;
    record.trial.memory = snapshot;
}

void TrialRun::addToTimeline(const MemorySnapshot& snapshot) {
    const auto& usage = sampler_.usage();
    record.timeline.push_back({sampler_.seconds(), usage ? usage->current : std::nullopt,
                               snapshot.sys, snapshot.heapAlloc, snapshot.numGc});
}

double TrialRun::snapshotEverySeconds() const {
    // A heap profile costs the program much more than the two other pages.
    const bool profile = record.trial.memory && record.trial.memory->source == StatsSource::pprof;
    return profile ? 1.0 : 0.2;
}

Result<void> TrialRun::snapshot(bool late) {
    const auto snapshot = instance_.memory();
    fresh_.reset();
    if (snapshot) {
        fresh_ = *snapshot;
        add(*snapshot);
        addToTimeline(*snapshot);
        snapshotsWork_ = true;
        return {};
    }
    if (snapshot.error().kind == ErrorKind::interrupted) return snapshot.error();
    if (late || snapshotsWork_) return {};
    record.noStatistics = snapshot.error();
    record.noStatistics->what = "no memory statistics: " + redactText(snapshot.error().what);
    record.warnings.push_back({std::string(trialCode), record.noStatistics->message()});
    return {};
}

Result<void> TrialRun::perform(double loadTimeout) {
    const auto ready = instance_.waitReady(plan_.readyTimeoutSeconds);
    record.readySeconds = sampler_.seconds();
    if (!ready) return ready.error();
    facts.everReady = *ready;
    facts.readyTimedOut = !*ready && record.readySeconds >= plan_.readyTimeoutSeconds;
    if (*ready) {
        if (auto done = snapshot(false); !done) return done;
        if (!record.samples.empty()) record.idle = record.samples.front();
        if (auto done = load(loadTimeout); !done) return done;
    }
    return settle();
}

/// The readings at the start of the load. Without a warm-up the page was read a moment ago, when
/// the service became ready.
Result<void> TrialRun::beginCost() {
    if (plan_.warmup && snapshotsWork_) {
        if (auto done = snapshot(true); !done) return done;
    }
    costBefore_ = CostReading{instance_.cpuTime(), fresh_};
    return {};
}

/// Right after the load: requests to the program from here on are not part of it. Its page is read
/// next, in settle().
void TrialRun::endCost() {
    if (sampler_.over()) return;
    costAfter_ = CostReading{instance_.cpuTime(), std::nullopt};
}

/// When no figure of a request is known, the warning has a code of its own, whatever the reason.
void TrialRun::takeWarnings(const ParsedLoad& parsed) {
    const bool onlyWallTime = parsed.onlyWallTime && plan_.format != LoadFormat::none;
    const auto code = onlyWallTime ? onlyWallTimeCode : trialCode;
    for (const auto& text : parsed.warnings) record.warnings.push_back({std::string(code), text});
    if (onlyWallTime && parsed.warnings.empty()) {
        record.warnings.push_back({std::string(code),
                                   "the load tool's report holds no figure: only its duration and "
                                   "exit code are used"});
    }
}

Result<void> TrialRun::load(double timeout) {
    const Clock::time_point start = Clock::now();
    facts.loadStarted = true;
    facts.loadWanted = !plan_.load.words.empty();
    if (plan_.warmup) {
        sampler_.enter(TrialMoment::Phase::warmingUp);
        const auto warmup = runCommand(*plan_.warmup, timeout);
        if (!warmup) return warmup.error();
        measuredSeconds = warmup->output.wallSeconds;
        if (warmup->output.exitCode != 0 && !sampler_.over()) {
            record.warnings.push_back(
                {std::string(trialCode),
                 fmt::format("warm-up ended with exit code {}", warmup->output.exitCode)});
        }
        facts.loadCut = warmup->cut;
    }
    if (!plan_.load.words.empty() && !sampler_.over() && !facts.loadCut) {
        sampler_.enter(TrialMoment::Phase::loading);
        if (auto done = beginCost(); !done) return done;
        const auto run = runCommand(plan_.load, timeout);
        if (!run) return run.error();
        endCost();
        facts.loadCut = run->cut;
        measuredSeconds = std::max(measuredSeconds, run->output.wallSeconds);
        ParsedLoad parsed = parseLoadReport(run->output, plan_.format);
        facts.loadCommandFailed = run->output.exitCode != 0 && !run->cut && !parsed.report.tool;
        if (run->output.exitCode != 0) record.loadError = lastLines(run->output.err);
        takeWarnings(parsed);
        facts.load = std::move(parsed.report);
    }
    record.loadSeconds = secondsSince(start);
    return {};
}

Result<TrialRun::LoadRun> TrialRun::runCommand(const LoadCommand& command, double timeout) {
    const Clock::time_point start = Clock::now();
    auto started = host_.start(fillIn(command, instance_.service()));
    if (!started) return started.error();
    RunningLoad& load = **started;
    LoadRun run;
    const auto finished = [&load, this] { return !load.running() || sampler_.over(); };
    while (!finished() && !run.cut) {
        const double left = timeout - secondsSince(start);
        const double pause = std::clamp(left, 0.0, snapshotEverySeconds());
        if (loop_.waitUntil(finished, pause) == WaitEnd::interrupted) {
            return EventLoop::interruption();
        }
        if (finished()) break;
        run.cut = secondsSince(start) >= timeout;
        if (!plan_.sampling || run.cut) continue;
        if (!snapshotsWork_)
            addToTimeline({});
        else if (auto done = snapshot(true); !done)
            return done.error();
    }
    // A load that ends by itself tells what it saw of the death.
    if (!run.cut && loop_.waitUntil([&load] { return !load.running(); }, lastWordsSeconds) ==
                        WaitEnd::interrupted) {
        return EventLoop::interruption();
    }
    load.stop();
    run.output = load.output();
    if (load.outputCut()) {
        record.warnings.push_back(
            {std::string(trialCode),
             "the load command printed more than 64 MiB; the rest was dropped"});
    }
    return run;
}

Result<void> TrialRun::settle() {
    sampler_.enter(TrialMoment::Phase::settling);
    // First of all, while the program is still as the load has left it.
    if (!sampler_.over() && facts.everReady && snapshotsWork_) {
        if (auto done = snapshot(true); !done) return done;
        if (costAfter_) costAfter_->page = fresh_;
    }
    InstanceStatus status = instance_.settledStatus();
    if (status.running && !status.oomKilled && facts.everReady) {
        const auto answers = instance_.waitReady(answerSeconds);
        if (!answers) return answers.error();
        facts.stillAnswers = *answers;
        if (!*answers) status = instance_.settledStatus();
    }
    if (loop_.signal()) return EventLoop::interruption();
    sampler_.look();
    record.trial.usage = sampler_.usage();
    facts.mainProcessEnded = !status.running;
    facts.oomKilled = status.oomKilled;
    if (!status.running) facts.exitCode = status.exitCode;
    facts.foreign = status.foreign;
    facts.detail = status.detail;
    if (costBefore_ && costAfter_ && status.running && !status.oomKilled) {
        record.trial.cost = costBetween(*costBefore_, *costAfter_);
    }
    return {};
}

}  // namespace memfit::plugin
