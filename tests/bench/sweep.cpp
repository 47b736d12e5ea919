// The edge that squeeze names against an exhaustive sweep: limits in steps of 0.5 MiB, 6 loads
// each. Usage: sweep SALES-API [LOADS]
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include "exhaustive_sweep.h"
#include "service.h"

using namespace memfit;

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: sweep SALES-API [LOADS]\n");
        return 2;
    }
    const int loads = argc > 2 ? std::atoi(argv[2]) : 6;
    plugin::EventLoop loop;
    const auto service = bench::salesApi(argv[1], 1000);
    plugin::LocalTestbed testbed(loop, service.options);
    plugin::LoadTrialRunner runner(loop, testbed, service.plan);
    plugin::Progress progress(std::cerr, {true, true, false});
    plugin::TrialSeries trials(runner, progress);

    return bench::sweepAgainstSqueeze(trials, loads);
}
