/// Edge search against bisection and stepping down, in simulated worlds with a known edge.
///     edge_simulation [--worlds N] [--seed S]
/// A run is one load; the first has no limit and tells Go's Sys, from where the rivals start.
/// Bisection and stepping down move on a grid of 2 %, at least 0.25 MiB; everyone then wants three
/// clean loads at the minimum that it names. One world in 50 has a freak verdict.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/edge/edge_search.h"
#include "memfit/trial/statistics.h"
#include "support/simulated_world.h"

namespace {

using namespace memfit;
using memfit::test::Random;
using memfit::test::SimulatedWorld;
using memfit::test::WorldTruth;

constexpr double resolution = 0.02;
constexpr Bytes smallestStep = 256 * KiB;
constexpr int confirmations = 3;
constexpr double acceptedRisk = 0.01;
constexpr std::size_t mostRuns = 16;      ///< accuracy is compared up to so many
constexpr std::size_t bisectionRuns = 8;  ///< the unlimited one, and seven limits
constexpr std::size_t atTheEnd = 1000;

/// The error that 500 worlds leave in a median.
constexpr double noise = 1.05;

enum class Figures { sampled, sampledOnly, biased, warmMarks, coldMarks, sysOnly, verdictsOnly };

struct Setting {
    Figures figures;
    std::string_view name;
    std::size_t
        targetRuns;  ///< bisection's 7-limit accuracy after so many; 0: one run behind at most
};

constexpr std::array settings = {
    Setting{Figures::sampled, "sampled + marks", 3},
    Setting{Figures::sampledOnly, "sampled, no marks", 3},
    Setting{Figures::biased, "sampled, biased", 3},
    Setting{Figures::warmMarks, "marks, warm", 5},
    Setting{Figures::coldMarks, "marks, cold", 0},
    Setting{Figures::sysOnly, "Sys alone", 0},
    Setting{Figures::verdictsOnly, "verdicts alone", 0},
};

/// One method in one world.
struct Course {
    std::vector<double> errors;                ///< relative error after run 1, 2, ...
    std::vector<std::optional<bool>> covered;  ///< the same for the interval, where one is named
    int runs = 0;
    bool found = false;
    std::optional<Bytes> minimum;
    double slowest = 0;  ///< milliseconds for one decision
};

double relativeError(double estimate, double edge) {
    return std::abs(estimate / edge - 1);
}

WorldTruth drawWorld(const Setting& setting, double spread, Random& random) {
    WorldTruth truth;
    truth.edge = static_cast<double>(MiB) * std::exp(random.uniform(std::log(8), std::log(2000)));
    truth.spread = spread;
    truth.sysRatio = random.uniform(1.25, 2.3);
    const double cache = random.uniform(0, 1.3);
    const auto habit = static_cast<int>(random.uniform(0, 4));
    const bool anyCache = setting.figures == Figures::sampled || setting.figures == Figures::biased;
    if (setting.figures == Figures::coldMarks) truth.coldCache = 1.3;
    if (anyCache && habit == 1) truth.coldCache = 1.3;
    if (anyCache && habit == 2) truth.steadyCache = cache;
    if (anyCache && habit == 3) truth.firstCache = 1.3;
    truth.seesHighWater =
        anyCache || setting.figures == Figures::warmMarks || setting.figures == Figures::coldMarks;
    truth.seesDemand = anyCache || setting.figures == Figures::sampledOnly;
    truth.seesMapped = setting.figures != Figures::verdictsOnly;
    const double bias = random.uniform(0.92, 0.96);
    if (setting.figures == Figures::biased) truth.bias = bias;
    const bool freak = random.uniform() < 0.02;
    const auto freakRun = 1 + static_cast<int>(random.uniform(0, 5));
    if (freak) truth.freakRun = freakRun;
    return truth;
}

Course runSearch(SimulatedWorld world, bool knowsSys) {
    EdgeSearchOptions options;
    if (!knowsSys) options.to = world.sys();
    EdgeSearch search(options);
    Course course;
    const auto note = [&] {
        const EdgeAnswer answer = search.answer();
        const double edge = world.truth().edge;
        course.errors.push_back(
            answer.edge ? relativeError(static_cast<double>(answer.edge->estimate), edge) : 1);
        std::optional<bool> covered;
        if (answer.edge) {
            covered = static_cast<double>(answer.edge->low) <= edge &&
                      edge <= static_cast<double>(answer.edge->high);
        }
        course.covered.push_back(covered);
    };
    search.observe(world.run(std::nullopt));
    note();
    while (const std::optional<Bytes> limit = search.next()) {
        const EdgeObservation seen = world.run(limit);
        const std::clock_t start = std::clock();
        search.observe(seen);
        course.slowest =
            std::max(course.slowest, 1000.0 * static_cast<double>(std::clock() - start) /
                                         static_cast<double>(CLOCKS_PER_SEC));
        note();
    }
    const EdgeAnswer answer = search.answer();
    course.runs = world.runs();
    course.found = answer.state == EdgeSearchState::found;
    course.minimum = answer.minimum;
    return course;
}

bool survives(SimulatedWorld& world, Bytes limit) {
    return world.run(limit).verdict == EdgeObservation::Verdict::survived;
}

Bytes stepAt(Bytes size) {
    return std::max(smallestStep, static_cast<Bytes>(static_cast<double>(size) * resolution));
}

/// Clean loads at the first whole MiB at or above `bound`, a step up after each kill.
void confirm(SimulatedWorld& world, Bytes bound, Course& course) {
    Bytes limit = ceilToMiB(bound);
    for (int clean = 0; clean < confirmations && world.runs() < 60;) {
        if (survives(world, limit)) {
            ++clean;
        } else {
            clean = 0;
            limit = ceilToMiB(limit + stepAt(limit));
        }
    }
    course.minimum = limit;
    course.runs = world.runs();
    course.found = true;
}

Course bisect(SimulatedWorld world) {
    Course course;
    Bytes low = 0;
    Bytes high = world.sys();
    const auto note = [&] {
        course.errors.push_back(
            relativeError(static_cast<double>(low + high) / 2, world.truth().edge));
    };
    (void)world.run(std::nullopt);
    note();
    while (high - low > stepAt(high)) {
        const Bytes middle = (low + high) / 2 / smallestStep * smallestStep;
        if (middle <= low) break;
        (survives(world, middle) ? high : low) = middle;
        note();
    }
    confirm(world, high, course);
    return course;
}

Course stepDown(SimulatedWorld world) {
    Course course;
    Bytes high = world.sys();
    (void)world.run(std::nullopt);
    course.errors.push_back(relativeError(static_cast<double>(high), world.truth().edge));
    while (high > MiB) {
        const Bytes limit = (high - stepAt(high)) / smallestStep * smallestStep;
        const bool survived = survives(world, limit);
        course.errors.push_back(
            relativeError(static_cast<double>(high + limit) / 2, world.truth().edge));
        if (!survived) break;
        high = limit;
    }
    confirm(world, high, course);
    return course;
}

struct Errors {
    double median = 0;
    double worst = 0;  ///< 90th percentile
};

Errors errorsAfter(const std::vector<Course>& courses, std::size_t runs) {
    std::vector<double> errors;
    for (const Course& course : courses) {
        errors.push_back(100 * course.errors[std::min(runs, course.errors.size()) - 1]);
    }
    return {*median(errors), *quantile(errors, 0.9)};
}

double coverageAfter(const std::vector<Course>& courses, std::size_t runs) {
    double covered = 0;
    double named = 0;
    for (const Course& course : courses) {
        const std::optional<bool> here = course.covered[std::min(runs, course.covered.size()) - 1];
        if (!here) continue;
        ++named;
        covered += *here ? 1 : 0;
    }
    return named > 0 ? 100 * covered / named : 100;
}

struct Row {
    const Setting* setting = nullptr;
    double spread = 0;
    std::vector<Course> search, bisection, steps;
    std::vector<WorldTruth> truths;
};

Row simulate(const Setting& setting, double spread, int worlds, std::uint64_t seed) {
    Row row{&setting, spread, {}, {}, {}, {}};
    Random random(seed);
    for (int i = 0; i < worlds; ++i) {
        const WorldTruth truth = drawWorld(setting, spread, random);
        const SimulatedWorld world(truth, random.next());
        row.truths.push_back(truth);
        row.search.push_back(runSearch(world, truth.seesMapped));
        row.bisection.push_back(bisect(world));
        row.steps.push_back(stepDown(world));
    }
    return row;
}

bool within(const Errors& errors, const Errors& bound) {
    return errors.median <= noise * bound.median && errors.worst <= noise * bound.worst;
}

/// Runs until the search is as accurate as bisection is after `rivalRuns`; mostRuns + 1: never.
std::size_t runsToMatch(const Row& row, std::size_t rivalRuns) {
    const Errors bound = errorsAfter(row.bisection, rivalRuns);
    std::size_t runs = 1;
    while (runs <= mostRuns && !within(errorsAfter(row.search, runs), bound)) ++runs;
    return runs;
}

/// How many runs the search is behind bisection at worst, from bisection's 4th limit on.
std::ptrdiff_t worstLag(const Row& row) {
    std::ptrdiff_t lag = -static_cast<std::ptrdiff_t>(mostRuns);
    for (std::size_t runs = 5; runs <= bisectionRuns; ++runs) {
        lag = std::max(lag, static_cast<std::ptrdiff_t>(runsToMatch(row, runs)) -
                                static_cast<std::ptrdiff_t>(runs));
    }
    return lag;
}

std::string show(const Errors& errors) {
    return fmt::format("{:>5.2f} {:>5.2f}", errors.median, errors.worst);
}

std::string runsText(const std::vector<Course>& courses) {
    std::vector<double> runs;
    for (const Course& course : courses) runs.push_back(course.runs);
    return fmt::format("{:>3.0f} {:>3.0f}", *median(runs), *quantile(runs, 0.9));
}

/// Minimums named: the share of worlds whose true risk there is accepted, and their median size.
struct Minimums {
    double kept = 0;   ///< percent
    double ratio = 0;  ///< to the edge
};

Minimums minimumsOf(const Row& row, const std::vector<Course>& courses) {
    std::vector<double> ratios;
    double kept = 0;
    for (std::size_t i = 0; i < courses.size(); ++i) {
        if (!courses[i].minimum) continue;
        const SimulatedWorld world(row.truths[i], 0);
        kept += world.risk(*courses[i].minimum) <= acceptedRisk ? 1 : 0;
        ratios.push_back(static_cast<double>(*courses[i].minimum) / row.truths[i].edge);
    }
    if (ratios.empty()) return {};
    return {100 * kept / static_cast<double>(ratios.size()), *median(ratios)};
}

double slowestDecision(const std::vector<Row>& rows) {
    double slowest = 0;
    for (const Row& row : rows) {
        for (const Course& course : row.search) slowest = std::max(slowest, course.slowest);
    }
    return slowest;
}

double foundShare(const Row& row) {
    const auto found = std::ranges::count_if(row.search, &Course::found);
    return 100 * static_cast<double>(found) / static_cast<double>(row.search.size());
}

void printAccuracy(const std::vector<Row>& rows) {
    fmt::print(
        "Error of the estimate in percent: median and 90th percentile after so many runs\n\n");
    fmt::print("{:<18} {:>6}  {:^11}  {:^11}  {:^11}  {:^11}  {:^11}  {:^11}  {:>5} {:>4}\n",
               "figures", "spread", "search 2", "search 3", "search 5", "search 8", "bisection 8",
               "stepping 8", "match", "lag");
    for (const Row& row : rows) {
        const std::size_t match = runsToMatch(row, bisectionRuns);
        fmt::print("{:<18} {:>6.1f}  {}  {}  {}  {}  {}  {}  {:>5} {:>4}\n", row.setting->name,
                   100 * row.spread, show(errorsAfter(row.search, 2)),
                   show(errorsAfter(row.search, 3)), show(errorsAfter(row.search, 5)),
                   show(errorsAfter(row.search, 8)), show(errorsAfter(row.bisection, 8)),
                   show(errorsAfter(row.steps, 8)),
                   match > mostRuns ? ">16" : std::to_string(match), worstLag(row));
    }
    fmt::print(
        "\nmatch: runs until the search is as accurate as bisection after 8 (the unlimited one and "
        "seven limits)\nlag: most runs that the search was behind bisection, from its 4th limit "
        "on\n"
        "100: no edge named yet, for want of a kill or a sampled demand\n\n");
}

void printEnd(const std::vector<Row>& rows) {
    fmt::print(
        "To the end, three clean loads at the minimum included; percent, unless it says runs\n\n");
    fmt::print("{:<18} {:>6}  {:^11}  {:^17}  {:>6}  {:^19}  {:^17}  {:^17}\n", "", "", "error",
               "95 % covers", "", "runs: median, p90", "risk kept", "minimum / edge");
    fmt::print(
        "{:<18} {:>6}  {:>5} {:>5}  {:>5} {:>5} {:>5}  {:>6}  {:^7} {:^7} {:^7}  {:>6} {:>6}  "
        "{:>8} {:>6}\n",
        "figures", "spread", "med", "p90", "3", "5", "end", "found", "search", "bisect", "step",
        "search", "bisect", "search", "bisect");
    for (const Row& row : rows) {
        const Minimums ours = minimumsOf(row, row.search);
        const Minimums theirs = minimumsOf(row, row.bisection);
        fmt::print(
            "{:<18} {:>6.1f}  {}  {:>5.1f} {:>5.1f} {:>5.1f}  {:>6.1f}  {} {} {}  {:>6.1f} "
            "{:>6.1f}  {:>8.2f} {:>6.2f}\n",
            row.setting->name, 100 * row.spread, show(errorsAfter(row.search, atTheEnd)),
            coverageAfter(row.search, 3), coverageAfter(row.search, 5),
            coverageAfter(row.search, atTheEnd), foundShare(row), runsText(row.search),
            runsText(row.bisection), runsText(row.steps), ours.kept, theirs.kept, ours.ratio,
            theirs.ratio);
    }
    fmt::print("\n");
}

void printTarget(std::string_view target, const std::vector<std::string>& missed) {
    fmt::print("{:<78} {}{}\n", target,
               missed.empty() ? "reached" : "missed: ", fmt::join(missed, "; "));
}

void printTargets(const std::vector<Row>& rows) {
    std::vector<std::string> sampled, biased, warm, nothing, coverage, risk;
    for (const Row& row : rows) {
        const auto name = [&](auto value) {
            return fmt::format("{} {} %: {}", row.setting->name, 100 * row.spread, value);
        };
        const Figures figures = row.setting->figures;
        const std::size_t match = runsToMatch(row, bisectionRuns);
        auto& accuracy = figures == Figures::warmMarks ? warm
                         : figures == Figures::biased  ? biased
                                                       : sampled;
        if (row.setting->targetRuns > 0) {
            if (match > row.setting->targetRuns) accuracy.push_back(name(match));
        } else if (worstLag(row) > 1) {
            nothing.push_back(name(worstLag(row)));
        }
        for (const std::size_t runs : {std::size_t{3}, std::size_t{5}, atTheEnd}) {
            const double covered = coverageAfter(row.search, runs);
            if (covered < 93) coverage.push_back(name(fmt::format("{:.1f}", covered)));
        }
        const double kept = minimumsOf(row, row.search).kept;
        if (kept < 95) risk.push_back(name(fmt::format("{:.1f}", kept)));
    }
    printTarget("bisection's 7-limit accuracy after 3 runs, with sampled demand", sampled);
    printTarget("the same, with demand sampled 4 to 12 % low", biased);
    printTarget("bisection's 7-limit accuracy after 5 runs, with warm high-water marks", warm);
    printTarget("at most one run behind bisection, with less than that", nothing);
    printTarget("95 % intervals cover the edge in 93 % of worlds or more", coverage);
    printTarget("the named minimum keeps the risk of 1 % in 95 % of worlds or more", risk);
}

}  // namespace

int main(int argc, char** argv) {
    int worlds = 500;
    std::uint64_t seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const long long value = std::strtoll(argv[i + 1], nullptr, 10);
        if (name == "--worlds") worlds = static_cast<int>(std::clamp(value, 1LL, 1000000LL));
        if (name == "--seed") seed = static_cast<std::uint64_t>(value);
    }
    const auto start = std::chrono::steady_clock::now();
    std::vector<Row> rows;
    for (const Setting& setting : settings) {
        for (const double spread : {0.005, 0.02, 0.05}) {
            rows.push_back(simulate(setting, spread, worlds, seed++));
        }
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    printAccuracy(rows);
    printEnd(rows);
    printTargets(rows);
    fmt::print("\n{} worlds a row, {:.0f} s; slowest decision {:.1f} ms of CPU\n", worlds,
               taken.count(), slowestDecision(rows));
    return 0;
}
