#include "memfit/describe/describe_common.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "memfit/documents/rfc3339.h"

namespace memfit {
namespace {

/// `2026-11-24 16:52:53 UTC`.
std::optional<std::string> momentText(const std::optional<Timestamp>& moment) {
    if (!moment) return std::nullopt;
    auto text = formatRfc3339(std::chrono::floor<std::chrono::seconds>(*moment));
    std::ranges::replace(text, 'T', ' ');
    std::ranges::replace(text, 'Z', ' ');
    return text + "UTC";
}

}  // namespace

Tone toneOf(Outcome outcome) {
    if (outcome == Outcome::survived) return Tone::good;
    return isTooSmall(outcome) ? Tone::bad : Tone::faint;
}

std::string_view words(Outcome outcome) {
    switch (outcome) {
        case Outcome::survived:
            return "survived";
        case Outcome::oomKilled:
            return "OOM-killed";
        case Outcome::oomAtStart:
            return "OOM at start";
        case Outcome::belowFloor:
            return "below floor";
        case Outcome::crashed:
            return "crashed";
        case Outcome::neverReady:
            return "never ready";
        case Outcome::loadFailed:
            return "load failed";
        case Outcome::evicted:
            return "evicted";
        case Outcome::unschedulable:
            return "unschedulable";
        case Outcome::imageError:
            return "image error";
        case Outcome::inconclusive:
            return "inconclusive";
    }
    return "";
}

std::string titleOf(const Header& header, std::string_view what) {
    const auto name = header.target.describe();
    return name.empty() ? std::string(what) : fmt::format("{}: {}", name, what);
}

void addFirst(Report& report, const Header& header) {
    const auto found = std::ranges::find(header.warnings, onlyWallTimeCode, &Warning::code);
    if (found == header.warnings.end()) return;
    report.push_back(
        Paragraph{{{"Only the wall time of each load is known: its report was not "
                    "understood. Name its tool with --load-format.",
                    Tone::bad}}});
}

void addHeaderNotes(Report& report, const Header& header) {
    if (header.partial) {
        report.push_back(Paragraph{{{"Stopped early: these are partial results.", Tone::bad}}});
    }
    if (header.warnings.empty()) return;
    Bullets bullets;
    for (const auto& warning : header.warnings) {
        bullets.items.push_back({warning.text, warning.code, Tone::normal});
    }
    report.push_back(Heading{"Warnings"});
    report.push_back(std::move(bullets));
}

void addMeasurement(Report& report, const Header& header) {
    const auto& environment = header.environment;
    const auto count = [](const std::optional<std::int64_t>& value) {
        return value ? std::optional(fmt::format("{}", *value)) : std::nullopt;
    };
    Table table{{{"", Align::left}, {"", Align::left}}, {}};
    const auto add = [&table](std::string_view name, const std::optional<std::string>& value) {
        if (value && !value->empty()) table.rows.push_back({{std::string(name)}, {*value}});
    };
    add("started", momentText(header.startedAt));
    add("finished", momentText(header.finishedAt));
    add("testbed", environment.testbed);
    add("limits enforced by", environment.enforcement);
    add("CPU limit", environment.cpuLimit);
    add("CPU cores", count(environment.cores));
    add("node", environment.node);
    add("Kubernetes", environment.kubernetesVersion);
    add("Go", environment.goVersion);
    add("kubectl-memfit", environment.memfitVersion);
    add("load tool", header.load.tool);
    add("load sent by way of", header.load.via);
    Details details{"How it was measured", {}, false};
    if (!table.rows.empty()) details.blocks.emplace_back(std::move(table));
    // Not in the table, which a long command would make too wide for a phone.
    const auto addCommand = [&](const char* name, const std::optional<std::string>& command) {
        if (command) details.blocks.emplace_back(Paragraph{{{name, Tone::strong}, {*command}}});
    };
    addCommand("Setup:", header.load.setup);
    addCommand("Before each trial:", header.load.prepare);
    addCommand("Load:", header.load.command);
    addCommand("Cleanup:", header.load.cleanup);
    if (!details.blocks.empty()) report.push_back(std::move(details));
}

void addReproduction(Report& report, const Header& header, std::string commands) {
    addMeasurement(report, header);
    report.push_back(Details{"Measure it again", {Code{std::move(commands)}}, false});
}

}  // namespace memfit
