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

/// What was found, and what could not be judged.
struct Linted {
    std::vector<Finding> findings;
    std::vector<Error> errors;
    std::size_t judged = 0;  ///< texts
};

Result<std::vector<Finding>> lintFile(const std::string& name) {
    const auto text = readText(name, "give manifests, - for standard input, or deploy/NAME");
    if (!text) return text.error();
    return lintManifest(*text, name == "-" ? "<stdin>" : name);
}

/// One broken file hides nothing of the others.
Linted lintFiles(const std::vector<std::string>& files) {
    Linted linted;
    for (const auto& name : files) {
        auto found = lintFile(name);
        if (!found) {
            linted.errors.push_back(found.error());
            continue;
        }
        ++linted.judged;
        std::ranges::move(*found, std::back_inserter(linted.findings));
    }
    return linted;
}

/// Of a live workload: the object has no lines that anybody knows.
Linted lintLive(const Context& context) {
    const auto cluster = openCluster(context, context.options.target);
    if (!cluster) return {{}, {cluster.error()}, 0};
    auto findings = lintManifest((*cluster)->workloadJson, (*cluster)->workload.label());
    if (!findings) return {{}, {findings.error()}, 0};
    for (auto& finding : *findings) {
        finding.at.line = 0;
        finding.at.column = 0;
    }
    return {*std::move(findings), {}, 1};
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
    auto [findings, errors, judged] =
        isTarget(options.target) ? lintLive(context) : lintFiles(options.target);
    if (judged > 0) {
        if (auto printed = printFindings(context, findings); !printed) return printed.error();
    }
    if (!errors.empty()) {
        const Error last = std::move(errors.back());
        errors.pop_back();
        for (const auto& error : errors) printError(error, context.streams);
        return last;
    }
    const bool severe = std::ranges::any_of(
        findings, [&](const Finding& finding) { return finding.severity >= options.severity; });
    return severe ? 3 : 0;
}

}  // namespace memfit::plugin
