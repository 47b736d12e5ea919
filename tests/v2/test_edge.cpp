#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bench/exhaustive_sweep.h"
#include "support/memfit_binary.h"
#include "v2/machine.h"

using namespace memfit;
using namespace memfit::v2;
using nlohmann::json;

namespace {

/// Where the machine has it.
const std::string program = "/usr/local/bin/sales-api";

/// Few and cheap requests, since each takes many times as long where the processor is emulated.
/// Two at a time: more at once make what a load takes differ from one to the next.
const std::string load = "hey -n 30 -c 2 {url}/v1/users";
const std::map<std::string, std::string> smallTable{{"SALES_USERS", "1000"}};

constexpr Bytes step = MiB / 2;

json squeezed(std::map<std::string, std::string> env) {
    env.insert(smallTable.begin(), smallTable.end());
    const auto end = test::memfitRun(
        {"squeeze", "--local", "-q", "-o", "json", "--port", "3000", "--load", load, "--", program},
        {.env = std::move(env), .patienceSeconds = 120});
    CAPTURE(end.err);
    CHECK(end.code == 0);
    REQUIRE(json::accept(end.out));
    return json::parse(end.out);
}

/// The edge by two loads at each limit, in steps, around `start`. One sweep serves all tests.
double sweptEdge(Bytes start) {
    static const double edge = [start] {
        plugin::EventLoop loop;
        plugin::LocalOptions options;
        options.command = {program};
        options.port = 3000;
        options.env = smallTable;
        plugin::LocalTestbed testbed(loop, options);
        plugin::LoadPlan plan;
        plan.load = plugin::parseLoadCommand(load).value();
        plugin::LoadTrialRunner runner(loop, testbed, plan);
        plugin::Progress progress(std::cerr, {true, true, false});
        plugin::TrialSeries trials(runner, progress);
        const auto rows = bench::sweepAround(trials, start, step, 2);
        for (const auto& row : rows)
            MESSAGE(formatMiB(row.limit), ": ", row.killed, " of ", row.loads, " killed");
        return bench::edgeOf(rows);
    }();
    return edge;
}

/// In the interval that the squeeze names, or within 5 % of its estimate.
void checkEdge(const json& result) {
    const auto& edge = result.at("edge");
    const double low = edge.at("lowBytes").get<double>();
    const double high = edge.at("highBytes").get<double>();
    const double estimate = edge.at("estimateBytes").get<double>();
    const double swept = sweptEdge(edge.at("estimateBytes").get<Bytes>() / step * step);
    const auto figures =
        fmt::format("squeeze: {:.2f} MiB ({:.2f} to {:.2f}), {} trials; sweep: {:.2f} MiB",
                    estimate / MiB, low / MiB, high / MiB, result.at("trials").size(), swept / MiB);
    MESSAGE(figures);
    const bool within = low <= swept && swept <= high;
    CHECK_MESSAGE((within || std::abs(estimate / swept - 1) <= 0.05), figures);
}

std::size_t trialsWithPeak(const json& result) {
    std::size_t count = 0;
    for (const auto& trial : result.at("trials"))
        if (trial.at("usage").contains("peakBytes")) ++count;
    return count;
}

}  // namespace

TEST_CASE("the edge of sales-api that a squeeze names is where a sweep of limits finds it") {
    const auto result = squeezed({});
    CHECK(result.at("environment").at("enforcement") == "cgroup-v2");
    CHECK(trialsWithPeak(result) == result.at("trials").size());
    checkEdge(result);
}

TEST_CASE("the edge is found where the kernel has no memory.peak, and no peak is claimed") {
    const auto result = squeezed({{"LD_PRELOAD", MEMFIT_WITHOUT_PEAK}});
    CHECK(result.at("environment").at("enforcement") == "cgroup-v2");
    CHECK(trialsWithPeak(result) == 0);
    checkEdge(result);
}
