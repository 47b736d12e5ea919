#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "memfit/advice/judgement.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/bytes.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

std::string plural(std::int64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// The pods that were OOM-killed, with a limit or without.
struct Killed {
    std::int64_t pods = 0;
    std::int64_t restarts = 0;
    std::string lastAt;
    std::vector<std::string> from;
};

Killed killed(const LiveFacts& facts, bool withLimit) {
    Killed tally;
    for (const auto& pod : facts.pods) {
        if (!pod.oomKilled || pod.settings.limit.has_value() != withLimit) continue;
        ++tally.pods;
        tally.from.push_back(podSource(pod));
        tally.restarts += pod.restarts;
        // RFC 3339 in UTC, as the API server writes it, sorts as text.
        tally.lastAt = std::max(tally.lastAt, pod.oomKilledAt);
    }
    return tally;
}

std::string lastText(const Killed& tally) {
    return tally.lastAt.empty() ? "" : ", last at " + tally.lastAt;
}

std::optional<RuleFinding> oomKilledAtLimit(const Judgement& j) {
    if (!j.options.live) return std::nullopt;
    const auto limit = oomKilledAt(*j.options.live);
    if (!limit) return std::nullopt;
    const auto tally = killed(*j.options.live, true);
    auto text =
        fmt::format("{} of {} looked at {} OOM-killed at the limit of {} ({} in all{})", tally.pods,
                    plural(static_cast<std::int64_t>(j.options.live->pods.size()), "pod"),
                    tally.pods == 1 ? "was" : "were", formatQuantity(*limit),
                    plural(tally.restarts, "restart"), lastText(tally));
    if (j.basis != Basis::measured && j.advised.limit)
        text += fmt::format(": {} is more than that, but it was not measured how much is enough",
                            formatQuantity(*j.advised.limit));
    return RuleFinding{{"oom-killed-live",
                        std::move(text),
                        {{"limitBytes", *limit},
                         {"pods", tally.pods},
                         {"restarts", tally.restarts},
                         {"lastAt", tally.lastAt},
                         {"from", tally.from}}}};
}

std::optional<RuleFinding> oomKilledByNode(const Judgement& j) {
    if (!j.options.live) return std::nullopt;
    const auto tally = killed(*j.options.live, false);
    if (tally.pods == 0) return std::nullopt;
    return RuleFinding{
        {"oom-killed-without-limit",
         fmt::format("{} OOM-killed without a memory limit{}: the node ran out of "
                     "memory, and a request that covers the need is what protects "
                     "against that",
                     tally.pods == 1 ? "1 pod was" : fmt::format("{} pods were", tally.pods),
                     lastText(tally)),
         {{"pods", tally.pods}, {"lastAt", tally.lastAt}, {"from", tally.from}}}};
}

/// Without a measurement a limit far above what is in use is worth one.
std::optional<RuleFinding> farAboveUsage(const Judgement& j) {
    constexpr Bytes far = 3;
    const auto& seen = j.options.liveUsage;
    if (j.basis == Basis::measured || !seen || *seen <= 0 || !j.advised.limit) return std::nullopt;
    const bool neededMore = j.options.live && oomKilledAt(*j.options.live);
    if (neededMore || *j.advised.limit / far < *seen) return std::nullopt;
    const double ratio = static_cast<double>(*j.advised.limit) / static_cast<double>(*seen);
    Reason reason{"limit-far-above-usage",
                  fmt::format("{} is {:.1f} times what was in use when memfit looked; only a "
                              "measurement can tell whether the load needs that much",
                              formatQuantity(*j.advised.limit), ratio),
                  {{"limitBytes", *j.advised.limit}, {"liveUsageBytes", *seen}, {"ratio", ratio}}};
    addSources(reason, podInUse(j));
    return RuleFinding{std::move(reason)};
}

bool gogcOffNow(const Judgement& j) {
    return j.options.current && parseGogc(j.options.current->gogc.value_or("")).off;
}

std::optional<RuleFinding> memoryAutoscaler(const Judgement& j) {
    if (!j.options.live || j.options.live->memoryAutoscalers.empty()) return std::nullopt;
    const auto names = fmt::format("{}", fmt::join(j.options.live->memoryAutoscalers, ", "));
    auto text = fmt::format(
        "HorizontalPodAutoscaler {} scales on memory: with GOGC=off memory in use would stay at "
        "GOMEMLIMIT whatever the load, so GOGC=off is not advised{}; a new request changes what "
        "its utilization target means",
        names, gogcOffNow(j) ? ", though it is set" : "");
    std::vector<Evidence> evidence{{"autoscaler", names}};
    if (j.cellsForAutoscaler > 0) {
        text += fmt::format("; {} with it {} left out",
                            plural(static_cast<std::int64_t>(j.cellsForAutoscaler), "setting"),
                            j.cellsForAutoscaler == 1 ? "was" : "were");
        evidence.emplace_back("leftOut", static_cast<std::int64_t>(j.cellsForAutoscaler));
    }
    return RuleFinding{{"memory-autoscaler", std::move(text), std::move(evidence)}};
}

std::optional<RuleFinding> verticalAutoscaler(const Judgement& j) {
    if (!j.options.live || j.options.live->verticalAutoscalers.empty()) return std::nullopt;
    const auto names = fmt::format("{}", fmt::join(j.options.live->verticalAutoscalers, ", "));
    return RuleFinding{
        {"vertical-autoscaler",
         fmt::format("VerticalPodAutoscaler {} overrides the memory of the template in the pods: "
                     "the advice lasts only where its updateMode is Off, or its policy for "
                     "this container does not control memory",
                     names),
         {{"autoscaler", names}}}};
}

std::string settingsWords(const CurrentSettings& settings) {
    const auto quantity = [](const std::optional<Bytes>& bytes) {
        return bytes ? formatQuantity(*bytes) : std::string("none");
    };
    return fmt::format("limit {}, request {}", quantity(settings.limit),
                       quantity(settings.request));
}

bool sameMemory(const CurrentSettings& a, const CurrentSettings& b) {
    return a.limit == b.limit && a.request == b.request;
}

std::optional<RuleFinding> podsDiffer(const Judgement& j) {
    if (!j.options.live || j.options.live->pods.empty()) return std::nullopt;
    const auto& live = *j.options.live;
    const auto& first = live.pods.front();
    const auto other = std::ranges::find_if(
        live.pods, [&](const LivePod& pod) { return !sameMemory(pod.settings, first.settings); });
    if (other == live.pods.end()) return std::nullopt;
    return RuleFinding{{"pods-differ",
                        fmt::format("The pods have different settings: {} has {}, {} has {}; the "
                                    "newest pod counts as what is set now",
                                    first.name, settingsWords(first.settings), other->name,
                                    settingsWords(other->settings)),
                        {{"pod", first.name}, {"other", other->name}}}};
}

std::optional<RuleFinding> podDiffersFromTemplate(const Judgement& j) {
    if (!j.options.live || j.options.live->pods.empty()) return std::nullopt;
    const auto& live = *j.options.live;
    const auto& pod = live.pods.front();
    auto declared = live.declared;
    // The API server sets a missing request to the limit.
    if (!declared.request) declared.request = declared.limit;
    if (sameMemory(pod.settings, declared)) return std::nullopt;
    return RuleFinding{
        {"pod-differs-from-template",
         fmt::format("{} has {}, its template {}: a LimitRange, an autoscaler or a "
                     "resize changed it, or a rollout is under way",
                     pod.name, settingsWords(pod.settings), settingsWords(live.declared)),
         {{"pod", pod.name}}}};
}

std::optional<RuleFinding> noLivePods(const Judgement& j) {
    if (!j.options.live || !j.options.live->pods.empty()) return std::nullopt;
    return RuleFinding{
        {"no-live-pods", "No pod of the workload runs now, so only its template was read", {}}};
}

std::string neighboursText(const NodeFit& fit) {
    const auto more = fit.unguaranteed - static_cast<std::int64_t>(fit.neighbours.size());
    return fmt::format("{}{}", fmt::join(fit.neighbours, ", "),
                       more > 0 ? fmt::format(" and {} more", more) : "");
}

/// The nodes where the same was found, the worst of them first.
struct Nodes {
    std::vector<const NodeFit*> found;

    [[nodiscard]] bool empty() const { return found.empty(); }
    [[nodiscard]] const NodeFit& worst() const { return *found.front(); }
    [[nodiscard]] Evidence evidence() const {
        std::vector<std::string> names;
        for (const auto* fit : found) names.push_back(fit->node);
        return {"nodes", std::move(names)};
    }
    /// `; the same holds for 2 more nodes: n2, n3`; empty where there is but one.
    [[nodiscard]] std::string others() const {
        constexpr std::size_t shown = 5;
        if (found.size() < 2) return {};
        std::vector<std::string> names;
        for (std::size_t i = 1; i < found.size() && names.size() < shown; ++i)
            names.push_back(found[i]->node);
        const auto more = found.size() - 1;
        return fmt::format(
            "; the same holds for {}: {}{}", plural(static_cast<std::int64_t>(more), "more node"),
            fmt::join(names, ", "), more > shown ? fmt::format(" and {} more", more - shown) : "");
    }
};

/// The nodes of which `badness` is above 0. Of equally bad ones the first comes first.
template <class Badness>
Nodes nodesWhere(const LiveFacts& live, Badness badness) {
    Nodes nodes;
    for (const auto& fit : live.nodes)
        if (badness(fit) > 0) nodes.found.push_back(&fit);
    std::ranges::sort(nodes.found, {},
                      [&](const NodeFit* fit) { return std::pair(-badness(*fit), fit); });
    return nodes;
}

std::optional<RuleFinding> neighbours(const Judgement& j) {
    if (!j.options.live || !j.advised.limit) return std::nullopt;
    const auto nodes =
        nodesWhere(*j.options.live, [](const NodeFit& fit) { return fit.unguaranteed; });
    if (nodes.empty()) return std::nullopt;
    const auto& fit = nodes.worst();
    return RuleFinding{{"request-not-limit-neighbours",
                        fmt::format("On node {}, {} of other workloads can take more than they "
                                    "request, so the node may still run out of memory: {}{}",
                                    fit.node, plural(fit.unguaranteed, "pod"), neighboursText(fit),
                                    nodes.others()),
                        {{"node", fit.node},
                         {"pods", fit.unguaranteed},
                         {"podsWithoutLimit", fit.podsWithoutLimit},
                         nodes.evidence()}}};
}

std::optional<RuleFinding> overcommitted(const Judgement& j) {
    if (!j.options.live || !j.options.current) return std::nullopt;
    auto reason = nodeOvercommitted(*j.options.live, *j.options.current, j.advised);
    if (!reason) return std::nullopt;
    return RuleFinding{*std::move(reason)};
}

std::optional<RuleFinding> tooFull(const Judgement& j) {
    if (!j.options.live || !j.options.current) return std::nullopt;
    auto reason = nodeTooFull(*j.options.live, *j.options.current, j.advised);
    if (!reason) return std::nullopt;
    return RuleFinding{*std::move(reason)};
}

/// The new value of `sum`, a sum over all pods on a node, once each pod of the workload has `to`
/// instead of `from`.
double afterwards(Bytes sum, const NodeFit& fit, Bytes from, Bytes to) {
    const double more = static_cast<double>(to) - static_cast<double>(from);
    return static_cast<double>(sum) + more * static_cast<double>(fit.ownPods);
}

}  // namespace

std::optional<Reason> nodeOvercommitted(const LiveFacts& live, const CurrentSettings& current,
                                        const AdvisedSettings& advised) {
    if (!advised.limit) return std::nullopt;
    const auto limits = [&](const NodeFit& fit) {
        return afterwards(fit.limits, fit, current.limit.value_or(0), *advised.limit);
    };
    const auto nodes = nodesWhere(live, [&](const NodeFit& fit) {
        const auto allocatable = static_cast<double>(fit.allocatable);
        return limits(fit) > allocatable ? limits(fit) / std::max(allocatable, 1.0) : 0.0;
    });
    if (nodes.empty()) return std::nullopt;
    const auto& fit = nodes.worst();
    const bool changed = advised.limit != current.limit && fit.ownPods > 0;
    constexpr Bytes most = std::numeric_limits<Bytes>::max() / 2;
    const auto sum = static_cast<Bytes>(std::min(limits(fit), static_cast<double>(most)));
    Reason reason{
        "node-overcommitted",
        fmt::format("On node {}, the memory limits of all pods add up to {}{}, more than the {} "
                    "that it can give, so a limit is no guarantee there{}",
                    fit.node, formatMiB(changed ? sum : fit.limits),
                    changed ? fmt::format(" with a limit of {} (now {})",
                                          formatQuantity(*advised.limit), formatMiB(fit.limits))
                            : "",
                    formatMiB(fit.allocatable), nodes.others()),
        {{"node", fit.node}, {"limitsBytes", fit.limits}}};
    if (changed) reason.evidence.emplace_back("limitsAfterBytes", sum);
    reason.evidence.emplace_back("allocatableBytes", fit.allocatable);
    reason.evidence.push_back(nodes.evidence());
    return reason;
}

std::optional<Reason> nodeTooFull(const LiveFacts& live, const CurrentSettings& current,
                                  const AdvisedSettings& advised) {
    if (!advised.request) return std::nullopt;
    const auto now = current.request.value_or(0);
    if (*advised.request <= now) return std::nullopt;
    const auto nodes = nodesWhere(live, [&](const NodeFit& fit) {
        return afterwards(fit.requests, fit, now, *advised.request) -
               static_cast<double>(fit.allocatable);
    });
    if (nodes.empty()) return std::nullopt;
    const auto& fit = nodes.worst();
    return Reason{
        "node-too-full",
        fmt::format("Node {} could not hold its {} of the workload with a request of {}: "
                    "the pods there request {} of {} already{}",
                    fit.node, plural(fit.ownPods, "pod"), formatQuantity(*advised.request),
                    formatMiB(fit.requests), formatMiB(fit.allocatable), nodes.others()),
        {{"node", fit.node},
         {"requestBytes", *advised.request},
         {"requestsBytes", fit.requests},
         {"allocatableBytes", fit.allocatable},
         nodes.evidence()}};
}

std::vector<Rule> liveRules() {
    return {oomKilledAtLimit,   oomKilledByNode, farAboveUsage, memoryAutoscaler,
            verticalAutoscaler, podsDiffer,      noLivePods,    podDiffersFromTemplate,
            overcommitted,      neighbours,      tooFull};
}

}  // namespace memfit
