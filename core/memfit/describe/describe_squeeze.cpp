#include <fmt/format.h>

#include <algorithm>

#include "memfit/describe/describe.h"
#include "memfit/describe/describe_common.h"
#include "memfit/describe/reproduce.h"
#include "memfit/report/charts.h"
#include "memfit/report/figures.h"

namespace memfit {
namespace {

Table trialTable(const SqueezeResult& result) {
    Table table{{{"trial", Align::right},
                 {"limit", Align::right},
                 {"outcome", Align::left},
                 {"req/s", Align::right},
                 {"demand", Align::right},
                 {"high-water", Align::right},
                 {"", Align::left}},
                {}};
    Bytes largest = 0;
    for (const auto& trial : result.trials) {
        if (trial.settings.limit) largest = std::max(largest, *trial.settings.limit);
    }
    int number = 0;
    for (const auto& trial : result.trials) {
        const auto usage = trial.usage.value_or(Usage{});
        const auto rate = trial.load ? trial.load->requestsPerSecond : std::nullopt;
        const bool survived = trial.outcome == Outcome::survived;
        table.rows.push_back(
            {{fmt::format("{}", ++number), Tone::faint},
             {limitText(trial.settings.limit), Tone::normal},
             {std::string(words(trial.outcome)), toneOf(trial.outcome)},
             {survived ? rateText(rate) : std::string(), Tone::normal},
             {sizeText(usage.demand), Tone::normal},
             {sizeText(usage.peak), Tone::normal},
             {trial.settings.limit && largest > 0 ? bar(static_cast<double>(*trial.settings.limit),
                                                        static_cast<double>(largest), 16)
                                                  : std::string(),
              toneOf(trial.outcome)}});
    }
    dropEmptyColumns(table);
    return table;
}

void addEdge(Report& report, const SqueezeResult& result) {
    const auto& edge = result.edge;
    Paragraph line;
    if (edge.estimate) {
        line.spans.push_back(
            {fmt::format("OOM edge: {}", formatMiB(*edge.estimate)), Tone::strong});
        if (edge.low && edge.high) {
            line.spans.push_back(
                {fmt::format("({:.0f} % interval {} to {}): the limit at which half "
                             "of the loads are killed.",
                             edge.confidence.value_or(0.95) * 100, formatMiB(*edge.low),
                             formatMiB(*edge.high)),
                 Tone::normal});
        }
    } else if (edge.low || edge.high) {
        line.spans.push_back(
            {fmt::format("OOM edge: {}{}{}", edge.low ? "above " + formatMiB(*edge.low) : "",
                         edge.low && edge.high ? ", " : "",
                         edge.high ? "at most " + formatMiB(*edge.high) : ""),
             Tone::strong});
    } else {
        line.spans.push_back({"OOM edge: not found.", Tone::bad});
    }
    const bool anyKilled = std::any_of(
        result.trials.begin(), result.trials.end(),
        [](const Trial& trial) { return trial.settings.limit && isTooSmall(trial.outcome); });
    if (edge.estimate && !anyKilled) {
        line.spans.push_back(
            {"No load was killed: this is estimated from what the survivors used.", Tone::normal});
    }
    report.push_back(std::move(line));

    if (!result.minimum) {
        report.push_back(Paragraph{{{"Minimum: not reached.", Tone::bad}}});
        return;
    }
    std::string rest;
    if (result.riskAtMinimum) {
        rest = fmt::format("(by the model {} of loads are killed there",
                           shareText(*result.riskAtMinimum));
        if (result.confirmations) rest += fmt::format("; {} clean", *result.confirmations);
        rest += ").";
    }
    report.push_back(
        Paragraph{{{fmt::format("Minimum: {}", formatMiB(*result.minimum)), Tone::strong},
                   {rest, Tone::normal}}});
}

}  // namespace

Report describe(const SqueezeResult& result, const Detail& detail) {
    Report report{Heading{titleOf(result.header, result.mode == Mode::plain
                                                     ? "OOM edge, plain"
                                                     : "OOM edge, GOMEMLIMIT and GOGC=off")}};
    addFirst(report, result.header);
    addEdge(report, result);
    for (auto& chart : charts(result, detail.advised)) report.push_back(std::move(chart));
    if (detail.everyTrial) report.push_back(trialTable(result));
    addHeaderNotes(report, result.header);
    if (detail.reproduce) addReproduction(report, result.header, reproduce(result));
    return report;
}

}  // namespace memfit
