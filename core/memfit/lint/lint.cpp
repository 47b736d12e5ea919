#include "memfit/lint/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "memfit/lint/lint_rules.h"
#include "memfit/manifest/edit_find.h"
#include "memfit/manifest/yaml_documents.h"
#include "memfit/manifest/yaml_scan.h"

namespace memfit {

namespace {

using yaml::NodeId;

constexpr std::array rules{
    LintRule{"gogc-malformed", Severity::warning, "GOGC that Go does not understand"},
    LintRule{"gogc-off-unbounded", Severity::error, "GOGC=off without GOMEMLIMIT"},
    LintRule{"gomemlimit-above-limit", Severity::error, "GOMEMLIMIT above the memory limit"},
    LintRule{"gomemlimit-divisor", Severity::error, "GOMEMLIMIT by reference with a divisor"},
    LintRule{"gomemlimit-far-below-limit", Severity::warning,
             "GOMEMLIMIT below half of the memory limit"},
    LintRule{"gomemlimit-malformed", Severity::error, "GOMEMLIMIT at which Go dies at start"},
    LintRule{"gomemlimit-no-room", Severity::warning,
             "GOMEMLIMIT at the limit beside memory that is not Go's"},
    LintRule{"gomemlimit-not-memory", Severity::error,
             "GOMEMLIMIT from a resource that is no memory"},
    LintRule{"gomemlimit-other-container", Severity::error,
             "GOMEMLIMIT from another container's limit"},
    LintRule{"gomemlimit-without-limit", Severity::warning,
             "GOMEMLIMIT from a limit that is not set"},
    LintRule{"limit-too-small", Severity::error, "memory limit below 6Mi"},
    LintRule{"limit-without-request", Severity::note, "memory limit without a request"},
    LintRule{"memory-fraction", Severity::error, "memory in thousandths of a byte"},
    LintRule{"memory-malformed", Severity::error, "memory that is no quantity"},
    LintRule{"request-above-limit", Severity::error, "memory request above the limit"},
    LintRule{"request-below-limit", Severity::note, "memory request below the limit"},
};

int linesIn(std::string_view text) {
    return static_cast<int>(std::ranges::count(text, '\n'));
}

Severity severityOf(std::string_view code) {
    const auto* const found = std::ranges::find(rules, code, &LintRule::code);
    return found == rules.end() ? Severity::warning : found->severity;
}

/// One document of a file.
struct Document {
    std::string_view text;
    std::string_view fileName;
    int firstLine = 1;
    yaml::Tree tree;

    [[nodiscard]] Location at(NodeId node) const {
        const std::size_t offset = tree[node].begin;
        return {std::string(fileName), firstLine + linesIn(text.substr(0, offset)),
                static_cast<int>(yaml::columnOf(text, offset)) + 1};
    }
};

std::string labelOf(const yaml::FoundWorkload& workload) {
    const auto space = workload.nameSpace.empty() ? "" : workload.nameSpace + "/";
    return fmt::format("{} {}{}", workload.kind, space, workload.name);
}

void judge(const Document& document, const yaml::FoundWorkload& workload,
           std::vector<Finding>& findings) {
    const auto& tree = document.tree;
    for (const NodeId item : tree[yaml::containersOf(tree, workload)].children) {
        const NodeId container = tree.resolved(item);
        if (tree[container].kind != yaml::Value::Kind::map) continue;
        const auto name = tree.scalar(container, "name").value_or("");
        lint::judgeContainer(
            {tree, container, yaml::podSpecOf(tree, workload), name}, [&](lint::Raw raw) {
                findings.push_back({std::string(raw.code), severityOf(raw.code),
                                    document.at(raw.at), labelOf(workload), std::string(name),
                                    std::move(raw.text), std::move(raw.fix)});
            });
    }
}

Error located(const yaml::Problem& problem, std::string_view text, std::string_view fileName,
              int firstLine) {
    return inputError(
        problem.what, problem.next,
        Location{std::string(fileName), firstLine + linesIn(text.substr(0, problem.offset)), 0});
}

}  // namespace

std::string_view toString(Severity severity) {
    switch (severity) {
        case Severity::note:
            return "note";
        case Severity::warning:
            return "warning";
        case Severity::error:
            break;
    }
    return "error";
}

std::optional<Severity> severityFromString(std::string_view name) {
    for (const auto severity : {Severity::note, Severity::warning, Severity::error}) {
        if (toString(severity) == name) return severity;
    }
    return std::nullopt;
}

std::span<const LintRule> lintRules() {
    return rules;
}

Result<std::vector<Finding>> lintManifest(std::string_view text, std::string_view fileName) {
    if (const auto problem = yaml::checkText(text)) return located(*problem, text, fileName, 1);
    std::vector<Finding> findings;
    int line = 1;
    for (const auto part : yaml::splitDocuments(text.substr(yaml::byteOrderMark(text)))) {
        auto tree = yaml::parseDocument(part);
        if (tree.has_error()) return located(tree.error(), part, fileName, line);
        const Document document{part, fileName, line, std::move(*tree)};
        for (const auto& workload : yaml::findWorkloads(document.tree)) {
            judge(document, workload, findings);
        }
        line += linesIn(part);
    }
    std::ranges::sort(findings, {}, [](const Finding& finding) {
        return std::tuple(finding.at.line, finding.at.column, finding.code);
    });
    return findings;
}

}  // namespace memfit
