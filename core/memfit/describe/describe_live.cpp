#include "memfit/describe/describe_live.h"

#include <fmt/format.h>

#include "memfit/report/figures.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"

namespace memfit {
namespace {

std::string quantityText(const std::optional<Bytes>& bytes) {
    return bytes ? formatQuantity(*bytes) : "none";
}

std::string lastOomText(const LivePod& pod) {
    if (!pod.oomKilled) return {};
    return pod.oomKilledAt.empty() ? "yes" : pod.oomKilledAt;
}

/// The value that the program reports, when it differs from what is set for it: code may set it
/// too.
std::string otherGomemlimit(const LivePod& pod) {
    if (!pod.memory || !pod.memory->gomemlimit) return {};
    const auto& settings = pod.settings;
    const auto set = parseGomemlimit(settings.gomemlimit.value_or(""));
    const auto inForce = parseGomemlimit(*pod.memory->gomemlimit);
    const bool same = !settings.gomemlimitUnknown && set && inForce && *set == *inForce;
    return same ? std::string() : *pod.memory->gomemlimit;
}

std::string otherGogc(const LivePod& pod) {
    if (!pod.memory || !pod.memory->gogc) return {};
    const auto& settings = pod.settings;
    const auto set = formatGogc(parseGogc(settings.gogc.value_or("")));
    return !settings.gogcUnknown && set == *pod.memory->gogc ? std::string() : *pod.memory->gogc;
}

std::vector<Span> podRow(const LivePod& pod) {
    const auto& settings = pod.settings;
    return {
        {pod.name},
        {pod.node},
        {quantityText(settings.limit)},
        {quantityText(settings.request)},
        {settings.gomemlimitUnknown ? "unknown" : settings.gomemlimit.value_or("")},
        {otherGomemlimit(pod)},
        {settings.gogcUnknown ? "unknown" : settings.gogc.value_or("")},
        {otherGogc(pod)},
        {pod.memory ? sizeText(pod.memory->sys) : std::string()},
        {sizeText(pod.inUse())},
        {std::to_string(pod.restarts)},
        {lastOomText(pod), Tone::bad},
    };
}

std::string nodeSentence(const NodeFit& fit) {
    auto text = fmt::format(
        "Node {}: {} are allocatable; its {} pods request {}, and their limits add up to {}",
        fit.node, formatMiB(fit.allocatable), fit.pods, formatMiB(fit.requests),
        formatMiB(fit.limits));
    if (fit.podsWithoutLimit > 0)
        text += fmt::format(
            "; {} of other workloads {} no limit",
            fit.podsWithoutLimit == 1 ? "1 pod" : fmt::format("{} pods", fit.podsWithoutLimit),
            fit.podsWithoutLimit == 1 ? "has" : "have");
    return text + ".";
}

Bars nodeBars(const NodeFit& fit) {
    const auto bar = [&](std::string name, Bytes bytes) {
        return Bars::Bar{std::move(name), formatMiB(bytes),
                         static_cast<double>(bytes) / static_cast<double>(fit.allocatable)};
    };
    return {fmt::format("Memory requests and limits on node {}", fit.node),
            fmt::format("the {} that its pods can take (allocatable)", formatMiB(fit.allocatable)),
            {bar("requests of its pods", fit.requests), bar("limits of its pods", fit.limits)}};
}

void addFindings(Report& report, const std::vector<Finding>& findings) {
    if (findings.empty()) return;
    report.push_back(Heading{"Wrong on sight"});
    Bullets bullets;
    for (const auto& finding : findings)
        bullets.items.push_back({fmt::format("{}; {}", finding.text, finding.fix), finding.code,
                                 finding.severity == Severity::note ? Tone::faint : Tone::bad});
    report.push_back(std::move(bullets));
}

}  // namespace

Table podsTable(const std::vector<LivePod>& pods) {
    Table table{{{"pod", Align::left},
                 {"node", Align::left},
                 {"limit", Align::right},
                 {"request", Align::right},
                 {"GOMEMLIMIT", Align::right},
                 {"in force", Align::right},
                 {"GOGC", Align::right},
                 {"in force", Align::right},
                 {"Go Sys", Align::right},
                 {"in use", Align::right},
                 {"restarts", Align::right},
                 {"last OOM kill", Align::left}},
                {}};
    for (const auto& pod : pods) table.rows.push_back(podRow(pod));
    dropEmptyColumns(table);
    return table;
}

void addLive(Report& report, const LiveFacts& facts) {
    addFindings(report, facts.findings);
    if (facts.pods.empty() && facts.nodes.empty()) return;
    report.push_back(Heading{"Live pods"});
    if (!facts.pods.empty()) report.push_back(podsTable(facts.pods));
    if (facts.morePods > 0)
        report.push_back(Paragraph{
            {{fmt::format("{} more pod{} not looked at.", facts.morePods,
                          facts.morePods == 1 ? " of the workload was" : "s of the workload were"),
              Tone::faint}}});
    for (const auto& fit : facts.nodes) {
        report.push_back(
            Paragraph{{{nodeSentence(fit), fit.overcommitted() ? Tone::bad : Tone::normal}}});
        if (fit.allocatable > 0) report.push_back(nodeBars(fit));
    }
}

}  // namespace memfit
