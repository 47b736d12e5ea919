#include "commands/measure/squeeze_loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "memfit/units/quantity.h"

namespace memfit::plugin {
namespace {

void takeAnswer(SqueezeResult& result, const EdgeAnswer& answer) {
    if (answer.edge) {
        result.edge = {answer.edge->estimate, answer.edge->low, answer.edge->high,
                       answer.edge->confidence};
    }
    result.minimum = answer.minimum;
    result.riskAtMinimum = answer.riskAtMinimum;
    result.confirmations = answer.confirmationsSoFar;
}

std::optional<Bytes> smallestLimit(const SqueezeResult& result, bool (*wanted)(Outcome)) {
    std::optional<Bytes> smallest;
    for (const auto& trial : result.trials) {
        if (!trial.settings.limit || !wanted(trial.outcome)) continue;
        if (!smallest || *trial.settings.limit < *smallest) smallest = trial.settings.limit;
    }
    return smallest;
}

/// Why the search has no full answer; nullopt when it has.
std::optional<Error> unanswered(const SqueezeRun& run, std::optional<Bytes> to) {
    const auto inconclusive = [](std::string what, std::string next) {
        return Error{ErrorKind::inconclusive, std::move(what), std::move(next), std::nullopt};
    };
    switch (run.state) {
        case EdgeSearchState::searching:
            return std::nullopt;
        case EdgeSearchState::found:
            if (run.result.minimum) return std::nullopt;
            return inconclusive(fmt::format("no limit up to {} has a risk as small as --risk asks",
                                            to ? formatMiB(*to) : "the largest that was tried"),
                                "raise --to");
        case EdgeSearchState::neverKilled: {
            if (run.namespaceBound) return std::nullopt;
            const auto lowest = smallestLimit(
                run.result, [](Outcome outcome) { return outcome == Outcome::survived; });
            return inconclusive(fmt::format("the program was never OOM-killed, down to {}",
                                            lowest ? formatMiB(*lowest) : "the lowest limit tried"),
                                "lower --from, or give it more load");
        }
        case EdgeSearchState::alwaysKilled:
            return inconclusive("the program was too small at every limit tried",
                                "raise --to or --max-trials");
        case EdgeSearchState::outOfTrials:
            return inconclusive(
                fmt::format("no confirmed minimum after {} trials", run.result.trials.size()),
                "raise --max-trials, or accept a wider --resolution");
    }
    return std::nullopt;
}

/// The warning, or the error, when the search had no time for its next trial.
void endByBudget(SqueezeRun& run, const Budget& budget, double share, int trialsLeft) {
    const auto trials = run.result.trials.size();
    if (run.result.minimum) {
        run.budgetEnded = Warning{
            std::string(budgetEndedCode),
            fmt::format("the budget of {} ended the squeeze after {} trials: the minimum and the "
                        "interval of the edge are wider than with a larger --budget",
                        budgetText(budget.seconds()), trials)};
        return;
    }
    const double usual = budget.typical() * (static_cast<double>(trials) + trialsLeft) / share;
    run.stopped =
        Error{ErrorKind::inconclusive,
              fmt::format("the budget of {} {}; a trial takes about {} here",
                          budgetText(budget.seconds()),
                          trials < 2 ? "leaves the squeeze no second trial"
                                     : fmt::format("ended the squeeze after {} trials, before it "
                                                   "had a confirmed minimum",
                                                   trials),
                          budgetText(budget.typical())),
              fmt::format("give --budget {}", roundBudgetText(std::max(usual, budget.seconds()))),
              std::nullopt};
}

Settings settingsAt(Bytes limit, const SqueezePlan& plan) {
    return plan.mode == Mode::plain ? plainSettings(limit)
                                    : gomemlimitSettings(limit, plan.gomemlimit.forLimit(limit));
}

/// Keeps the search within what the namespace admits.
void stayAdmitted(const AdmittedLimits& admitted, const SqueezePlan& plan, EdgeSearch& search,
                  SqueezeRun& run) {
    if (run.stopped || !admitted.least) return;
    const auto& to = plan.search.to;
    if (to && *to < *admitted.least) {
        run.stopped = Error{ErrorKind::inconclusive,
                            fmt::format("no limit up to --to, {}, can be tried: {}",
                                        formatQuantity(*to), admitted.why(*to)),
                            "raise --to", std::nullopt};
        return;
    }
    search.stayAbove(*admitted.least);
}

/// The search ended at what the namespace admits.
std::optional<Warning> boundByNamespace(const SqueezeResult& result, const SqueezePlan& plan,
                                        const AdmittedLimits& admitted) {
    const auto& least = admitted.least;
    if (!least || plan.search.from > least) return std::nullopt;
    if (!result.minimum || *result.minimum > ceilToMiB(*least)) return std::nullopt;
    return Warning{std::string(namespaceBoundCode),
                   fmt::format("the minimum is the smallest limit that the namespace admits, and "
                               "the program may need less: {}",
                               admitted.why(*least - 1))};
}

/// Takes the result of one trial. The first trial that ends the run says why; results of the others
/// beside it are still kept.
void take(const Result<TrialRecord>& record, EdgeSearch& search, SqueezeRun& run) {
    if (!record) {
        if (!run.stopped) run.stopped = record.error();
        return;
    }
    run.result.trials.push_back(record->trial);
    const auto observation = observationOf(*record);
    if (observation) {
        search.observe(*observation);
    } else if (!run.stopped) {
        run.stopped = trialFailure(*record);
    }
}

}  // namespace

std::optional<EdgeObservation> observationOf(const TrialRecord& record) {
    const auto& trial = record.trial;
    if (!saysSomethingAboutTheEdge(trial.outcome)) return std::nullopt;
    EdgeObservation observation;
    observation.limit = trial.settings.limit;
    observation.verdict = trial.outcome == Outcome::survived ? EdgeObservation::Verdict::survived
                                                             : EdgeObservation::Verdict::tooSmall;
    if (trial.settings.mode == Mode::plain) {
        if (trial.usage) {
            observation.highWater = trial.usage->peak;
            observation.demand = trial.usage->demand;
        }
        if (record.peak) observation.goMapped = record.peak->goMapped();
    }
    return observation;
}

ProbeResult probeOf(const TrialRecord& record) {
    ProbeResult probe;
    probe.settings.limit = record.trial.settings.limit;
    probe.settings.gogc = record.trial.settings.gogc;
    probe.idle = record.idle;
    probe.loaded = record.trial.memory;
    probe.peak = record.peak;
    probe.samples = record.samples;
    probe.run = record.trial.load;
    probe.usage = record.trial.usage;
    probe.cost = record.trial.cost;
    return probe;
}

SqueezeRun squeeze(TrialSeries& trials, const SqueezePlan& plan) {
    SqueezeRun run;
    run.result.mode = plan.mode;
    EdgeSearch search(plan.search);

    const auto unlimited =
        trials.run(plainSettings(std::nullopt), search.expectedTrialsLeft(), false);
    if (!unlimited) {
        run.stopped = unlimited.error();
        return run;
    }
    run.probe = probeOf(*unlimited);
    run.result.trials.push_back(unlimited->trial);
    if (unlimited->trial.memory) run.result.goSys = unlimited->trial.memory->sys;
    if (unlimited->trial.outcome != Outcome::survived) {
        run.stopped = unlimitedFailure(*unlimited);
        return run;
    }
    // Without GOMEMLIMIT a program's use says nothing of what it can do with it.
    if (plan.mode == Mode::plain) search.observe(*observationOf(*unlimited));
    stayAdmitted(trials.admitted(), plan, search, run);

    bool ended = false;
    while (!run.stopped) {
        const auto limits = search.nextBatch(static_cast<std::size_t>(plan.parallel));
        if (limits.empty()) break;
        ended = !trials.budget().fits(1, plan.budgetShare);
        if (ended) break;
        std::vector<Settings> settings;
        settings.reserve(limits.size());
        for (const auto limit : limits) settings.push_back(settingsAt(limit, plan));
        const auto before = trials.admitted().least;
        const auto records = trials.runTogether(settings, search.expectedTrialsLeft());
        for (std::size_t i = 0; i < records.size(); ++i) {
            // A limit that turned out not to be admitted had no trial.
            const bool known = before && limits[i] < *before;
            if (!records[i] && !known && trials.isBelowAdmitted(settings[i], records[i].error())) {
                continue;
            }
            take(records[i], search, run);
        }
        stayAdmitted(trials.admitted(), plan, search, run);
    }
    const auto answer = search.answer();
    takeAnswer(run.result, answer);
    run.state = answer.state;
    run.namespaceBound = boundByNamespace(run.result, plan, trials.admitted());
    if (ended) {
        const int left = std::max(1, search.expectedTrialsLeft());
        endByBudget(run, trials.budget(), plan.budgetShare, left);
    }
    if (!run.stopped) run.stopped = unanswered(run, plan.search.to);
    return run;
}

}  // namespace memfit::plugin
