#include "commands/measure/bench_loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "memfit/units/quantity.h"

namespace memfit::plugin {
namespace {

/// About how many runs come after this one: the rest of its round, and rounds like it up to the
/// limits.
int runsLeft(const BenchResult& done, std::size_t leftInRound, const RoundLimits& limits) {
    std::size_t loads = 0;
    for (const auto& cell : done.cells) loads += cell.runs.size();
    const auto usual = std::max(done.cells.size() * 2, loads) + leftInRound;
    const auto most = static_cast<std::size_t>(std::max(limits.loads, 0));
    const auto bound = std::min(usual, most);
    return static_cast<int>(bound - std::min(loads, bound));
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

/// How many trials the budget is to suffice for when the next one begins; `left`: in this round,
/// with it. A first round that is begun may use what was kept for later.
std::size_t wanted(int round, bool begins, std::size_t left, std::size_t trialsAfter) {
    if (round > 0) return 1 + trialsAfter;
    return begins ? left + trialsAfter : 1;
}

Error noRound(const Budget& budget, std::size_t cells, std::size_t trialsAfter) {
    const auto seconds = [&](std::size_t trials) {
        return static_cast<double>(trials) * budget.typical();
    };
    // Two rounds settle a choice at the earliest, and the squeeze before may use half.
    const double need = seconds(cells * 2 + trialsAfter);
    return {
        ErrorKind::inconclusive,
        fmt::format("the budget of {} leaves no time for one round of the bench, which takes "
                    "about {} here",
                    budgetText(budget.seconds()), budgetText(seconds(cells))),
        fmt::format("give --budget {}", roundBudgetText(std::max(budget.spent() + need, need * 2))),
        std::nullopt};
}

/// The warning when the budget ended a bench in this round; nothing when it was over anyway.
std::optional<Warning> endedByBudget(const BenchResult& done, int round, const BenchPlan& plan,
                                     const Budget& budget) {
    const auto open = nextRound(done, round, plan.aim, plan.limits, plan.seed);
    if (open.cells.empty()) return std::nullopt;
    auto text = fmt::format("the budget of {} ended the bench before its choice was settled",
                            budgetText(budget.seconds()));
    if (open.choice) {
        text += fmt::format(": {}, right within the tolerance in {:.0f} of 100",
                            openText(*open.choice), open.choice->probability * 100);
    }
    return Warning{std::string(budgetEndedCode), text + "; give a larger --budget to continue"};
}

}  // namespace

std::string openText(const PriceChoice& choice) {
    const auto text = [](const Settings& settings) {
        return settings.limit ? formatQuantity(*settings.limit) +
                                    (settings.mode == Mode::plain ? "" : " with GOMEMLIMIT")
                              : std::string("no limit");
    };
    if (!choice.rival) return text(choice.chosen.settings);
    return fmt::format("{} or {}, {:.0f} : {:.0f}", text(choice.chosen.settings),
                       text(choice.rival->settings), choice.probability * 100,
                       choice.rival->chance * 100);
}

BenchOutcome bench(TrialSeries& trials, const BenchPlan& plan) {
    BenchOutcome outcome;
    outcome.result.header.environment = plan.environment;
    auto& cells = outcome.result.cells;
    for (const auto& spec : plan.cells) cells.push_back({spec.label, spec.settings, {}, {}, {}});

    const auto& budget = trials.budget();
    bool ended = false;
    for (int round = 0; !outcome.stopped && !ended; ++round) {
        const auto next = nextRound(outcome.result, round, plan.aim, plan.limits, plan.seed);
        if (plan.onRound && next.choice) plan.onRound(next);
        if (next.cells.empty()) break;
        std::size_t left = next.cells.size();
        for (const std::size_t index : next.cells) {
            const bool begins = left == next.cells.size();
            ended = !budget.fits(wanted(round, begins, left, plan.trialsAfter));
            if (ended && round == 0)
                outcome.stopped = noRound(budget, cells.size(), plan.trialsAfter);
            else if (ended)
                outcome.budgetEnded = endedByBudget(outcome.result, round, plan, budget);
            if (ended) break;
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
