#include <fmt/format.h>

#include <algorithm>

#include "memfit/advice/judgement.h"
#include "memfit/describe/describe.h"
#include "memfit/describe/describe_common.h"
#include "memfit/describe/describe_live.h"
#include "memfit/describe/reproduce.h"
#include "memfit/report/charts.h"
#include "memfit/report/figures.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"

namespace memfit {
namespace {

std::string gomemlimitText(const AdvisedSettings& advised) {
    switch (advised.gomemlimit.kind) {
        case GomemlimitAdvice::Kind::unset:
            return "not set";
        case GomemlimitAdvice::Kind::leave:
            return "as it is";
        case GomemlimitAdvice::Kind::limitsMemory:
            return advised.limit
                       ? fmt::format("limits.memory ({})", formatGomemlimit(*advised.limit))
                       : "limits.memory";
        case GomemlimitAdvice::Kind::bytes:
            return advised.gomemlimit.bytes ? formatGomemlimit(*advised.gomemlimit.bytes)
                                            : "not set";
    }
    return "";
}

std::string quantityText(const std::optional<Bytes>& bytes) {
    return bytes ? formatQuantity(*bytes) : "not set";
}

Table settingsTable(const Recommendation& recommendation) {
    const auto& advised = recommendation.advised;
    const bool showCurrent = recommendation.current.has_value();
    const CurrentSettings current = recommendation.current.value_or(CurrentSettings{});
    Table table{{{"setting", Align::left}, {"advised", Align::left}}, {}};
    if (showCurrent) table.columns.push_back({"now", Align::left});
    const auto add = [&](std::string_view name, std::string value, std::string now) {
        std::vector<Span> row{{std::string(name), Tone::normal}, {std::move(value), Tone::strong}};
        if (showCurrent) row.push_back({std::move(now), Tone::normal});
        table.rows.push_back(std::move(row));
    };
    add("limits.memory", advised.leaveLimit ? "as it is" : quantityText(advised.limit),
        quantityText(current.limit));
    add("requests.memory", quantityText(advised.request), quantityText(current.request));
    const auto now = [](const std::optional<std::string>& value, bool unknown) {
        return unknown ? "not known" : value.value_or("not set");
    };
    add("GOMEMLIMIT", gomemlimitText(advised), now(current.gomemlimit, current.gomemlimitUnknown));
    add("GOGC", advised.leaveGogc ? "as it is" : advised.gogc.value_or("not set"),
        now(current.gogc, current.gogcUnknown));
    return table;
}

std::string confidenceSentence(const Recommendation& recommendation) {
    const auto chance = recommendation.probability
                            ? fmt::format(" (chance {})", chanceText(*recommendation.probability))
                            : std::string();
    std::string text = fmt::format("Basis: {}. Confidence: {}{}.", toString(recommendation.basis),
                                   toString(recommendation.confidence), chance);
    if (recommendation.confirmed && recommendation.confirmed->loads > 0) {
        const auto& confirmed = *recommendation.confirmed;
        text += fmt::format(" Of {} load{} with these exact settings {} {} killed.",
                            confirmed.loads, confirmed.loads == 1 ? "" : "s",
                            confirmed.killed == 0 ? "none" : std::to_string(confirmed.killed),
                            confirmed.killed > 1 ? "were" : "was");
    }
    return text;
}

/// A result behind its own heading.
Details folded(Report report) {
    Details details;
    if (report.empty()) return details;
    if (auto* const heading = std::get_if<Heading>(&report.front())) {
        details.title = std::move(heading->text);
        report.erase(report.begin());
    }
    details.blocks = std::move(report);
    return details;
}

/// The cell that ran with exactly these settings, the last of several; null: there is none.
const BenchCell* cellOf(const Results& results, const AdvisedSettings& advised) {
    const auto wanted = trialSettings(advised);
    const BenchCell* found = nullptr;
    for (const auto& bench : results.benches)
        for (const auto& cell : bench.cells)
            if (cell.settings.limit == wanted.limit && cell.settings.mode == wanted.mode &&
                cell.settings.gomemlimit == wanted.gomemlimit && !cell.samples.empty())
                found = &cell;
    return found;
}

/// What the recommendation says of how it was measured: its own header, over the time of all that
/// it was made from.
Header measurementOf(const Recommendation& recommendation, const Results& results) {
    Header measured = recommendation.header;
    const auto take = [&measured](const auto& documents) {
        for (const auto& document : documents) {
            const auto& from = document.header.startedAt;
            const auto& to = document.header.finishedAt;
            if (from) measured.startedAt = std::min(measured.startedAt.value_or(*from), *from);
            if (to) measured.finishedAt = std::max(measured.finishedAt.value_or(*to), *to);
        }
    };
    take(results.probes);
    take(results.squeezes);
    take(results.benches);
    return measured;
}

/// Was it measured as `whole` tells? What one run measures begins with that run.
bool sameMeasurement(const Header& part, const Header& whole) {
    return part.environment == whole.environment && part.load == whole.load &&
           part.startedAt == whole.startedAt;
}

}  // namespace

Report describe(const Recommendation& recommendation, const Results& results,
                const Detail& detail) {
    Report report;
    // How it all is measured again stands with the recommendation.
    const Detail alone{detail.everyTrial, false, recommendation.advised.limit};
    const auto measured = measurementOf(recommendation, results);
    const auto addAll = [&](const auto& documents) {
        for (const auto& document : documents) {
            auto part = folded(describe(document, alone));
            if (!sameMeasurement(document.header, measured))
                addMeasurement(part.blocks, document.header);
            report.push_back(std::move(part));
        }
    };
    addAll(results.probes);
    addAll(results.squeezes);
    addAll(results.benches);

    if (recommendation.live) addLive(report, *recommendation.live);

    const auto name = recommendation.header.target.describe();
    report.push_back(Heading{fmt::format("Recommended{}{} ({})", name.empty() ? "" : " for ", name,
                                         toString(recommendation.policy))});
    report.push_back(settingsTable(recommendation));
    report.push_back(Paragraph{{{confidenceSentence(recommendation), Tone::normal}}});

    Bullets reasons;
    for (const auto& reason : recommendation.reasons) {
        reasons.items.push_back({reason.text, reason.code, Tone::normal});
    }
    for (const auto& warning : recommendation.header.warnings) {
        reasons.items.push_back({warning.text, warning.code, Tone::bad});
    }
    if (!reasons.items.empty()) {
        report.push_back(Heading{"Why"});
        report.push_back(std::move(reasons));
    }
    if (!recommendation.next.empty()) {
        report.push_back(Heading{"Next"});
        report.push_back(Code{recommendation.next});
    }
    if (const auto* const cell = cellOf(results, recommendation.advised)) {
        Details memory{"Memory with these settings", {}, false};
        for (auto& chart : charts(*cell)) memory.blocks.emplace_back(std::move(chart));
        report.push_back(std::move(memory));
    }
    if (detail.reproduce) addReproduction(report, measured, reproduce(recommendation, results));
    return report;
}

}  // namespace memfit
