#include "memfit/describe/describe_lint.h"

#include <fmt/format.h>

#include <algorithm>

namespace memfit {

namespace {

std::string placeText(const Location& at) {
    return at.line > 0 ? fmt::format("{}:{}:{}", at.file, at.line, at.column) : at.file;
}

Tone toneOf(Severity severity) {
    return severity == Severity::note ? Tone::faint : Tone::bad;
}

std::string counted(std::ptrdiff_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string hiddenText(const LintReport& lint) {
    if (lint.hidden == 0) return {};
    return fmt::format("; {} below {} not shown", lint.hidden, toString(lint.least));
}

}  // namespace

Report describe(const LintReport& lint) {
    const auto& findings = lint.findings;
    const auto count = [&](Severity severity) {
        return std::ranges::count(findings, severity, &Finding::severity);
    };
    Report report;
    Bullets bullets;
    for (const auto& finding : findings) {
        bullets.items.push_back(
            {fmt::format("{}: {}: {}: {}; {}", placeText(finding.at), toString(finding.severity),
                         finding.owner(), finding.text, finding.fix),
             finding.code, toneOf(finding.severity)});
    }
    if (!findings.empty()) {
        std::string tally;
        for (const auto severity : {Severity::error, Severity::warning, Severity::note}) {
            if (severity < lint.least) continue;
            tally += (tally.empty() ? "" : ", ") + counted(count(severity), toString(severity));
        }
        report.emplace_back(std::move(bullets));
        report.emplace_back(Paragraph{{{tally + hiddenText(lint), Tone::strong}}});
    } else if (lint.judged.containers > 0) {
        report.emplace_back(
            Paragraph{{{"No setting is wrong on sight" + hiddenText(lint) + ".", Tone::good}}});
    }
    report.emplace_back(Paragraph{{{describe(lint.judged), Tone::normal}}});
    return report;
}

}  // namespace memfit
