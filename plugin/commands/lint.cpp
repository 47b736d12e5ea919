#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "commands/cluster.h"
#include "commands/commands.h"
#include "commands/files.h"
#include "memfit/lint/lint.h"
#include "memfit/report/describe_lint.h"
#include "version.h"

namespace memfit::plugin {
namespace {

/// The words name a live workload, unless a file has that name.
bool isTarget(const std::vector<std::string>& words) {
    std::error_code ignored;
    const bool file = std::ranges::any_of(words, [&](const std::string& word) {
        return word == "-" || std::filesystem::exists(word, ignored);
    });
    return !file && workloadWords(words).has_value();
}

Result<std::vector<Finding>> lintFiles(const std::vector<std::string>& files) {
    std::vector<Finding> findings;
    for (const auto& name : files) {
        const auto text = readText(name, "give manifests, - for standard input, or deploy/NAME");
        if (!text) return text.error();
        auto found = lintManifest(*text, name == "-" ? "<stdin>" : name);
        if (!found) return found.error();
        std::ranges::move(*found, std::back_inserter(findings));
    }
    return findings;
}

/// Of a live workload: the object has no lines that anybody knows.
Result<std::vector<Finding>> lintLive(const Context& context) {
    const auto cluster = openCluster(context, context.options.target);
    if (!cluster) return cluster.error();
    auto findings = lintManifest((*cluster)->workloadJson, (*cluster)->workload.label());
    if (!findings) return findings;
    for (auto& finding : *findings) {
        finding.at.line = 0;
        finding.at.column = 0;
    }
    return findings;
}

Result<void> printFindings(const Context& context, const std::vector<Finding>& findings) {
    switch (context.options.output) {
        case OutputFormat::sarif:
            return printText(lintSarif(findings, version), context.streams);
        case OutputFormat::github:
            return printText(lintGithub(findings), context.streams);
        default:
            return print({lintJson(findings), describe(findings)}, context.options,
                         context.streams);
    }
}

}  // namespace

Result<int> runLint(const Context& context) {
    const auto& options = context.options;
    const auto findings = isTarget(options.target) ? lintLive(context) : lintFiles(options.target);
    if (!findings) return findings.error();
    if (auto printed = printFindings(context, *findings); !printed) return printed.error();
    const bool severe = std::ranges::any_of(
        *findings, [&](const Finding& finding) { return finding.severity >= options.severity; });
    return severe ? 3 : 0;
}

}  // namespace memfit::plugin
