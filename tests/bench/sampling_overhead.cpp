// Measures what sampling costs the service: throughput with and without it, in interleaved pairs.
// Usage: sampling_overhead SALES-API [PAIRS]
#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "memfit/trial/statistics.h"
#include "service.h"

using namespace memfit;

namespace {

double throughput(plugin::EventLoop& loop, plugin::Testbed& testbed, plugin::LoadPlan plan,
                  bool sampling) {
    plan.sampling = sampling;
    plugin::LoadTrialRunner runner(loop, testbed, std::move(plan));
    const auto record = runner.run(plainSettings(std::nullopt), {});
    if (!record || record->trial.outcome != Outcome::survived) {
        fmt::print(stderr, "error: a run failed: {}\n",
                   record ? record->trial.note : record.error().message());
        std::exit(1);
    }
    return record->trial.load->requestsPerSecond.value();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: sampling_overhead SALES-API [PAIRS]\n");
        return 2;
    }
    const int pairs = argc > 2 ? std::atoi(argv[2]) : 12;
    plugin::EventLoop loop;
    const auto service = bench::salesApi(argv[1], 1000);
    plugin::LocalTestbed testbed(loop, service.options);

    throughput(loop, testbed, service.plan, true);  // warms the machine up
    std::vector<double> ratios;
    fmt::print("{:>6}{:>18}{:>18}{:>10}\n", "pair", "sampled req/s", "unsampled req/s", "ratio");
    for (int pair = 0; pair < pairs; ++pair) {
        const bool sampledFirst = pair % 2 == 0;
        const double first = throughput(loop, testbed, service.plan, sampledFirst);
        const double second = throughput(loop, testbed, service.plan, !sampledFirst);
        const double sampled = sampledFirst ? first : second;
        const double unsampled = sampledFirst ? second : first;
        ratios.push_back(sampled / unsampled);
        fmt::print("{:>6}{:>18.0f}{:>18.0f}{:>10.3f}\n", pair + 1, sampled, unsampled,
                   ratios.back());
    }
    const auto cost = estimate(ratios).value();
    fmt::print(
        "sampling costs {:.1f} % of throughput (95 % interval {:.1f} to {:.1f} %); target: the "
        "interval reaches below 1 %: {}\n",
        (1 - cost.median) * 100, (1 - cost.high) * 100, (1 - cost.low) * 100,
        (1 - cost.high) * 100 < 1 ? "reached" : "missed");
    return 0;
}
