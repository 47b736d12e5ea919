#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "memfit/advice/choice.h"
#include "memfit/trial/floor.h"

namespace memfit {

namespace {

using Figure = std::function<std::optional<double>(const LoadReport&)>;

bool tookPlace(const BenchRun& run) {
    switch (run.outcome) {
        case Outcome::evicted:
        case Outcome::unschedulable:
        case Outcome::imageError:
        case Outcome::inconclusive:
            return false;
        default:
            return true;
    }
}

std::optional<double> medianFigure(const std::vector<BenchRun>& runs, const Figure& figure) {
    std::vector<double> values;
    for (const auto& run : runs)
        if (run.outcome == Outcome::survived && run.load)
            if (const auto value = figure(*run.load)) values.push_back(*value);
    return median(values);
}

/// A report whose figures are the medians over the unlimited runs, for floors with `x`.
std::optional<LoadReport> typicalReport(const std::vector<BenchRun>& runs) {
    const auto survived = [](const BenchRun& run) {
        return run.outcome == Outcome::survived && run.load;
    };
    const auto first = std::ranges::find_if(runs, survived);
    if (first == runs.end()) return std::nullopt;
    LoadReport report = *first->load;
    const auto set = [&](std::optional<double>& field, const Figure& figure) {
        field = medianFigure(runs, figure);
    };
    set(report.totalSeconds, [](const LoadReport& r) { return r.totalSeconds; });
    set(report.slowestSeconds, [](const LoadReport& r) { return r.slowestSeconds; });
    set(report.averageSeconds, [](const LoadReport& r) { return r.averageSeconds; });
    set(report.requestsPerSecond, [](const LoadReport& r) { return r.requestsPerSecond; });
    set(report.latency.p50, [](const LoadReport& r) { return r.latency.p50; });
    set(report.latency.p90, [](const LoadReport& r) { return r.latency.p90; });
    set(report.latency.p95, [](const LoadReport& r) { return r.latency.p95; });
    set(report.latency.p99, [](const LoadReport& r) { return r.latency.p99; });
    return report;
}

/// The unlimited plain runs: of the bench, or else of the squeezes.
std::vector<BenchRun> unlimitedRuns(const std::vector<BenchCell>& cells,
                                    const std::vector<const SqueezeResult*>& squeezes) {
    for (const auto& cell : cells)
        if (!cell.settings.limit && cell.settings.mode == Mode::plain &&
            std::ranges::any_of(
                cell.runs, [](const BenchRun& run) { return run.outcome == Outcome::survived; }))
            return cell.runs;
    std::vector<BenchRun> runs;
    for (const auto* squeeze : squeezes)
        for (const auto& trial : squeeze->trials)
            if (!trial.settings.limit && trial.outcome == Outcome::survived)
                runs.push_back(
                    {trial.outcome, {}, trial.load, trial.memory, trial.usage, trial.cost});
    return runs;
}

/// Trials in other documents that ran with exactly these settings and found them too small.
std::size_t tooSmallElsewhere(const Settings& settings,
                              const std::vector<const SqueezeResult*>& squeezes) {
    std::size_t found = 0;
    for (const auto* squeeze : squeezes)
        for (const auto& trial : squeeze->trials) {
            const bool same = trial.settings.limit == settings.limit &&
                              trial.settings.mode == settings.mode &&
                              trial.settings.gomemlimit == settings.gomemlimit;
            if (same && isTooSmall(trial.outcome)) ++found;
        }
    return found;
}

/// Why a cell is out of the choice; nullopt when it is not.
std::optional<std::string> whyOut(const BenchCell& cell, const std::optional<Floor>& floor,
                                  const std::optional<LoadReport>& unlimited) {
    std::size_t took = 0;
    std::size_t failed = 0;
    std::string first;
    for (const auto& run : cell.runs) {
        if (!tookPlace(run)) continue;
        ++took;
        std::optional<std::string> problem;
        if (run.outcome != Outcome::survived)
            problem = std::string(toString(run.outcome));
        else if (floor && run.load)
            problem = floor->missedBy(*run.load, unlimited);
        if (!problem) continue;
        if (failed++ == 0) first = *problem;
    }
    if (took == 0) return "none of its runs took place";
    if (failed == 0) return std::nullopt;
    return fmt::format("{} of {} runs did not fit ({})", failed, took, first);
}

Candidate toCandidate(const BenchCell& cell, const std::optional<Floor>& floor,
                      const std::optional<LoadReport>& unlimited) {
    Candidate candidate;
    candidate.label = cell.label;
    candidate.settings = cell.settings;
    for (const auto& run : cell.runs)
        if (tookPlace(run)) candidate.measured.push_back(run);
    candidate.runs = static_cast<int>(candidate.measured.size());
    if (!floor) return candidate;
    for (const auto& run : candidate.measured) {
        const auto why = floor->uncheckedIn(run.load.value_or(LoadReport{}), unlimited);
        if (!why) continue;
        if (candidate.floorUnchecked++ == 0) candidate.whyUnchecked = *why;
    }
    return candidate;
}

bool everyCellHas(SpeedUnit unit, const std::vector<Candidate>& cells) {
    return std::ranges::all_of(cells, [&](const Candidate& cell) {
        return std::ranges::any_of(cell.measured, [&](const BenchRun& run) {
            return run.load && speedOf(*run.load, unit).has_value();
        });
    });
}

SpeedUnit commonUnit(const std::vector<Candidate>& cells) {
    for (const auto unit : {SpeedUnit::requestsPerSecond, SpeedUnit::loadsPerSecond})
        if (everyCellHas(unit, cells)) return unit;
    return SpeedUnit::unknown;
}

}  // namespace

void fillSpeeds(Candidate& cell, SpeedUnit unit) {
    cell.speeds.clear();
    std::vector<double> values;
    int place = 0;
    for (const auto& run : cell.measured) {
        const int block = run.block.value_or(place++);
        const auto speed = speedOf(run, unit);
        if (!speed) continue;
        cell.speeds.push_back({block, *speed});
        values.push_back(*speed);
    }
    cell.speed = estimate(values);
}

namespace {

std::optional<double> medianSpeed(const std::vector<BenchRun>& runs, SpeedUnit unit) {
    return medianFigure(runs, [&](const LoadReport& load) { return speedOf(load, unit); });
}

}  // namespace

std::optional<double> speedOf(const LoadReport& load, SpeedUnit unit) {
    std::optional<double> speed;
    if (unit == SpeedUnit::requestsPerSecond) speed = load.requestsPerSecond;
    const bool timed = load.totalSeconds && *load.totalSeconds > 0;
    if (unit == SpeedUnit::loadsPerSecond && timed) speed = 1 / *load.totalSeconds;
    return speed && std::isfinite(*speed) && *speed > 0 ? speed : std::nullopt;
}

std::optional<double> speedOf(const BenchRun& run, SpeedUnit unit) {
    if (unit != SpeedUnit::requestsPerCpuSecond)
        return run.load ? speedOf(*run.load, unit) : std::nullopt;
    const auto seconds = cpuPerRequest(run.cost, run.load);
    return seconds && std::isfinite(*seconds) && *seconds > 0 ? std::optional(1 / *seconds)
                                                              : std::nullopt;
}

std::vector<BenchCell> mergeCells(const std::vector<const BenchResult*>& benches) {
    std::vector<BenchCell> merged;
    int firstBlock = 0;
    for (const auto* bench : benches) {
        int lastBlock = firstBlock;
        for (const auto& cell : bench->cells) {
            auto found = std::ranges::find(merged, cell.settings, &BenchCell::settings);
            if (found == merged.end())
                found = merged.insert(found, {cell.label, cell.settings, {}, {}, {}});
            int place = 0;
            for (auto run : cell.runs) {
                constexpr int mostBlocks = 1'000'000;
                run.block = firstBlock + std::clamp(run.block.value_or(place), 0, mostBlocks);
                ++place;
                lastBlock = std::max(lastBlock, *run.block);
                found->runs.push_back(std::move(run));
            }
        }
        constexpr int blockBound = 1'000'000'000;
        firstBlock = std::min(lastBlock + 1, blockBound);
    }
    return merged;
}

Result<Candidates> findCandidates(const std::vector<BenchCell>& cells,
                                  const std::vector<const SqueezeResult*>& squeezes,
                                  const std::optional<std::string>& floor) {
    std::optional<Floor> parsedFloor;
    if (floor) {
        auto parsed = Floor::parse(*floor);
        if (!parsed) return parsed.error();
        parsedFloor = *std::move(parsed);
    }
    const auto unlimited = unlimitedRuns(cells, squeezes);
    const auto typical = typicalReport(unlimited);

    Candidates found;
    std::vector<const BenchCell*> outCells;
    for (const auto& cell : cells) {
        auto why = whyOut(cell, parsedFloor, typical);
        if (!why)
            if (const auto elsewhere = tooSmallElsewhere(cell.settings, squeezes); elsewhere > 0)
                why = fmt::format("{} of a squeeze's trials with the same settings did not fit",
                                  elsewhere);
        if (why) {
            found.out.push_back({cell.label, cell.settings, *std::move(why),
                                 std::ranges::any_of(cell.runs, tookPlace), std::nullopt});
            outCells.push_back(&cell);
        } else {
            found.cells.push_back(toCandidate(cell, parsedFloor, typical));
        }
    }
    found.unit = commonUnit(found.cells);
    for (auto& cell : found.cells) fillSpeeds(cell, found.unit);
    for (std::size_t i = 0; i < outCells.size(); ++i)
        found.out[i].speed = medianSpeed(outCells[i]->runs, found.unit);
    found.unlimitedSpeed = medianSpeed(unlimited, found.unit);
    return found;
}

}  // namespace memfit
