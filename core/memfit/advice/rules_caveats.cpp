#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "memfit/advice/judgement.h"
#include "memfit/units/bytes.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

/// Runs of the least repeated candidate.
std::optional<int> fewestRuns(const Judgement& j) {
    if (!j.choice || j.candidates.cells.empty()) return std::nullopt;
    return std::ranges::min_element(j.candidates.cells, {}, &Candidate::runs)->runs;
}

template <class Picks>
std::vector<const Candidate*> cellsThat(const Judgement& j, Picks picks) {
    std::vector<const Candidate*> found;
    for (const auto& cell : j.candidates.cells)
        if (picks(cell)) found.push_back(&cell);
    return found;
}

std::optional<RuleFinding> fewRuns(const Judgement& j) {
    if (j.model) return std::nullopt;  // which knows what they tell
    const auto runs = fewestRuns(j);
    if (!runs || *runs >= 3) return std::nullopt;
    const auto* decided =
        j.options.policy == Policy::noLimit ? "" : "the plain numbers decided, and ";
    const auto* code = *runs == 1 ? "one-run-per-cell" : "few-runs";
    return RuleFinding{
        {code,
         fmt::format("Some settings were run only {}, so a difference between two of "
                     "them may be noise: {}confidence is low",
                     *runs == 1 ? "once" : "twice", decided),
         {{"runs", std::int64_t{*runs}},
          fromCells(cellsThat(j, [&](const Candidate& cell) { return cell.runs == *runs; }))}},
        Confidence::low};
}

/// Half of the 95 % interval of a cell's speed, as a share of it; of its own runs alone, where the
/// model also knows what other cells and other programs tell.
double halfWidth(const Judgement& j, const Candidate* cell) {
    if (cell == nullptr || !cell->speed || !cell->enoughRuns() || cell->speed->median <= 0)
        return 0;
    if (!j.model) return (cell->speed->high - cell->speed->low) / (2 * cell->speed->median);
    constexpr double deviations = 1.96;
    return deviations * j.model->noise() / std::sqrt(static_cast<double>(cell->runs));
}

std::optional<RuleFinding> noisyMachine(const Judgement& j) {
    // Under the law every run of every cell tells about all.
    if (j.model && j.model->law() == LawState::holds) return std::nullopt;
    // Below this a tolerance asks more of a machine than any gives.
    constexpr double quietEnough = 0.02;
    // The chance that the model states knows the noise. Only where runs tell next to nothing, so
    // that what is usual decides, it is not enough to be sure.
    const double bound =
        j.model ? j.options.tolerance + slack : std::max(j.options.tolerance, quietEnough);
    const double width = std::max(halfWidth(j, j.chosen()), halfWidth(j, j.best()));
    if (width <= bound) return std::nullopt;
    std::vector<const Candidate*> noisy;
    for (const auto* cell : {j.chosen(), j.best()})
        if (halfWidth(j, cell) > bound) noisy.push_back(cell);
    return RuleFinding{
        {"noisy-machine",
         fmt::format("Repeated runs of the same settings scatter by plus or minus {}, "
                     "more than the tolerance of {}, which lowers confidence",
                     percentText(width), percentText(j.options.tolerance)),
         {{"relativeHalfWidth", width}, {"tolerance", j.options.tolerance}, fromCells(noisy)}},
        Confidence::medium};
}

std::optional<RuleFinding> timeNotRate(const Judgement& j) {
    if (!j.choice || j.candidates.unit != SpeedUnit::loadsPerSecond) return std::nullopt;
    const auto lacksRate = [](const BenchRun& run) {
        return !run.load || !speedOf(*run.load, SpeedUnit::requestsPerSecond);
    };
    const auto cells = cellsThat(
        j, [&](const Candidate& cell) { return std::ranges::any_of(cell.measured, lacksRate); });
    return RuleFinding{{"time-not-rate",
                        "The load tool did not report a request rate for every run, so the "
                        "duration of the whole load was compared instead, which lowers confidence",
                        {fromCells(cells)}},
                       Confidence::medium};
}

/// A page with sizes but without HeapReleased: what GOMEMLIMIT bounds cannot be told from it.
bool trimmed(const std::optional<MemorySnapshot>& memory) {
    return memory && memory->sys && !memory->goMapped();
}

/// The trials of a squeeze whose page is trimmed; as one range where all are.
std::vector<std::string> trimmedTrials(const Judgement& j, const SqueezeResult& squeeze) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < squeeze.trials.size(); ++i)
        if (trimmed(squeeze.trials[i].memory)) names.push_back(trialSource(j, squeeze, i));
    return names.size() == squeeze.trials.size() ? allTrials(j, squeeze) : names;
}

std::optional<RuleFinding> trimmedMemstats(const Judgement& j) {
    const auto cells = cellsThat(j, [](const Candidate& cell) {
        return std::ranges::any_of(cell.measured,
                                   [](const BenchRun& run) { return trimmed(run.memory); });
    });
    auto from = fromCells(cells);
    auto& names = std::get<std::vector<std::string>>(from.second);
    for (const auto* squeeze : j.squeezes)
        for (auto& name : trimmedTrials(j, *squeeze)) names.push_back(std::move(name));
    if (names.empty()) return std::nullopt;
    return RuleFinding{
        {"trimmed-memstats",
         "The program's memory page leaves out HeapReleased, so how much memory GOMEMLIMIT bounds, "
         "and how much lies outside it, is not known, which lowers confidence",
         {std::move(from)}},
        Confidence::medium};
}

std::optional<RuleFinding> tunnel(const Judgement& j) {
    if (j.header.load.via != "port-forward") return std::nullopt;
    return RuleFinding{
        {"tunnel",
         "The load went through kubectl port-forward, which is slower than the service "
         "and breaks under load, which lowers confidence",
         {{"via", std::string("port-forward")}}},
        Confidence::medium};
}

std::optional<RuleFinding> watchdog(const Judgement& j) {
    if (j.header.environment.enforcement != "rss-watchdog") return std::nullopt;
    return RuleFinding{
        {"watchdog",
         "The limit was enforced by watching the resident set, not by a memory cgroup: "
         "kernel memory and page cache did not count and short spikes may have been "
         "missed, which lowers confidence",
         {{"enforcement", std::string("rss-watchdog")}}},
        Confidence::medium};
}

std::optional<RuleFinding> gcCpu(const Judgement& j) {
    constexpr double high = 0.25;
    const auto* chosen = j.chosen();
    if (chosen == nullptr) return std::nullopt;
    std::vector<double> fractions;
    for (const auto& run : chosen->measured)
        if (run.memory && run.memory->gcCpuFraction)
            fractions.push_back(*run.memory->gcCpuFraction);
    const auto typical = median(fractions);
    if (!typical || *typical <= high) return std::nullopt;
    return RuleFinding{{"gc-cpu",
                        fmt::format("At {} the garbage collector took {} of the CPU: a little more "
                                    "load may be too much for it, which lowers confidence",
                                    settingsText(chosen->settings), percentText(*typical)),
                        {{"gcCpuFraction", *typical}, fromCells({chosen})}},
                       Confidence::medium};
}

std::optional<RuleFinding> interrupted(const Judgement& j) {
    if (!j.header.partial) return std::nullopt;
    return RuleFinding{{"interrupted",
                        "The measurement was interrupted, so not everything planned was run, and "
                        "confidence is low",
                        {}},
                       Confidence::low};
}

std::optional<RuleFinding> benchLeftOut(const Judgement& j) {
    if (j.benchesLeftOut == 0) return std::nullopt;
    return RuleFinding{{"bench-left-out",
                        "Benches under another load or CPU limit than the last one were left out, "
                        "since their speeds cannot be compared",
                        {{"leftOut", static_cast<std::int64_t>(j.benchesLeftOut)}}}};
}

std::optional<RuleFinding> noUnlimitedRun(const Judgement& j) {
    const bool applies = j.options.policy == Policy::lean && j.choice && j.choice->best &&
                         !j.candidates.unlimitedSpeed;
    if (!applies) return std::nullopt;
    return RuleFinding{{"no-unlimited-run",
                        "There is no unlimited plain run to compare with, so the best cell was "
                        "used instead, which lowers confidence",
                        {}},
                       Confidence::medium};
}

std::optional<RuleFinding> belowMinimum(const Judgement& j) {
    const bool plain =
        j.advised.limit && j.advised.gomemlimit.kind == GomemlimitAdvice::Kind::unset;
    const bool known = j.edgeSource != nullptr && j.edgeSource->minimum;
    if (!plain || !known || *j.advised.limit >= *j.edgeSource->minimum) return std::nullopt;
    auto from = fromCells({j.chosen()});
    for (auto& name : allTrials(j, *j.edgeSource))
        std::get<std::vector<std::string>>(from.second).push_back(std::move(name));
    return RuleFinding{
        {"below-minimum",
         fmt::format("{} survived the bench, but the squeeze puts the smallest limit "
                     "that holds at {}, and confidence is low",
                     formatQuantity(*j.advised.limit), formatQuantity(*j.edgeSource->minimum)),
         {{"limitBytes", *j.advised.limit},
          {"minimumBytes", *j.edgeSource->minimum},
          std::move(from)}},
        Confidence::low};
}

std::optional<RuleFinding> fewConfirmations(const Judgement& j) {
    if (j.choice || j.basis != Basis::measured || !j.advised.limit) return std::nullopt;
    const auto clean = j.edgeSource == nullptr ? std::nullopt : j.edgeSource->confirmations;
    if (clean && *clean >= 3) return std::nullopt;
    Reason reason{
        "few-confirmations",
        "It is not known how many loads were clean at or below the minimum, and confidence is low",
        {}};
    if (clean) {
        reason.text =
            fmt::format("Only {} clean load{} at or below the minimum, and confidence is low",
                        *clean, *clean == 1 ? " was seen" : "s were seen");
        reason.evidence.emplace_back("confirmations", *clean);
    }
    if (j.edgeSource != nullptr) addSources(reason, allTrials(j, *j.edgeSource));
    return RuleFinding{std::move(reason), Confidence::low};
}

/// No limit is advised on demand; has the program been seen to do without one?
std::optional<RuleFinding> neverUnlimited(const Judgement& j) {
    const bool applies = j.options.policy == Policy::noLimit && j.basis == Basis::measured;
    if (!applies) return std::nullopt;
    const auto run = j.confirmed();
    const auto& tally = run.tally;
    if (tally.loads == tally.killed)
        return RuleFinding{{"no-unlimited-run",
                            "No plain run without a limit is known to fit, so nothing shows that "
                            "the program does well without one, and confidence is low",
                            {}},
                           Confidence::low};
    if (j.choice || tally.loads >= 3) return std::nullopt;
    return RuleFinding{{"few-unlimited-runs",
                        fmt::format("Without a limit the program was run only {}, which lowers "
                                    "confidence",
                                    tally.loads == 1 ? "once" : "twice"),
                        {{"runs", std::int64_t{tally.loads}}, {"from", run.from}}},
                       Confidence::medium};
}

/// A squeeze alone: its verdicts are taken as they are.
std::optional<RuleFinding> floorNotHeldAgainst(const Judgement& j) {
    if (j.basis != Basis::measured || j.options.policy == Policy::noLimit) return std::nullopt;
    Reason reason{"floor-not-checked",
                  fmt::format("The verdicts of the squeeze are taken as they are: whether its "
                              "minimum keeps the floor {} was not checked, and confidence is low",
                              *j.options.floor),
                  {{"floor", *j.options.floor}}};
    if (j.edgeSource != nullptr) addSources(reason, allTrials(j, *j.edgeSource));
    return RuleFinding{std::move(reason), Confidence::low};
}

/// A run that cannot be checked against the floor counts as one that keeps it.
std::optional<RuleFinding> floorNotChecked(const Judgement& j) {
    if (!j.options.floor) return std::nullopt;
    const auto* chosen = j.chosen();
    if (chosen == nullptr) return floorNotHeldAgainst(j);
    int runs = 0;
    int notChecked = 0;
    std::string why;
    for (const auto& cell : j.candidates.cells) {
        runs += cell.runs;
        notChecked += cell.floorUnchecked;
        if (why.empty()) why = cell.whyUnchecked;
    }
    if (notChecked == 0) return std::nullopt;
    const bool advised = chosen->floorUnchecked > 0;
    return RuleFinding{
        {"floor-not-checked",
         fmt::format("{} of {} runs could not be checked against the floor {} ({}) and count as "
                     "keeping it, {}",
                     notChecked, runs, *j.options.floor, why,
                     advised ? "runs of the advised settings among them, and confidence is low"
                             : "which lowers confidence"),
         {{"floor", *j.options.floor},
          {"runs", std::int64_t{runs}},
          {"notChecked", std::int64_t{notChecked}},
          fromCells(cellsThat(j, [](const Candidate& cell) { return cell.floorUnchecked > 0; }))}},
        advised ? Confidence::low : Confidence::medium};
}

std::optional<RuleFinding> limitNotTried(const Judgement& j) {
    if (!j.limitNotTried || !j.advised.limit) return std::nullopt;
    return RuleFinding{{"limit-not-tried",
                        fmt::format("{} itself was not tried, and confidence is low",
                                    formatQuantity(*j.advised.limit)),
                        {{"limitBytes", *j.advised.limit}}},
                       Confidence::low};
}

std::optional<RuleFinding> notMeasured(const Judgement& j) {
    if (j.basis == Basis::measured || j.options.policy == Policy::noLimit) return std::nullopt;
    return RuleFinding{{"not-measured",
                        j.advised.limit ? "Nothing was measured under load: this judges what is "
                                          "set, and cannot say whether that is enough or too much"
                                        : "Nothing was measured under load, and nothing is set; "
                                          "only an experiment can tell whether a limit pays",
                        {}},
                       Confidence::low};
}

std::optional<RuleFinding> demandClimbs(const Judgement& j) {
    const auto climbing = climbingSqueezes(j);
    if (climbing.empty()) return std::nullopt;
    const auto& [squeeze, climb] = climbing.back();
    auto text = climbText(climb, squeeze->header) + "; confidence is low";
    text.front() = 'T';
    Reason reason{
        std::string(demandClimbsCode),
        std::move(text),
        {{"firstBytes", climb.first}, {"lastBytes", climb.last}, {"pValue", climb.pValue}}};
    addSources(reason, allTrials(j, *squeeze));
    return RuleFinding{std::move(reason), Confidence::low};
}

std::optional<RuleFinding> currentSettings(const Judgement& j) {
    if (!j.options.current) return std::nullopt;
    return RuleFinding{currentReason(*j.options.current, j.advised, j.options.tolerance)};
}

}  // namespace

Reason currentReason(const CurrentSettings& current, const AdvisedSettings& advised,
                     double tolerance) {
    const auto clauses = mismatches(current, advised, tolerance);
    if (clauses.empty()) return {"current-fits", "What is set now fits the advice", {}};
    return {"current-differs",
            fmt::format("What is set now does not fit: {}", fmt::join(clauses, "; ")),
            {}};
}

std::vector<Rule> caveatRules() {
    return {fewRuns,        noisyMachine, timeNotRate,      trimmedMemstats, tunnel,
            watchdog,       gcCpu,        interrupted,      benchLeftOut,    noUnlimitedRun,
            neverUnlimited, belowMinimum, fewConfirmations, floorNotChecked, limitNotTried,
            notMeasured,    demandClimbs, currentSettings};
}

std::vector<ClimbingSqueeze> climbingSqueezes(const Judgement& j) {
    std::vector<ClimbingSqueeze> found;
    for (const auto* squeeze : j.squeezes)
        if (const auto climb = demandClimb(squeeze->trials)) found.push_back({squeeze, *climb});
    return found;
}

}  // namespace memfit
