#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "commands/commands.h"
#include "memfit/describe/describe_lint.h"
#include "memfit/lint/lint.h"
#include "session/cluster.h"
#include "session/files.h"
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

Result<LintReport> lintFile(const std::string& name) {
    const auto text = readText(name, "give manifests, - for standard input, or deploy/NAME");
    if (!text) return text.error();
    return lintStream(*text, name == "-" ? "<stdin>" : name);
}

/// A broken file does not hide the findings of the others.
LintReport lintFiles(const std::vector<std::string>& files) {
    LintReport all;
    for (const auto& name : files) {
        auto found = lintFile(name);
        if (found)
            all.add(*std::move(found));
        else
            all.errors.push_back(found.error());
    }
    return all;
}

/// For a live workload, whose object has no line numbers.
LintReport lintLive(const Context& context) {
    const auto cluster = openCluster(context, context.options.target);
    if (!cluster) {
        LintReport failed;
        failed.errors.push_back(cluster.error());
        return failed;
    }
    auto report = lintStream((*cluster)->workloadJson, (*cluster)->workload.label());
    for (auto& finding : report.findings) {
        finding.at.line = 0;
        finding.at.column = 0;
    }
    return report;
}

Result<void> printReport(const Context& context, const LintReport& report) {
    switch (context.options.output) {
        case OutputFormat::sarif:
            return printText(lintSarif(report.findings, version), context.streams);
        case OutputFormat::github:
            return printText(lintGithub(report.findings), context.streams);
        default:
            return print({lintJson(report), describe(report)}, context.options, context.streams);
    }
}

}  // namespace

Result<int> runLint(const Context& context) {
    const auto& options = context.options;
    auto report = isTarget(options.target) ? lintLive(context) : lintFiles(options.target);
    report.keep(options.severity);
    if (report.judged.documents > 0) {
        if (auto printed = printReport(context, report); !printed) return printed.error();
    }
    auto& errors = report.errors;
    if (!errors.empty()) {
        const Error last = std::move(errors.back());
        errors.pop_back();
        for (const auto& error : errors) printError(error, context.streams);
        return last;
    }
    return report.findings.empty() ? exitDone : exitFound;
}

}  // namespace memfit::plugin
