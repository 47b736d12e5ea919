#include "memfit/advice/live_facts.h"

#include <algorithm>
#include <limits>

namespace memfit {

namespace {

const LivePod* largest(const LiveFacts& facts) {
    const LivePod* found = nullptr;
    for (const auto& pod : facts.pods)
        if (found == nullptr || pod.inUse() > found->inUse()) found = &pod;
    return found;
}

}  // namespace

CurrentSettings currentSettings(const LiveFacts& facts) {
    return facts.pods.empty() ? facts.declared : facts.pods.front().settings;
}

std::optional<Bytes> liveUsage(const LiveFacts& facts) {
    const auto* pod = largest(facts);
    return pod == nullptr ? std::nullopt : pod->inUse();
}

std::optional<Bytes> oomKilledAt(const LiveFacts& facts) {
    std::optional<Bytes> limit;
    for (const auto& pod : facts.pods)
        if (pod.oomKilled) limit = std::max(limit, pod.settings.limit);
    return limit;
}

Bytes raisedAfterOomKill(Bytes limit) {
    constexpr Bytes most = std::numeric_limits<Bytes>::max() / 2;
    if (limit > most) return limit;
    return ceilToMiB(limit + std::max<Bytes>(limit / 4, 1));
}

ProbeResult probeOf(const LiveFacts& facts, Header header) {
    ProbeResult probe;
    probe.header = std::move(header);
    probe.header.warnings.insert(probe.header.warnings.end(), facts.warnings.begin(),
                                 facts.warnings.end());
    probe.settings = currentSettings(facts);
    if (const auto* pod = largest(facts)) {
        probe.settings = pod->settings;
        probe.idle = pod->memory;
        probe.usage = pod->usage;
    }
    for (const auto& pod : facts.pods) {
        if (!pod.memory) continue;
        if (!probe.idle) probe.idle = pod.memory;
        probe.samples.push_back(*pod.memory);
    }
    probe.pods = facts.pods;
    return probe;
}

}  // namespace memfit
