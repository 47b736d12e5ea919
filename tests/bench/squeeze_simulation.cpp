/// How tight and how repeatable is the minimum that a squeeze names, in simulated worlds with a
/// known edge?
///     squeeze_simulation [--worlds N] [--seed S] [--only PART-OF-A-WORLD'S-NAME]
/// The right minimum is the limit at which the true risk is the accepted 1 %. Every world is
/// squeezed twice, with other loads: what two people would see who measure the same service. The
/// worlds of the first table are as the model believes; those of the second are not.

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "memfit/edge/edge_search.h"
#include "memfit/trial/statistics.h"
#include "support/simulated_world.h"

namespace {

using namespace memfit;
using memfit::test::Random;
using memfit::test::SimulatedWorld;
using memfit::test::WorldTruth;

constexpr double acceptedRisk = 0.01;
constexpr double agreement =
    1.05;  ///< two squeezes agree when their minimums are within this factor

/// The value that a row must reach; 0: it is only printed.
struct Targets {
    double trials = 0;
    double median = 0;  ///< of minimum / right minimum
    double worst = 0;   ///< its 90th percentile
    double kept = 0;    ///< percent
    double agree = 0;   ///< percent
};

/// One kind of world: changes a truth with common figures into one of its own.
struct Kind {
    std::string_view name;
    std::function<void(WorldTruth&, Random&)> shape;
    Targets targets;
    int parallel = 1;
    int maxTrials = EdgeSearchOptions{}.maxTrials;
    bool boundedAbove = false;  ///< `to` is 1.3 times the edge
};

void verdictsOnly(WorldTruth& truth, Random& /*random*/) {
    truth.seesDemand = truth.seesHighWater = false;
}

void demandOnly(WorldTruth& truth, Random& random) {
    truth.seesHighWater = false;
    truth.bias = random.uniform(0.96, 1);
    truth.sampledLow = 0.01;
}

void demandAndMarks(WorldTruth& truth, Random& random) {
    truth.bias = random.uniform(0.96, 1);
    truth.sampledLow = 0.01;
}

struct Squeeze {
    int trials = 0;
    bool fell = false;  ///< a load was killed
    bool covered = false;
    bool kept = false;
    bool heavy = false;  ///< a load needed more than the others
    double ratio = 0;    ///< minimum / right minimum; 0: no minimum
    Bytes minimum = 0;
};

Squeeze squeeze(SimulatedWorld world, const Kind& kind) {
    EdgeSearchOptions options;
    options.maxTrials = kind.maxTrials;
    const double edge = world.truth().edge;
    if (kind.boundedAbove) options.to = static_cast<Bytes>(1.3 * edge);
    EdgeSearch search(options);
    Squeeze result;
    const auto observe = [&](std::optional<Bytes> limit) {
        const EdgeObservation seen = world.run(limit);
        result.fell = result.fell || seen.verdict == EdgeObservation::Verdict::tooSmall;
        search.observe(seen);
    };
    observe(std::nullopt);
    while (search.next()) {
        for (const Bytes limit : search.nextBatch(static_cast<std::size_t>(kind.parallel))) {
            observe(limit);
        }
    }
    const EdgeAnswer answer = search.answer();
    result.trials = world.runs();
    result.heavy = world.heavyRuns() > 0;
    result.covered = answer.edge && static_cast<double>(answer.edge->low) <= edge &&
                     edge <= static_cast<double>(answer.edge->high);
    if (answer.minimum) {
        result.minimum = *answer.minimum;
        result.kept = world.risk(*answer.minimum) <= acceptedRisk;
        result.ratio = static_cast<double>(*answer.minimum) / world.limitOfRisk(acceptedRisk);
    }
    return result;
}

struct Row {
    std::string_view name;
    double spread = 0;
    Targets targets;
    double trials = 0, median = 0, worst = 0;
    double heavy = 0, keptHeavy = 0;                               ///< percent
    double kept = 0, agree = 0, covered = 0, fell = 0, named = 0;  ///< percent
};

Row simulate(const Kind& kind, double spread, int worlds, std::uint64_t seed) {
    Row row;
    row.name = kind.name;
    row.spread = spread;
    row.targets = kind.targets;
    Random random(seed);
    std::vector<double> ratios;
    const double share = 100.0 / (2 * worlds);
    for (int i = 0; i < worlds; ++i) {
        WorldTruth truth;
        truth.edge =
            static_cast<double>(MiB) * std::exp(random.uniform(std::log(12), std::log(1500)));
        truth.spread = spread;
        truth.sysRatio = random.uniform(1.2, 2.1);
        kind.shape(truth, random);
        const std::array pair = {squeeze(SimulatedWorld(truth, random.next()), kind),
                                 squeeze(SimulatedWorld(truth, random.next()), kind)};
        for (const Squeeze& one : pair) {
            row.trials += one.trials / (2.0 * worlds);
            row.kept += one.kept ? share : 0;
            row.heavy += one.heavy ? share : 0;
            row.keptHeavy += one.heavy && one.kept ? share : 0;
            row.covered += one.covered ? share : 0;
            row.fell += one.fell ? share : 0;
            row.named += one.minimum > 0 ? share : 0;
            if (one.minimum > 0) ratios.push_back(one.ratio);
        }
        const auto [low, high] = std::minmax(pair[0].minimum, pair[1].minimum);
        if (low > 0 && static_cast<double>(high) <= agreement * static_cast<double>(low)) {
            row.agree += 2 * share;
        }
    }
    if (row.named > 0) row.kept *= 100 / row.named;
    row.median = median(ratios).value_or(0);
    row.worst = quantile(ratios, 0.9).value_or(0);
    return row;
}

/// A figure with its target; an exclamation mark where that is missed.
std::string beside(double value, double target, bool atMost, int digits) {
    if (target == 0) return fmt::format("{:>6.{}f}{:8}", value, digits, "");
    const double unit = std::pow(10, -digits);
    const double shown = std::round(value / unit) * unit;
    const bool reached = atMost ? shown <= target + unit / 100 : shown >= target - unit / 100;
    return fmt::format("{:>6.{}f} {}{:<4.{}f}{}", value, digits, atMost ? "<=" : ">=", target,
                       digits, reached ? ' ' : '!');
}

void print(const Row& row) {
    fmt::print("{:<29} {:>4.1f}  {} {} {} {} {} {:>8.1f} {:>6.1f} {:>6.1f}\n", row.name,
               100 * row.spread, beside(row.trials, row.targets.trials, true, 1),
               beside(row.median, row.targets.median, true, 2),
               beside(row.worst, row.targets.worst, true, 2),
               beside(row.kept, row.targets.kept, false, 0),
               beside(row.agree, row.targets.agree, false, 0), row.covered, row.fell, row.named);
    if (row.heavy > 0) {
        fmt::print(
            "{:>36}one such load was seen in {:.0f} %; of these the risk is kept in {:.0f} %\n", "",
            row.heavy, 100 * row.keptHeavy / row.heavy);
    }
}

void printHead(std::string_view title) {
    fmt::print("{}\n\n{:<29} {:>4}  {:<14} {:<14} {:<14} {:<14} {:<14} {:>8} {:>6} {:>6}\n", title,
               "world", "%", "trials", "min/right med", "min/right p90", "risk kept %",
               "two agree %", "covers %", "fell %", "named%");
}

std::vector<Kind> asBelieved() {
    return {
        {"verdicts alone", verdictsOnly, {14, 1.12, 0, 0, 60}},
        {"sampled demand", demandOnly, {}},
        {"demand and marks", demandAndMarks, {7, 1.08, 1.15, 97, 0}},
    };
}

std::vector<Kind> otherwise() {
    const auto with = [](auto first, auto then) {
        return [first, then](WorldTruth& truth, Random& random) {
            first(truth, random);
            then(truth, random);
        };
    };
    const auto freak = [](WorldTruth& truth, Random& random) {
        truth.freakRun = 1 + static_cast<int>(random.uniform(0, 6));
    };
    const auto modes = [](WorldTruth& truth, Random&) {
        truth.heavyShare = 0.05;
        truth.heavyBy = 0.2;
    };
    const auto unevenSampling = [](WorldTruth& truth, Random&) {
        truth.bias = 1;
        truth.sampledLow = 0.04;
    };
    const auto cold = [](WorldTruth& truth, Random&) { truth.coldCache = 1.3; };
    const auto steady = [](WorldTruth& truth, Random& random) {
        truth.steadyCache = random.uniform(0, 1.3);
    };
    const auto early = [](WorldTruth& truth, Random& random) {
        truth.earlyMark = random.uniform(0.4, 1);
    };
    const auto firstCold = [](WorldTruth& truth, Random&) { truth.firstCache = 1.3; };
    return {
        {"freak verdict, verdicts alone", with(verdictsOnly, freak), {}},
        {"first mark too low, verdicts", with(verdictsOnly, early), {}},
        {"freak verdict, with marks", with(demandAndMarks, freak), {}},
        {"demand 0-4 % low, every run", with(demandOnly, unevenSampling), {}},
        {"marks of a cold cache", with(demandAndMarks, cold), {}},
        {"marks with a steady cache", with(demandAndMarks, steady), {}},
        {"cold in the first run alone", with(demandAndMarks, firstCold), {}},
        {"marks alone", [](WorldTruth& truth, Random&) { truth.seesDemand = false; }, {}},
        {"nothing, not even Sys",
         [](WorldTruth& truth, Random&) {
             truth.seesDemand = truth.seesHighWater = truth.seesMapped = false;
         },
         {}},
        {"4 at a time, verdicts alone", verdictsOnly, {}, 4},
        {"4 at a time, with marks", demandAndMarks, {}, 4},
        {"--max-trials 8, verdicts alone", verdictsOnly, {}, 1, 8},
        {"--to 1.3 edges, verdicts alone", verdictsOnly, {}, 1, 24, true},
        {"1 in 20 needs 20 % more, alone", with(verdictsOnly, modes), {}},
        {"1 in 20 needs 20 % more, marks", with(demandAndMarks, modes), {}},
    };
}

/// The rows, made on two cores.
std::vector<Row> runAll(const std::vector<std::function<Row()>>& tasks) {
    std::vector<Row> rows(tasks.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < tasks.size(); i = next++) rows[i] = tasks[i]();
    };
    std::thread other(work);
    work();
    other.join();
    return rows;
}

}  // namespace

int main(int argc, char** argv) {
    int worlds = 100;
    std::uint64_t seed = 1;
    std::string_view only;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const long long value = std::strtoll(argv[i + 1], nullptr, 10);
        if (name == "--worlds") worlds = static_cast<int>(std::clamp(value, 1LL, 1000000LL));
        if (name == "--only") only = argv[i + 1];
        if (name == "--seed") seed = static_cast<std::uint64_t>(value);
    }
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::function<Row()>> tasks;
    const auto add = [&](const Kind& kind, double spread, int count) {
        if (kind.name.find(only) == std::string_view::npos) return;
        tasks.emplace_back([=] { return simulate(kind, spread, count, seed); });
    };
    for (Kind kind : asBelieved()) {
        for (const double spread : {0.005, 0.02, 0.05}) {
            if (kind.name == "demand and marks") kind.targets.agree = spread == 0.02 ? 75 : 0;
            add(kind, spread, worlds);
            ++seed;
        }
    }
    const std::size_t believed = tasks.size();
    for (const Kind& kind : otherwise()) {
        add(kind, 0.02, worlds / 2 + 1);
        ++seed;
    }
    const std::vector<Row> rows = runAll(tasks);
    printHead("Worlds as the model believes them; ! misses its target");
    for (std::size_t i = 0; i < believed; ++i) print(rows[i]);
    fmt::print("\n");
    printHead("Worlds that are otherwise");
    for (std::size_t i = believed; i < rows.size(); ++i) print(rows[i]);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    fmt::print(
        "\n{} worlds a row in the first table, half as many in the second; each squeezed "
        "twice; {:.0f} s\n",
        worlds, taken.count());
    return 0;
}
