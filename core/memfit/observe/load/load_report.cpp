#include "memfit/observe/load/load_report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "memfit/observe/load/json.h"
#include "memfit/observe/load/text.h"
#include "memfit/observe/load/tool.h"

namespace memfit {

namespace {

using load::Material;
using load::Tool;

constexpr std::array<std::pair<std::string_view, LoadFormat>, 13> formatNames{{
    {"auto", LoadFormat::automatic},
    {"hey", LoadFormat::hey},
    {"wrk", LoadFormat::wrk},
    {"wrk2", LoadFormat::wrk2},
    {"ab", LoadFormat::ab},
    {"siege", LoadFormat::siege},
    {"autocannon", LoadFormat::autocannon},
    {"oha", LoadFormat::oha},
    {"k6", LoadFormat::k6},
    {"vegeta", LoadFormat::vegeta},
    {"fortio", LoadFormat::fortio},
    {"bombardier", LoadFormat::bombardier},
    {"none", LoadFormat::none},
}};

constexpr std::array<const Tool*, 11> tools{
    &load::heyTool,    &load::wrkTool,        &load::wrk2Tool,       &load::abTool,
    &load::siegeTool,  &load::autocannonTool, &load::ohaTool,        &load::k6Tool,
    &load::vegetaTool, &load::fortioTool,     &load::bombardierTool,
};

/// A tool whose report stands in the output; `json` is that report where it has the form of JSON.
struct Found {
    const Tool* tool = nullptr;
    std::optional<load::Json> json;
};

void noteJson(std::vector<Found>& found, const load::Json& object) {
    for (const Tool* const tool : tools) {
        if (tool->isJson == nullptr || !tool->isJson(object)) continue;
        const auto known = std::ranges::find(found, tool, &Found::tool);
        // Of several runs in one output, the last one counts.
        if (known != found.end()) {
            known->json = object;
        } else {
            found.push_back({tool, object});
        }
    }
}

/// All tools that have a report in the output, JSON first: it is the more exact form.
std::vector<Found> findReports(const Material& material) {
    std::vector<Found> found;
    load::forEachObject(material.all, [&](const load::Json& object) { noteJson(found, object); });
    for (const Tool* const tool : tools) {
        if (tool->isText == nullptr || !tool->isText(material)) continue;
        if (std::ranges::find(found, tool, &Found::tool) == found.end()) {
            found.push_back({tool, std::nullopt});
        }
    }
    return found;
}

std::string listed(const std::vector<Found>& found) {
    std::string names;
    for (const auto& each : found) {
        if (!names.empty()) names += ", ";
        names += toString(each.tool->format);
    }
    return names;
}

/// The one to read; says so when the choice is not plain.
const Found* choose(const std::vector<Found>& found, LoadFormat format,
                    std::vector<std::string>& warnings) {
    if (format == LoadFormat::automatic) {
        if (found.empty()) {
            warnings.emplace_back(
                "the load command's output holds no report that memfit knows: only its duration "
                "and exit code are used");
            return nullptr;
        }
        if (found.size() > 1) {
            warnings.push_back("the load command's output looks like reports of " + listed(found) +
                               "; the first is read; choose one with --load-format");
        }
        return &found.front();
    }
    for (const auto& each : found) {
        if (each.tool->format == format) return &each;
    }
    // wrk2 calls its program wrk, so that is what people name.
    for (const auto& each : found) {
        if (format == LoadFormat::wrk && each.tool->format == LoadFormat::wrk2) return &each;
    }
    warnings.push_back("the load command's output holds no report of " +
                       std::string(toString(format)) +
                       (found.empty() ? "" : ", but one of " + listed(found)) +
                       ": only its duration and exit code are used");
    return nullptr;
}

Material materialOf(const LoadOutput& output) {
    Material material;
    material.out = load::withoutTerminalCodes(output.out);
    material.err = load::withoutTerminalCodes(output.err);
    material.all = material.out + "\n" + material.err;
    material.exitCode = output.exitCode;
    return material;
}

void read(const Found& found, const Material& material, ParsedLoad& into) {
    into.report.tool = std::string(toString(found.tool->format));
    if (found.json) {
        found.tool->readJson(*found.json, into);
    } else {
        found.tool->readText(material, into);
    }
}

/// The report holds nothing beyond what the caller has measured.
bool saysNothing(const LoadReport& report) {
    LoadReport nothing;
    nothing.tool = report.tool;
    return report == nothing;
}

}  // namespace

std::string_view toString(LoadFormat format) {
    const auto* const found =
        std::ranges::find(formatNames, format, &decltype(formatNames)::value_type::second);
    return found != formatNames.end() ? found->first : std::string_view{};
}

std::optional<LoadFormat> loadFormatFromString(std::string_view name) {
    const auto* const found =
        std::ranges::find(formatNames, name, &decltype(formatNames)::value_type::first);
    if (found == formatNames.end()) return std::nullopt;
    return found->second;
}

std::optional<std::int64_t> LoadReport::successes() const {
    if (!requests || !errors) return std::nullopt;
    const std::int64_t answered =
        std::max<std::int64_t>(0, *requests - std::max<std::int64_t>(0, *errors));
    return std::max<std::int64_t>(0, answered - std::max<std::int64_t>(0, non2xx.value_or(0)));
}

bool LoadReport::allFailed() const {
    if (!requests) return requestsPerSecond == 0.0;
    return *requests > 0 && successes() == 0;
}

bool LoadReport::servedNone() const {
    return allFailed() || successes() == 0;
}

ParsedLoad parseLoadReport(const LoadOutput& output, LoadFormat format) {
    ParsedLoad parsed;
    if (format != LoadFormat::none) {
        const Material material = materialOf(output);
        const auto found = findReports(material);
        if (const Found* const chosen = choose(found, format, parsed.warnings)) {
            read(*chosen, material, parsed);
        }
    }
    parsed.onlyWallTime = saysNothing(parsed.report);
    parsed.report.exitCode = output.exitCode;
    if (!parsed.report.totalSeconds) {
        parsed.report.totalSeconds = load::toSeconds(output.wallSeconds);
    }
    return parsed;
}

}  // namespace memfit
