#include "memfit/report/describe_common.h"

#include <fmt/format.h>

namespace memfit {

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

void addHeaderNotes(Report& report, const Header& header) {
    if (header.partial) {
        report.push_back(Paragraph{{{"Stopped early: these are partial results.", Tone::bad}}});
    }
    if (header.warnings.empty()) return;
    Bullets bullets;
    for (const auto& warning : header.warnings) {
        bullets.items.push_back({warning.text, warning.code, Tone::normal});
    }
    report.push_back(Heading{"To know"});
    report.push_back(std::move(bullets));
}

void addReproduction(Report& report, std::string commands) {
    report.push_back(Details{"Measure it again", {Code{std::move(commands)}}, false});
}

}  // namespace memfit
