#include "commands/measure/experiment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>
#include <set>

#include "commands/measure/bench_loop.h"
#include "commands/measure/squeeze_loop.h"
#include "memfit/advice/choice.h"
#include "memfit/advice/confirmation.h"
#include "memfit/documents/demand_climb.h"
#include "memfit/units/quantity.h"

namespace memfit::plugin {
namespace {

/// None, the minimum, Go's own number, and multiples of the minimum: the published experiment.
std::vector<LimitWord> limitWords(const Options& options) {
    if (!options.limits.empty()) return options.limits;
    return parseLimitWords("none,min,sys,2x,4x").value();
}

/// What a squeeze may use of the budget where a bench comes after it.
constexpr double squeezeShare = 0.5;

/// Trials that a confirmation finds time for beyond its clean loads: they differ in length.
constexpr int spareTrials = 1;

void warn(const Context& context, const std::optional<Warning>& warning, Header& header) {
    if (!warning) return;
    header.warnings.push_back(*warning);
    context.progress.note("warning: " + warning->text);
}

/// The most that a bench runs, however many rounds it is allowed.
constexpr int mostLoads = 60;

/// The most trials of the bench's cells.
int benchTrials(const Options& options) {
    int cells = 0;
    for (const auto& word : limitWords(options)) {
        cells += word.kind == LimitWord::Kind::none ? 1 : static_cast<int>(options.modes.size());
    }
    return std::min(cells * options.runs, std::max(mostLoads, cells));
}

void tellRound(const Context& context, const RoundPlan& plan) {
    const auto& choice = *plan.choice;
    if (plan.settled)
        context.progress.note(
            fmt::format("settled: {}, right within the tolerance in {:.0f} of 100",
                        openText(choice), choice.probability * 100));
    else
        context.progress.note("open: " + openText(choice));
}

template <class Documents, class Read>
auto lastKnown(const Documents& documents, Read read) -> decltype(read(documents.front())) {
    decltype(read(documents.front())) value;
    for (const auto& document : documents) {
        if (auto known = read(document)) value = known;
    }
    return value;
}

std::optional<Bytes> knownSys(const Results& inputs) {
    if (auto sys = lastKnown(inputs.squeezes, [](const auto& s) { return s.goSys; })) return sys;
    return lastKnown(inputs.probes, [](const ProbeResult& probe) {
        return probe.loaded ? probe.loaded->sys : std::nullopt;
    });
}

/// The run without a limit that the others are judged by, unless this session has had one.
/// `left`: about how many trials come after it. Errors: why it did not survive.
Result<std::optional<TrialRecord>> ensureUnlimited(Session& session, int left) {
    if (session.trials().knowsUnlimited()) return std::optional<TrialRecord>{};
    auto record = session.trials().run(plainSettings(std::nullopt), left, false);
    if (!record) return record.error();
    if (record->trial.outcome != Outcome::survived) return unlimitedFailure(*record);
    return std::optional(*std::move(record));
}

/// When no run's CPU time is known, cells are compared only by throughput.
std::optional<Warning> missingCpuTime(const BenchResult& result) {
    bool survived = false;
    for (const auto& cell : result.cells) {
        for (const auto& run : cell.runs) {
            if (run.cost && run.cost->cpuSeconds) return std::nullopt;
            survived = survived || run.outcome == Outcome::survived;
        }
    }
    if (!survived) return std::nullopt;
    return Warning{"no-cpu-time",
                   "the CPU time of the program cannot be read, so wall time decides, which other "
                   "programs on the machine disturb; publish a Prometheus page with "
                   "process_cpu_seconds_total to change that"};
}

/// Leaves out the cells whose limit the namespace does not admit; returns that it did.
/// Errors: none is left; those of TrialSeries::tryAdmission.
Result<std::optional<Warning>> leaveOutRefused(TrialSeries& trials, std::vector<CellSpec>& cells) {
    const CellSpec* smallest = nullptr;
    for (const auto& cell : cells) {
        const auto& limit = cell.settings.limit;
        if (limit && (smallest == nullptr || *limit < *smallest->settings.limit)) smallest = &cell;
    }
    if (smallest == nullptr) return std::optional<Warning>();
    if (auto tried = trials.tryAdmission(smallest->settings); !tried) return tried.error();
    const auto admitted = trials.admitted();
    std::vector<std::string> left;
    std::set<std::string> why;
    std::erase_if(cells, [&](const CellSpec& cell) {
        const auto& limit = cell.settings.limit;
        if (!limit || admitted.holds(*limit)) return false;
        if (auto text = formatQuantity(*limit); std::ranges::find(left, text) == left.end()) {
            left.push_back(std::move(text));
        }
        why.insert(admitted.why(*limit));
        return true;
    });
    if (left.empty()) return std::optional<Warning>();
    const auto reasons = fmt::format("{}", fmt::join(why, "; "));
    if (cells.empty()) {
        return failure(fmt::format("no limit of the bench can be run: {}", reasons),
                       "choose others with --limits");
    }
    return std::optional(Warning{
        std::string(namespaceBoundCode),
        fmt::format("the bench leaves out the limits {}: {}", fmt::join(left, ", "), reasons)});
}

/// No squeeze need come first, whose own run without a limit the bench could use.
bool mayBenchAlone(const Options& options) {
    return options.minimum || !options.files.empty() || !anyLimitNeedsMinimum(options);
}

}  // namespace

bool anyLimitNeedsMinimum(const Options& options) {
    const auto words = limitWords(options);
    return std::ranges::any_of(words, [](const LimitWord& word) {
        return word.kind == LimitWord::Kind::min || word.kind == LimitWord::Kind::multiple;
    });
}

FinishedSqueeze squeezeStage(const Context& context, Session& session, int trialsAfter) {
    context.progress.stage("squeeze", trialsAfter);
    auto run = squeeze(session.trials(), {context.options.mode, context.options.gomemlimit,
                                          context.options.search, context.options.parallel,
                                          context.kind == CommandKind::squeeze ? 1 : squeezeShare});
    run.result.header = session.header({}, run.stopped);
    run.result.ceiling = session.ceiling();
    warn(context, run.budgetEnded, run.result.header);
    warn(context, run.namespaceBound, run.result.header);
    if (const auto climb = demandClimb(run.result.trials)) {
        const auto text = climbText(*climb, run.result.header);
        warn(context, Warning{std::string(demandClimbsCode), text}, run.result.header);
    }
    run.probe.header = session.header({}, std::nullopt);
    return {std::move(run.result), std::move(run.probe), std::move(run.stopped)};
}

FinishedBench benchStage(const Context& context, Session& session, const Results& inputs,
                         int trialsAfter) {
    FinishedBench finished;
    std::optional<Warning> budgetEnded;
    std::optional<Warning> namespaceBound;
    const auto finish = [&](std::optional<Error> stopped) {
        finished.result.header = session.header(inputs.texts, stopped);
        warn(context, budgetEnded, finished.result.header);
        warn(context, namespaceBound, finished.result.header);
        if (auto warning = missingCpuTime(finished.result)) {
            finished.result.header.warnings.push_back(*std::move(warning));
        }
        finished.stopped = std::move(stopped);
        return std::move(finished);
    };
    context.progress.stage("bench", trialsAfter);

    BenchPlanOptions options;
    options.limits = limitWords(context.options);
    options.modes = context.options.modes;
    options.gomemlimit = context.options.gomemlimit;
    options.minimum = context.options.minimum;
    if (!options.minimum) {
        options.minimum = lastKnown(inputs.squeezes, [](const auto& s) { return s.minimum; });
    }
    options.sys = knownSys(inputs);
    const auto unlimited = ensureUnlimited(session, benchTrials(context.options));
    if (!unlimited) return finish(unlimited.error());
    if (*unlimited && !options.sys && (*unlimited)->trial.memory) {
        options.sys = (*unlimited)->trial.memory->sys;
    }
    const bool asked = !context.options.limits.empty();
    if (!options.sys && !asked) {
        std::erase_if(options.limits,
                      [](const LimitWord& word) { return word.kind == LimitWord::Kind::sys; });
        context.progress.note("note: no cell at Go's Sys, since the program does not report it");
    }
    auto cells = benchCells(options);
    if (!cells) return finish(cells.error());
    const auto refused = leaveOutRefused(session.trials(), *cells);
    if (!refused) return finish(refused.error());
    namespaceBound = *refused;
    for (auto& cell : *cells) {
        cell.settings = knownSettings(std::move(cell.settings), context.options.keepEnv);
    }

    const RoundLimits limits{context.options.runs,
                             std::max(mostLoads, static_cast<int>(cells->size()))};
    const AdviceOptions advice;
    auto outcome =
        bench(session.trials(),
              {*cells, session.environment(),
               aimOf(context.options.policy.value_or(advice.policy),
                     context.options.tolerance.value_or(advice.tolerance)),
               limits, std::random_device{}(),
               trialsAfter == 0 ? 0U : static_cast<std::size_t>(trialsAfter + spareTrials),
               [&](const RoundPlan& plan) { tellRound(context, plan); }});
    finished.result = std::move(outcome.result);
    budgetEnded = std::move(outcome.budgetEnded);
    finished.result.minimum = options.minimum;
    finished.result.goSys = options.sys;
    return finish(std::move(outcome.stopped));
}

std::optional<Error> confirmStage(const Context& context, Session& session,
                                  Recommendation& recommendation) {
    if (!recommendation.advised.limit) return std::nullopt;
    context.progress.stage("confirm", 0);
    Confirmation confirmation(recommendation.advised, context.options.search.confirmations);
    std::optional<Error> stopped;
    const auto unlimited = ensureUnlimited(session, context.options.search.confirmations);
    if (!unlimited) stopped = unlimited.error();
    while (!stopped) {
        const auto settings = confirmation.next();
        if (!settings) break;
        if (const auto& budget = session.trials().budget(); !budget.fits(1)) {
            const auto text = fmt::format(
                "the budget of {} ended before the advised settings were "
                "confirmed; give a larger --budget to continue",
                budgetText(budget.seconds()));
            warn(context, Warning{std::string(budgetEndedCode), text}, recommendation.header);
            break;
        }
        const int left =
            std::max(0, context.options.search.confirmations - confirmation.tally().loads - 1);
        const auto record = session.trials().run(*settings, left);
        if (!record) {
            stopped = record.error();
            break;
        }
        confirmation.observe(record->trial);
    }
    applyConfirmation(recommendation, confirmation);
    return stopped;
}

WorstCase worstCase(const Options& options) {
    WorstCase most;
    most.squeeze = options.minimum ? 0 : options.search.maxTrials;
    most.bench = benchTrials(options) + (mayBenchAlone(options) ? 1 : 0);
    // A bench that was read from a file has had its run without a limit elsewhere.
    most.confirm =
        Confirmation::mostTrials(options.search.confirmations) + (options.files.empty() ? 0 : 1);
    return most;
}

}  // namespace memfit::plugin
