#include "memfit/describe/describe_scan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "memfit/advice/command_line.h"
#include "memfit/report/figures.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"

namespace memfit {
namespace {

/// `deploy/api`, or `shop/deploy/api:main` where namespace and container tell something.
struct Naming {
    bool nameSpaces = false;
    std::set<std::pair<std::string, std::string>> several;  ///< workloads with several rows

    [[nodiscard]] std::string operator()(const Target& target) const;
};

std::pair<std::string, std::string> workloadKey(const Target& target) {
    return {target.ns.value_or(""), target.type + "/" + target.name.value_or("")};
}

std::string Naming::operator()(const Target& target) const {
    auto text = fmt::format("{}/{}", shortKind(target.type), target.name.value_or(""));
    if (nameSpaces) text = fmt::format("{}/{}", target.ns.value_or(""), text);
    if (several.contains(workloadKey(target))) text += ":" + target.container.value_or("");
    return text;
}

Naming namingFor(const std::vector<Recommendation>& items) {
    Naming naming;
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& item : items) {
        const auto& target = item.header.target;
        naming.nameSpaces = naming.nameSpaces || target.ns != items.front().header.target.ns;
        if (!seen.insert(workloadKey(target)).second) naming.several.insert(workloadKey(target));
    }
    return naming;
}

std::string quantityText(const std::optional<Bytes>& bytes) {
    return bytes ? formatQuantity(*bytes) : "-";
}

/// `request/limit`, or both at once where they are the same.
std::string reservedText(const CurrentSettings& set) {
    if (set.limit && (!set.request || set.request == set.limit)) return formatQuantity(*set.limit);
    return fmt::format("{}/{}", quantityText(set.request), quantityText(set.limit));
}

std::string wiringText(const CurrentSettings& set) {
    if (set.gomemlimitUnknown) return "not known";
    const auto parsed = parseGomemlimit(set.gomemlimit.value_or(""));
    if (!parsed) return "malformed";
    if (!*parsed) return "";
    return *parsed == set.limit ? "= limit" : formatGomemlimit(**parsed);
}

std::optional<Bytes> sysOf(const LiveFacts& facts) {
    std::optional<Bytes> most;
    for (const auto& pod : facts.pods)
        if (pod.memory) most = std::max(most, pod.memory->sys);
    return most;
}

/// Month and day of the last OOM kill; RFC 3339 in UTC, as the API server writes it, sorts as text.
std::string lastOomText(const LiveFacts& facts) {
    std::string last;
    bool any = false;
    for (const auto& pod : facts.pods) {
        if (!pod.oomKilled) continue;
        any = true;
        last = std::max(last, pod.oomKilledAt);
    }
    if (!any) return "";
    constexpr std::size_t month = std::string_view("2026-").size();
    constexpr std::size_t day = std::string_view("11-24").size();
    return last.size() < month + day ? "yes" : last.substr(month, day);
}

/// What is wrong on sight, by workload.
Bullets lintBullets(const std::vector<Recommendation>& items, const Naming& naming) {
    Bullets bullets;
    for (const auto& item : items) {
        if (!item.live || item.live->findings.empty()) continue;
        std::vector<std::string_view> codes;
        bool notesOnly = true;
        for (const auto& finding : item.live->findings) {
            codes.push_back(finding.code);
            notesOnly = notesOnly && finding.severity == Severity::note;
        }
        bullets.items.push_back(
            {fmt::format("{}: {}", naming(item.header.target), fmt::join(codes, ", ")), "lint",
             notesOnly ? Tone::faint : Tone::bad});
    }
    return bullets;
}

std::string savedText(const Recommendation& item) {
    const auto saved = savedBytes(item);
    if (!saved || *saved == 0) return "";
    return fmt::format("{}{}", *saved > 0 ? "-" : "+", sizeText(std::abs(*saved)));
}

std::vector<Span> row(const Recommendation& item, const Naming& naming) {
    const auto facts = item.live.value_or(LiveFacts{});
    const auto current = item.current.value_or(CurrentSettings{});
    const bool missing = savedBytes(item).value_or(0) < 0;
    return {{naming(item.header.target), Tone::normal},
            {std::to_string(static_cast<std::int64_t>(facts.pods.size()) + facts.morePods),
             Tone::normal},
            {reservedText(current), Tone::normal},
            {sizeText(liveUsage(facts)), Tone::normal},
            {sizeText(sysOf(facts)), Tone::normal},
            {lastOomText(facts), Tone::bad},
            {wiringText(current), Tone::normal},
            {item.advised.limit ? formatQuantity(*item.advised.limit) : "", Tone::strong},
            {savedText(item), missing ? Tone::bad : Tone::good},
            {sizeText(idleBytes(item)), Tone::faint}};
}

/// What lies idle in all, where it is known of any.
std::string idleSentence(const std::vector<Recommendation>& items) {
    std::optional<Bytes> sum;
    for (const auto& item : items)
        if (const auto idle = idleBytes(item)) sum = sum.value_or(0) + *idle;
    if (!sum) return "";
    return fmt::format(
        " Idle, {} in all: reserved beyond the most that one of the pods was seen to use; only a "
        "measurement can tell how much of that a load needs.",
        sizeText(sum));
}

std::string plural(std::int64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

Report describe(const ScanResult& result) {
    Report report;
    if (!result.items.empty()) {
        Table table{{{"workload", Align::left},
                     {"pods", Align::right},
                     {"req/limit", Align::right},
                     {"in use", Align::right},
                     {"Sys", Align::right},
                     {"OOM", Align::left},
                     {"GOMEMLIMIT", Align::right},
                     {"advice", Align::right},
                     {"change", Align::right},
                     {"idle", Align::right}},
                    {}};
        const auto naming = namingFor(result.items);
        for (const auto& item : result.items) table.rows.push_back(row(item, naming));
        dropEmptyColumns(table);
        report.push_back(std::move(table));
        if (auto lint = lintBullets(result.items, naming); !lint.items.empty())
            report.push_back(std::move(lint));
        report.push_back(Paragraph{
            {{fmt::format("{} of {}.{}",
                          plural(static_cast<std::int64_t>(result.items.size()), "container"),
                          plural(result.workloads, "workload"), idleSentence(result.items)),
              Tone::normal}}});
    } else {
        report.push_back(Paragraph{
            {{fmt::format("No Go program was found in {}.", plural(result.workloads, "workload")),
              Tone::normal}}});
    }
    if (result.notGo > 0)
        report.push_back(Paragraph{
            {{fmt::format("{} left out: nothing in {} shows a Go program (GOMEMLIMIT, GOGC, or a "
                          "page of Go's statistics).",
                          plural(result.notGo, "container"), result.notGo == 1 ? "it" : "them"),
              Tone::faint}}});
    Bullets warnings;
    for (const auto& warning : result.header.warnings)
        warnings.items.push_back({warning.text, warning.code, Tone::bad});
    if (!warnings.items.empty()) report.push_back(std::move(warnings));
    if (!result.items.empty() && !result.items.front().next.empty()) {
        report.push_back(Heading{"Next"});
        report.push_back(Code{result.items.front().next});
    }
    return report;
}

}  // namespace memfit
