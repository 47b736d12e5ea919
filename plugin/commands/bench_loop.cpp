#include "commands/bench_loop.h"

#include <algorithm>

namespace memfit::plugin {
namespace {

/// About how many runs come after this one: the rest of its round, and rounds like it up to the
/// limits.
int runsLeft(const BenchResult& done, std::size_t leftInRound, const RoundLimits& limits) {
    std::size_t loads = 0;
    for (const auto& cell : done.cells) loads += cell.runs.size();
    const auto usual = std::max(done.cells.size() * 2, loads) + leftInRound;
    const auto most = static_cast<std::size_t>(std::max(limits.loads, 0));
    return static_cast<int>(std::min(usual, most) - std::min(loads, std::min(usual, most)));
}

std::optional<Error> runCell(TrialSeries& trials, BenchCell& cell, int round, int left) {
    auto record = trials.run(cell.settings, left);
    if (!record) return record.error();
    const auto& trial = record->trial;
    cell.runs.push_back({trial.outcome, round, trial.load, trial.memory, trial.usage, trial.cost});
    if (trial.outcome == Outcome::survived)
        cell.samples = thinned(record->timeline, maxCellSamples);
    if (!saysSomethingAboutTheEdge(trial.outcome)) return trialFailure(*record);
    return std::nullopt;
}

}  // namespace

BenchOutcome bench(TrialSeries& trials, const BenchPlan& plan) {
    BenchOutcome outcome;
    auto& cells = outcome.result.cells;
    for (const auto& spec : plan.cells) cells.push_back({spec.label, spec.settings, {}, {}, {}});

    for (int round = 0; !outcome.stopped; ++round) {
        const auto next = nextRound(outcome.result, round, plan.aim, plan.limits, plan.seed);
        if (plan.onRound && next.choice) plan.onRound(next);
        if (next.cells.empty()) break;
        std::size_t left = next.cells.size();
        for (const std::size_t index : next.cells) {
            --left;
            outcome.stopped =
                runCell(trials, cells[index], round, runsLeft(outcome.result, left, plan.limits));
            if (outcome.stopped) break;
        }
    }
    summarize(outcome.result);
    return outcome;
}

}  // namespace memfit::plugin
