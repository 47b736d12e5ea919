#include "memfit/live/live_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "memfit/pod/go_environment.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

const LivePod* largest(const LiveFacts& facts) {
    const LivePod* found = nullptr;
    for (const auto& pod : facts.pods)
        if (found == nullptr || pod.inUse() > found->inUse()) found = &pod;
    return found;
}

void takeInForce(const PodStatus& status, LivePod& pod, std::vector<Warning>& warnings) {
    const auto wanted = pod.settings.limit;
    const auto& container = *status.container;
    if (container.memoryLimit) pod.settings.limit = container.memoryLimit;
    if (container.memoryRequest) pod.settings.request = container.memoryRequest;
    if (!status.resizePending || !wanted || wanted == pod.settings.limit) return;
    warnings.push_back(
        {"resize-pending", fmt::format("pod {} has a limit of {}; {} was requested, but its node "
                                       "has not carried out the resize ({})",
                                       pod.name, formatQuantity(*pod.settings.limit),
                                       formatQuantity(*wanted), quoted(*status.resizePending))});
}

}  // namespace

CurrentSettings settingsOf(const std::vector<Container>& containers, const std::string& name,
                           std::vector<Warning>& warnings) {
    CurrentSettings settings;
    const auto found = std::ranges::find(containers, name, &Container::name);
    if (found == containers.end()) return settings;
    auto go = resolveGoEnvironment(containers, *found);
    settings.limit = found->memoryLimit;
    settings.request = found->memoryRequest;
    settings.gomemlimit = std::move(go.gomemlimit);
    settings.gogc = std::move(go.gogc);
    settings.gomemlimitUnknown = go.gomemlimitUnknown;
    settings.gogcUnknown = go.gogcUnknown;
    for (auto& notice : go.notices) {
        Warning warning{std::move(notice.code), std::move(notice.text)};
        if (std::ranges::find(warnings, warning) == warnings.end())
            warnings.push_back(std::move(warning));
    }
    return settings;
}

void setFindings(std::vector<Finding> findings, LiveFacts& facts) {
    facts.findings = std::move(findings);
    std::erase_if(facts.warnings, [&](const Warning& warning) {
        return std::ranges::find(facts.findings, warning.code, &Finding::code) !=
               facts.findings.end();
    });
}

std::optional<Finding> noRoomForOthers(const LiveFacts& facts, const std::string& workload,
                                       const std::string& container) {
    constexpr Bytes leastShare = 20;
    const LivePod* named = nullptr;
    Bytes most = 0;
    for (const auto& pod : facts.pods) {
        const auto gomemlimit = parseGomemlimit(pod.settings.gomemlimit.value_or(""));
        const auto limit = pod.settings.limit;
        if (!limit || !gomemlimit || *gomemlimit != limit || !pod.usage || !pod.usage->anon)
            continue;
        const auto mapped = pod.memory ? pod.memory->goMapped() : std::nullopt;
        if (!mapped) continue;
        const Bytes others = *pod.usage->anon - *mapped;
        if (others <= *limit / leastShare || others <= most) continue;
        most = others;
        named = &pod;
    }
    if (named == nullptr) return std::nullopt;
    return Finding{
        "gomemlimit-no-room",
        Severity::warning,
        {},
        workload,
        container,
        fmt::format("GOMEMLIMIT is the whole memory limit, {}, but pod {} holds {} that "
                    "Go does not count: the kernel kills the program before Go collects",
                    formatQuantity(*named->settings.limit), named->name, formatMiB(most)),
        fmt::format("set GOMEMLIMIT to {} or less",
                    formatGomemlimit(*named->settings.limit - most))};
}

void readHistory(const PodStatus& status, LivePod& pod, std::vector<Warning>& warnings) {
    if (!status.container) return;
    takeInForce(status, pod, warnings);
    pod.restarts = status.container->restartCount;
    const auto end = judgePod(status).state;
    pod.oomKilled = end == PodState::oomKilled || end == PodState::oomAtStart;
    if (!pod.oomKilled) return;
    const auto& state = status.container->state;
    const bool ended = state.kind == ContainerState::Kind::terminated;
    pod.oomKilledAt = (ended ? state : status.container->lastState).finishedAt;
}

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
