#include "memfit/trial/cost.h"

namespace memfit {

namespace {

template <class Value>
bool wentDown(const std::optional<Value>& before, const std::optional<Value>& after) {
    return before && after && *after < *before;
}

template <class Value>
std::optional<Value> grownBy(const std::optional<Value>& before,
                             const std::optional<Value>& after) {
    if (!before || !after || *after < *before) return std::nullopt;
    return *after - *before;
}

/// The counters of a page count from the program's start.
bool startedAnew(const MemorySnapshot& before, const MemorySnapshot& after) {
    return wentDown(before.numGc, after.numGc) || wentDown(before.totalAlloc, after.totalAlloc) ||
           wentDown(before.cpuSeconds, after.cpuSeconds) ||
           wentDown(before.gcCpuSeconds, after.gcCpuSeconds);
}

void takeTestbed(Cost& cost, const std::optional<CpuTime>& before,
                 const std::optional<CpuTime>& after) {
    if (!before || !after || before->source != after->source) return;
    if (after->seconds < before->seconds) return;
    cost.cpuSeconds = after->seconds - before->seconds;
    cost.cpuSource = after->source;
}

void takePage(Cost& cost, const MemorySnapshot& before, const MemorySnapshot& after) {
    if (startedAnew(before, after)) return;
    cost.gcSeconds = grownBy(before.gcCpuSeconds, after.gcCpuSeconds);
    cost.collections = grownBy(before.numGc, after.numGc);
    cost.allocated = grownBy(before.totalAlloc, after.totalAlloc);
    if (cost.cpuSeconds) return;
    cost.cpuSeconds = grownBy(before.cpuSeconds, after.cpuSeconds);
    if (cost.cpuSeconds) cost.cpuSource = "page";
}

}  // namespace

std::optional<Cost> costBetween(const CostReading& before, const CostReading& after) {
    Cost cost;
    takeTestbed(cost, before.cpu, after.cpu);
    if (before.page && after.page) takePage(cost, *before.page, *after.page);
    return cost == Cost{} ? std::nullopt : std::optional(cost);
}

}  // namespace memfit
