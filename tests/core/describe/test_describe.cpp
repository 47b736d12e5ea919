#include "memfit/describe/describe.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "memfit/documents/rfc3339.h"

using namespace memfit;

namespace {

Header salesApi() {
    Header header;
    header.target.type = "process";
    header.target.command = {"./sales-api"};
    return header;
}

LoadReport loadOf(double requestsPerSecond) {
    LoadReport load;
    load.tool = "hey";
    load.requests = 1000;
    load.errors = 0;
    load.non2xx = 0;
    load.requestsPerSecond = requestsPerSecond;
    load.totalSeconds = 1000 / requestsPerSecond;
    load.latency.p99 = 0.05;
    return load;
}

Trial trialOf(std::optional<Bytes> limit, Outcome outcome, Bytes demand) {
    Trial trial;
    trial.settings = plainSettings(limit);
    trial.outcome = outcome;
    if (outcome == Outcome::survived) trial.load = loadOf(800);
    Usage usage;
    usage.demand = demand;
    usage.peak = demand + MiB / 4;
    trial.usage = usage;
    return trial;
}

SqueezeResult squeezed() {
    SqueezeResult result;
    result.header = salesApi();
    result.trials = {trialOf(std::nullopt, Outcome::survived, 17 * MiB),
                     trialOf(16 * MiB, Outcome::oomKilled, 15 * MiB),
                     trialOf(20 * MiB, Outcome::survived, 17 * MiB)};
    result.edge = {16 * MiB + MiB / 2, 16 * MiB, 17 * MiB, 0.95};
    result.minimum = 20 * MiB;
    result.riskAtMinimum = 0.004;
    result.confirmations = 3;
    return result;
}

BenchCell cellOf(const std::string& label, const Settings& settings,
                 const std::vector<double>& speeds, int killed = 0) {
    BenchCell cell;
    cell.label = label;
    cell.settings = settings;
    for (const double speed : speeds) {
        cell.runs.push_back({Outcome::survived, std::nullopt, loadOf(speed), {}, {}, {}});
    }
    for (int run = 0; run < killed; ++run) {
        cell.runs.push_back({Outcome::oomKilled, std::nullopt, {}, {}, {}, {}});
    }
    return cell;
}

}  // namespace

TEST_CASE("a probe shows idle, loaded and largest side by side, and no row that nobody knows") {
    ProbeResult result;
    result.header = salesApi();
    MemorySnapshot idle;
    idle.sys = 13 * MiB;
    idle.goroutines = 7;
    MemorySnapshot loaded = idle;
    loaded.sys = 23 * MiB + MiB / 2;
    loaded.gcCpuFraction = 0.09;
    result.idle = idle;
    result.loaded = loaded;
    result.peak = loaded;
    Usage usage;
    usage.demand = 17 * MiB;
    result.usage = usage;
    result.run = loadOf(800);
    CHECK(renderText(describe(result), {}) == R"(sales-api: Go's memory
  Go's memory              idle  after load  largest seen
  Sys (from the system)  13 MiB    23.5 MiB      23.5 MiB
  goroutines                  7           7             7
  CPU spent in GC                       9 %           9 %
Seen from outside: at most 17 MiB without reclaimable page cache.
Load (hey): 1000 requests in 1.25 s, 800/s, p99 50 ms.
)");
}

TEST_CASE("a probe tells what the load cost, as far as that is known") {
    const auto told = [](const Cost& cost) {
        ProbeResult result;
        result.header = salesApi();
        result.run = loadOf(800);
        result.cost = cost;
        const auto text = renderText(describe(result), {});
        return text.substr(text.find("The load cost"));
    };
    CHECK(told({5.684, "cgroup", 0.25, 80, 3 * GiB / 2}) ==
          "The load cost: 5.68 s of CPU time (5.68 ms a request), 250 ms of it in Go's collector, "
          "80 garbage\ncollections, 1536 MiB allocated.\n");
    CHECK(told({{}, {}, {}, 1, {}}) == "The load cost: 1 garbage collection.\n");
    CHECK(told({{}, {}, 0.25, {}, {}}) == "The load cost: 250 ms of CPU time in Go's collector.\n");
}

TEST_CASE("a squeeze shows the edge, the minimum and every trial") {
    CHECK(renderText(describe(squeezed(), {true}), {}) == R"(sales-api: OOM edge, plain
OOM edge: 16.5 MiB (95 % interval 16 MiB to 17 MiB): the limit at which half of the loads are
killed.
Minimum: 20 MiB (by the model 0.4 % of loads are killed there; 3 clean).
  trial     limit  outcome     req/s  demand  high-water
      1  no limit  survived      800  17 MiB    17.3 MiB
      2    16 MiB  OOM-killed         15 MiB    15.3 MiB  ████████████▊
      3    20 MiB  survived      800  17 MiB    17.3 MiB  ████████████████
)");
}

TEST_CASE("that only the wall time is known stands above every figure") {
    auto result = squeezed();
    result.header.warnings = {{std::string(onlyWallTimeCode), "no report"}};
    CHECK(renderText(describe(result), {}).starts_with(R"(sales-api: OOM edge, plain
Only the wall time of each load is known: its report was not understood. Name its tool with
--load-format.
OOM edge: 16.5 MiB)"));
}

namespace {

Chart chartOf(const Report& report) {
    const auto found = std::ranges::find_if(
        report, [](const Block& block) { return std::holds_alternative<Chart>(block); });
    REQUIRE(found != report.end());
    return std::get<Chart>(*found);
}

std::string pointsOf(const ChartSeries& series) {
    std::string text;
    for (const auto& point : series.points) text += fmt::format("{:g},{:g} ", point.x, point.y);
    return text;
}

std::string textOf(const std::optional<ChartLine>& line) {
    return line ? fmt::format("{:g} {}", line->x, line->name) : "none";
}

}  // namespace

TEST_CASE("each trial is a dot of its own, also where several ran at one limit") {
    auto result = squeezed();
    result.trials.push_back(trialOf(20 * MiB, Outcome::survived, 17 * MiB));
    result.trials.push_back(trialOf(16 * MiB, Outcome::oomKilled, 15 * MiB));
    result.trials.push_back(trialOf(20 * MiB, Outcome::survived, 17 * MiB));
    const auto dots = chartOf(describe(result)).series.at(1);
    CHECK(pointsOf(dots) == "16,1 20,0 20,0.04 16,0.96 20,0.08 ");
    for (int i = 0; i < 28; ++i)
        result.trials.push_back(trialOf(20 * MiB, Outcome::survived, 17 * MiB));
    const auto many = chartOf(describe(result)).series.at(1);
    CHECK(many.points.back().y == doctest::Approx(0.3));
}

TEST_CASE("the curve of the risk begins below the interval of the edge") {
    auto result = squeezed();
    result.edge.low = 12 * MiB;
    const auto curve = chartOf(describe(result)).series.at(0);
    CHECK(curve.points.front().x == doctest::Approx(12 * 0.95));
    CHECK(curve.points.front().y > curve.points.back().y);
    CHECK(curve.points.back().x == doctest::Approx(20 * 1.05));
}

TEST_CASE("charts mark the minimum, and what is advised where there is a recommendation") {
    const auto squeeze = squeezed();
    CHECK(textOf(chartOf(describe(squeeze)).marked) == "20 minimum: 20 MiB");
    CHECK(textOf(chartOf(describe(squeeze)).alsoMarked) == "none");
    const Detail advised{false, false, 36 * MiB};
    const auto both = chartOf(describe(squeeze, advised));
    CHECK(textOf(both.marked) == "36 advised: 36 MiB");
    CHECK(textOf(both.alsoMarked) == "20 minimum: 20 MiB");
    CHECK(both.series.at(0).points.back().x == doctest::Approx(36 * 1.05));
    const auto same = chartOf(describe(squeeze, {false, false, 20 * MiB}));
    CHECK(textOf(same.marked) == "20 advised, and the minimum: 20 MiB");
    CHECK(textOf(same.alsoMarked) == "none");

    BenchResult bench;
    bench.cells = {cellOf("2x", plainSettings(36 * MiB), {800})};
    summarize(bench);
    CHECK(textOf(chartOf(describe(bench)).marked) == "none");
    CHECK(textOf(chartOf(describe(bench, advised)).marked) == "36 advised: 36 MiB");
}

namespace {

/// A run that allocates 2 MiB a request, of which each collection costs 2 ms of CPU beside the 5 ms
/// that a request takes without any; `room` of the heap is free between two collections. Runs
/// scatter by a percent.
BenchRun runByTheLaw(double room, int block) {
    BenchRun run;
    run.outcome = Outcome::survived;
    run.block = block;
    const double collections = 1000 * 2 * static_cast<double>(MiB) / room;
    const double scatter = 1 + (0.01 * (block - 1));
    const double seconds = scatter * (5 + 0.002 * collections);
    run.load = loadOf(1000 / seconds);
    run.cost = Cost{seconds, "cgroup", {}, std::lround(collections), 2000 * MiB};
    return run;
}

/// Cells with 20 MiB of memory that is not free; without GOMEMLIMIT 10 MiB of the heap are.
BenchResult benchByTheLaw() {
    BenchResult result;
    result.header = salesApi();
    for (const Bytes limit : {0, 24, 36, 48, 96}) {
        const auto bound = limit > 0 ? std::optional(limit * MiB) : std::nullopt;
        BenchCell plain{"", plainSettings(bound), {}, {}, {}};
        for (int block = 0; block < 3; ++block) plain.runs.push_back(runByTheLaw(10 * MiB, block));
        result.cells.push_back(plain);
        if (!bound) continue;
        BenchCell other{"", gomemlimitSettings(*bound, *bound), {}, {}, {}};
        const auto room = static_cast<double>(*bound - 20 * MiB);
        for (int block = 0; block < 3; ++block) other.runs.push_back(runByTheLaw(room, block));
        result.cells.push_back(other);
    }
    summarize(result);
    return result;
}

std::optional<Chart> costOf(const Report& report) {
    for (const auto& block : report)
        if (const auto* const chart = std::get_if<Chart>(&block);
            chart != nullptr && chart->title.starts_with("Cost of"))
            return *chart;
    return std::nullopt;
}

std::string seriesOf(const Chart& chart) {
    std::string names;
    for (const auto& series : chart.series)
        names += fmt::format("{} {}; ", series.name, series.points.size());
    return names;
}

}  // namespace

TEST_CASE("the cost of a request is shown with the law that it follows") {
    const auto chart = costOf(describe(benchByTheLaw(), {false, false, 30 * MiB}));
    REQUIRE(chart);
    CHECK(chart->title == "Cost of a request");
    CHECK(chart->yTitle == "ms of CPU");
    CHECK(textOf(chart->marked) == "30 advised: 30 MiB");
    CHECK(seriesOf(*chart) ==
          "GOMEMLIMIT, by the law 61; plain, by the law: the same at every limit 2; "
          "plain, measured 4; GOMEMLIMIT, measured 4; ");
    const auto& law = chart->series[0].points;
    CHECK(law.front().x == doctest::Approx(24));
    CHECK(law.front().y == doctest::Approx(6).epsilon(0.02));
    CHECK(law.back().x == doctest::Approx(96));
    CHECK(law.back().y == doctest::Approx(5 + 4.0 / 76).epsilon(0.02));
    for (const auto& point : law) {
        CHECK((point.low <= point.y && point.y <= point.high));
        CHECK(*point.high - *point.low < 0.2);
    }
    CHECK(chart->series[1].points[0].y == doctest::Approx(5.4).epsilon(0.02));
    CHECK_FALSE(chart->series[1].points[0].low);
    CHECK(pointsOf(chart->series[2]) == "24,5.4 36,5.4 48,5.4 96,5.4 ");
    CHECK(chart->series[3].points[0].y == doctest::Approx(6).epsilon(0.001));
}

TEST_CASE("without figures of the collector the cost has curves, by the clock without CPU time") {
    auto result = benchByTheLaw();
    for (auto& cell : result.cells)
        for (auto& run : cell.runs) run.cost.reset();
    const auto chart = costOf(describe(result));
    REQUIRE(chart);
    CHECK(chart->yTitle == "ms by the clock");
    CHECK(textOf(chart->marked) == "none");
    CHECK(seriesOf(*chart) ==
          "GOMEMLIMIT, by the model 4; plain, by the model 4; no limit, plain, by the model 2; "
          "plain, measured 4; GOMEMLIMIT, measured 4; ");
    const auto& curve = chart->series[0].points;
    for (std::size_t i = 1; i < curve.size(); ++i) CHECK(curve[i].y <= curve[i - 1].y);
    CHECK(curve.front().low);
    CHECK_FALSE(chart->series[1].points.front().low);
}

TEST_CASE("the cost of loads whose requests nobody counted is one of a load") {
    auto result = benchByTheLaw();
    for (auto& cell : result.cells)
        for (auto& run : cell.runs) {
            const auto seconds = run.load->totalSeconds;
            run.load = LoadReport{};
            run.load->totalSeconds = seconds;
        }
    const auto chart = costOf(describe(result));
    REQUIRE(chart);
    CHECK(chart->title == "Cost of a load");
    CHECK(chart->yTitle == "seconds of CPU");
    CHECK(chart->series.back().points[0].y == doctest::Approx(6).epsilon(0.001));
}

TEST_CASE("single runs of cells, which no law tells from noise, make no chart of the cost") {
    auto result = benchByTheLaw();
    for (auto& cell : result.cells) {
        cell.runs.resize(1);
        cell.runs[0].cost.reset();
    }
    CHECK_FALSE(costOf(describe(result)));
    CHECK_FALSE(costOf(describe(BenchResult{})));
}

TEST_CASE("a cost beyond all numbers is not drawn") {
    auto result = benchByTheLaw();
    for (auto& run : result.cells[1].runs) run.cost->cpuSeconds = 1e308;
    if (const auto chart = costOf(describe(result)))
        for (const auto& series : chart->series)
            for (const auto& point : series.points) CHECK(std::isfinite(point.y));
}

TEST_CASE("a load that tells its time alone is shown by its time") {
    BenchResult result;
    result.header = salesApi();
    result.cells = {cellOf("none", plainSettings(std::nullopt), {800}),
                    cellOf("2x", plainSettings(36 * MiB), {500, 500})};
    for (auto& cell : result.cells)
        for (auto& run : cell.runs) {
            run.load->requestsPerSecond = std::nullopt;
            run.load->latency.p99 = std::nullopt;
        }
    summarize(result);
    const auto report = describe(result);
    const auto chart = chartOf(report);
    CHECK(chart.title == "Time of a load");
    CHECK(chart.yTitle == "seconds");
    CHECK(pointsOf(chart.series.at(0)) == "36,2 ");
    CHECK(renderText(report, {}) == R"(sales-api: limits side by side, medians of 2 runs
  limit         plain
  no limit     1.25 s
  36 MiB (2x)  2.00 s
)");
}

TEST_CASE("pages tell when, where and with which load it was measured, as far as that is known") {
    auto result = squeezed();
    auto& header = result.header;
    header.startedAt = parseRfc3339("2026-11-24T16:52:53.075Z");
    header.finishedAt = parseRfc3339("2026-11-24T16:53:30.891Z");
    header.environment.testbed = "pod";
    header.environment.enforcement = "kubelet";
    header.environment.cpuLimit = "250m";
    header.environment.cores = 2;
    header.environment.node = "n1";
    header.environment.kubernetesVersion = "v1.29.2";
    header.environment.goVersion = "go1.22";
    header.environment.memfitVersion = "0.1.0";
    header.load = {"hey {url}", "hey", "port-forward", {}, {}, {}};
    CHECK(renderMarkdown({describe(result).at(4)}) == R"(<details>
<summary>How it was measured</summary>

|  |  |
| --- | --- |
| started | 2026-11-24 16:52:53 UTC |
| finished | 2026-11-24 16:53:30 UTC |
| testbed | pod |
| limits enforced by | kubelet |
| CPU limit | 250m |
| CPU cores | 2 |
| node | n1 |
| Kubernetes | v1.29.2 |
| Go | go1.22 |
| kubectl-memfit | 0.1.0 |
| load tool | hey |
| load sent by way of | port-forward |

**Load:** hey {url}

</details>
)");
    CHECK(renderText(describe(result), {}) == renderText(describe(squeezed()), {}));
    // Nothing known, nothing told.
    CHECK(renderMarkdown(describe(squeezed())).find("How it was") == std::string::npos);
}

TEST_CASE("a recommendation tells once how its documents were measured, and of others at theirs") {
    Results results;
    auto squeeze = squeezed();
    squeeze.header.startedAt = parseRfc3339("2026-11-23T10:00:00Z");
    squeeze.header.finishedAt = parseRfc3339("2026-11-23T10:05:00Z");
    squeeze.header.environment.testbed = "pod";
    auto later = squeeze;
    later.header.startedAt = parseRfc3339("2026-11-24T10:00:00Z");
    later.header.finishedAt = parseRfc3339("2026-11-24T10:05:00Z");
    Recommendation recommendation;
    recommendation.header.environment.testbed = "pod";
    const auto told = [&] {
        const auto text = renderMarkdown(describe(recommendation, results));
        std::string rows;
        for (const std::string_view name : {"| started |", "| finished |"})
            for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
                rows += text.substr(at, text.find('\n', at) - at) + "\n";
        return rows;
    };
    results.squeezes = {squeeze};
    CHECK(told() ==
          "| started | 2026-11-23 10:00:00 UTC |\n"
          "| finished | 2026-11-23 10:05:00 UTC |\n");
    results.squeezes = {squeeze, later};
    CHECK(told() ==
          "| started | 2026-11-23 10:00:00 UTC |\n"
          "| started | 2026-11-24 10:00:00 UTC |\n"
          "| finished | 2026-11-24 10:05:00 UTC |\n"
          "| finished | 2026-11-24 10:05:00 UTC |\n");
}

TEST_CASE("an edge that no kill has shown is said to follow from the survivors") {
    auto result = squeezed();
    result.trials.erase(result.trials.begin() + 1);
    result.header.partial = true;
    result.header.warnings = {{"no-cgroup", "limits are kept by the watchdog"}};
    CHECK(renderText(describe(result), {}) == R"(sales-api: OOM edge, plain
OOM edge: 16.5 MiB (95 % interval 16 MiB to 17 MiB): the limit at which half of the loads are
killed. No load was killed: this is estimated from what the survivors used.
Minimum: 20 MiB (by the model 0.4 % of loads are killed there; 3 clean).
Stopped early: these are partial results.

Warnings
  - limits are kept by the watchdog [no-cgroup]
)");
}

TEST_CASE("a document with bounds only is shown with its bounds") {
    SqueezeResult result;
    result.header = salesApi();
    result.edge.low = 17 * MiB;
    result.edge.high = 18 * MiB;
    CHECK(renderText(describe(result), {}) == R"(sales-api: OOM edge, plain
OOM edge: above 17 MiB, at most 18 MiB
Minimum: not reached.
)");
}

TEST_CASE("a bench puts both modes of a limit side by side and says what was killed") {
    BenchResult result;
    result.header = salesApi();
    result.cells = {
        cellOf("none", plainSettings(std::nullopt), {800, 802, 798, 801, 799}),
        cellOf("min", plainSettings(18 * MiB), {}, 2),
        cellOf("min", gomemlimitSettings(18 * MiB, 18 * MiB), {400, 402, 398, 401, 399}),
        cellOf("2x", plainSettings(36 * MiB), {800, 802, 798, 801, 799}),
        cellOf("2x", gomemlimitSettings(36 * MiB, 36 * MiB), {1000, 1002, 998, 1001, 999})};
    summarize(result);
    CHECK(renderText(describe(result), {}) ==
          R"(sales-api: limits side by side, medians of 5 runs
  limit         plain req/s    p99            GOMEMLIMIT req/s    p99              different?
  no limit          800 ±1%  50 ms  ████████
  18 MiB (min)   killed 2/2                            400 ±1%  50 ms  ████
  36 MiB (2x)       800 ±1%  50 ms  ████████          1000 ±1%  50 ms  ██████████  +25 %
)");
}

TEST_CASE("a bench shows what a request cost where that is known, and whether that differs") {
    BenchResult result;
    result.header = salesApi();
    const auto cell = [](const char* label, const Settings& settings, double cpuSeconds,
                         std::int64_t collections) {
        auto made = cellOf(label, settings, {800, 802, 798});
        int block = 0;
        for (auto& run : made.runs) {
            run.block = block;
            run.cost = Cost{cpuSeconds + 0.001 * block++, "cgroup", 0.5, collections, GiB};
        }
        return made;
    };
    result.cells = {cell("none", plainSettings(std::nullopt), 5.7, 80),
                    cellOf("min", plainSettings(18 * MiB), {800, 802, 798}),
                    cell("2x", plainSettings(36 * MiB), 5.7, 80),
                    cell("2x", gomemlimitSettings(36 * MiB, 36 * MiB), 4.6, 0)};
    summarize(result);
    CHECK(renderText(describe(result, {true}), {}) ==
          R"(sales-api: limits side by side, medians of 3 runs
  limit         plain req/s    p99              GOMEMLIMIT req/s    p99              different?
  no limit          800 ±1%  50 ms  ██████████
  18 MiB (min)      800 ±1%  50 ms  ██████████
  36 MiB (2x)       800 ±1%  50 ms  ██████████           800 ±1%  50 ms  ██████████  no (0 %)
CPU time a request, in which waiting for the processor does not count, and garbage collections in a
load:
  limit        plain CPU/request  collections  GOMEMLIMIT CPU/request  collections  different?
  no limit           5.70 ms ±1%           80
  36 MiB (2x)        5.70 ms ±1%           80             4.60 ms ±1%            0  -19 %
     limit  mode        round  outcome   req/s    p99  CPU/request  GC CPU  collections
  no limit  plain           1  survived    800  50 ms      5.70 ms  500 ms           80
  no limit  plain           2  survived    802  50 ms      5.70 ms  500 ms           80
  no limit  plain           3  survived    798  50 ms      5.70 ms  500 ms           80
    18 MiB  plain              survived    800  50 ms
    18 MiB  plain              survived    802  50 ms
    18 MiB  plain              survived    798  50 ms
    36 MiB  plain           1  survived    800  50 ms      5.70 ms  500 ms           80
    36 MiB  plain           2  survived    802  50 ms      5.70 ms  500 ms           80
    36 MiB  plain           3  survived    798  50 ms      5.70 ms  500 ms           80
    36 MiB  gomemlimit      1  survived    800  50 ms      4.60 ms  500 ms            0
    36 MiB  gomemlimit      2  survived    802  50 ms      4.60 ms  500 ms            0
    36 MiB  gomemlimit      3  survived    798  50 ms      4.60 ms  500 ms            0
)");
}

TEST_CASE("a recommendation shows what is set now beside what is advised") {
    Recommendation recommendation;
    recommendation.header = salesApi();
    recommendation.basis = Basis::measured;
    recommendation.confidence = Confidence::high;
    recommendation.advised.limit = 36 * MiB;
    recommendation.advised.request = 36 * MiB;
    recommendation.advised.gomemlimit = {GomemlimitAdvice::Kind::bytes, 32 * MiB};
    recommendation.advised.gogc = "off";
    recommendation.confirmed = Confirmed{3, 0};
    CurrentSettings current;
    current.limit = GiB;
    recommendation.current = current;
    recommendation.reasons = {{"edge", "Half of the loads are killed at 16 MiB", {}}};
    recommendation.next = "kubectl memfit bench";
    CHECK(renderText(describe(recommendation, {}), {}) == R"(Recommended for sales-api (balanced)
  setting          advised  now
  limits.memory    36Mi     1Gi
  requests.memory  36Mi     not set
  GOMEMLIMIT       32MiB    not set
  GOGC             off      not set
Basis: measured. Confidence: high. Of 3 loads with these exact settings none was killed.

Why
  - Half of the loads are killed at 16 MiB [edge]

Next
    kubectl memfit bench
)");
}

TEST_CASE("the confidence is said with the chance behind it, where there is one") {
    Recommendation recommendation;
    recommendation.basis = Basis::measured;
    recommendation.confidence = Confidence::high;
    recommendation.probability = 0.932;
    const auto words = [&] { return renderMarkdown(describe(recommendation, {})); };
    CHECK(words().find("Basis: measured. Confidence: high (chance 93 %).") != std::string::npos);
    recommendation.probability = 0.9996;
    CHECK(words().find("Confidence: high (chance over 99 %).") != std::string::npos);
    recommendation.probability.reset();
    CHECK(words().find("Confidence: high.") != std::string::npos);
}

TEST_CASE("a page shows the memory over time of the cell that is advised") {
    BenchResult bench;
    bench.header = salesApi();
    BenchCell cell;
    cell.settings = gomemlimitSettings(36 * MiB, 36 * MiB);
    cell.samples = {{0, 10 * MiB, 18 * MiB, 5 * MiB, 1}, {2, 30 * MiB, {}, 20 * MiB, 7}};
    bench.cells = {BenchCell{}, cell};
    Results results;
    results.benches = {bench};
    Recommendation recommendation;
    recommendation.advised.limit = 36 * MiB;
    recommendation.advised.gomemlimit.kind = GomemlimitAdvice::Kind::limitsMemory;
    recommendation.advised.gogc = "off";
    const auto report = describe(recommendation, results);
    const auto found = std::ranges::find_if(report, [](const Block& block) {
        const auto* const details = std::get_if<Details>(&block);
        return details != nullptr && details->title == "Memory with these settings";
    });
    REQUIRE(found != report.end());
    const auto& blocks = std::get<Details>(*found).blocks;
    REQUIRE(blocks.size() == 2);
    const auto& memory = std::get<Chart>(blocks[0]);
    CHECK(memory.title == "Memory in the last run at 36 MiB with GOMEMLIMIT");
    std::string names;
    for (const auto& series : memory.series)
        names += series.name + " " + std::to_string(series.points.size()) + "; ";
    CHECK(names == "usage 2; Go Sys 1; heap allocated 2; limit 2; ");
    CHECK(memory.series[0].points[1].y == 30);
    CHECK(std::get<Chart>(blocks[1]).series[0].points[1].y == 7);

    recommendation.advised.limit = 18 * MiB;
    const auto without = describe(recommendation, results);
    CHECK(std::ranges::none_of(without, [](const Block& block) {
        const auto* const details = std::get_if<Details>(&block);
        return details != nullptr && details->title == "Memory with these settings";
    }));
}
