#include "commands/bench_loop.h"

#include <algorithm>

namespace memfit::plugin {
namespace {

bool hasFailedEnough(const BenchCell& cell) {
    return std::count_if(cell.runs.begin(), cell.runs.end(), [](const BenchRun& run) {
               return isTooSmall(run.outcome);
           }) >= enoughFailures;
}

}  // namespace

BenchOutcome bench(TrialSeries& trials, const BenchPlan& plan) {
    BenchOutcome outcome;
    auto& cells = outcome.result.cells;
    for (const auto& spec : plan.cells) cells.push_back({spec.label, spec.settings, {}, {}, {}});

    const auto blocks = shuffledBlocks(cells.size(), plan.runs, plan.seed);
    int left = static_cast<int>(cells.size()) * plan.runs;
    int blockNumber = 0;
    for (const auto& block : blocks) {
        for (const std::size_t index : block) {
            auto& cell = cells[index];
            --left;
            if (hasFailedEnough(cell)) continue;
            auto record = trials.run(cell.settings, left);
            if (!record) {
                outcome.stopped = record.error();
                break;
            }
            const auto& trial = record->trial;
            cell.runs.push_back(
                {trial.outcome, blockNumber, trial.load, trial.memory, trial.usage, trial.cost});
            if (trial.outcome == Outcome::survived)
                cell.samples = thinned(record->timeline, maxCellSamples);
            if (!saysSomethingAboutTheEdge(trial.outcome)) {
                outcome.stopped = trialFailure(*record);
                break;
            }
        }
        if (outcome.stopped) break;
        ++blockNumber;
    }
    summarize(outcome.result);
    return outcome;
}

}  // namespace memfit::plugin
