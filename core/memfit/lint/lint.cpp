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
    LintRule{"gogc-malformed", Severity::warning, "GOGC that Go does not understand",
             "Go silently takes it for 100.", "Write a whole number, or off."},
    LintRule{"gogc-off-unbounded", Severity::error, "GOGC=off without GOMEMLIMIT",
             "Nothing is ever collected, until the kernel kills.",
             "Set GOMEMLIMIT from limits.memory, or leave GOGC out."},
    LintRule{"gomemlimit-above-limit", Severity::error, "GOMEMLIMIT above the memory limit",
             "The kernel kills before Go collects.", "Take GOMEMLIMIT from limits.memory."},
    LintRule{"gomemlimit-divisor", Severity::error, "GOMEMLIMIT by reference with a divisor",
             "It leaves a small number, which Go reads as that many bytes: the heap is collected "
             "without end.",
             "Leave the divisor out."},
    LintRule{"gomemlimit-far-below-limit", Severity::warning,
             "GOMEMLIMIT below half of the memory limit",
             "Go collects hard while most of the limit lies idle.",
             "Take GOMEMLIMIT from limits.memory, or lower the limit."},
    LintRule{"gomemlimit-malformed", Severity::error, "GOMEMLIMIT at which Go dies at start",
             "Go takes a whole number, alone or with B, KiB, MiB, GiB or TiB, and off; at all else "
             "the program ends before main.",
             "Write it as 36MiB, or take it from limits.memory."},
    LintRule{"gomemlimit-no-room", Severity::warning,
             "GOMEMLIMIT at the limit beside memory that is not Go's",
             "What is not Go's counts towards the limit too: the kernel kills before Go collects.",
             "Set GOMEMLIMIT to the limit less what the rest takes."},
    LintRule{"gomemlimit-not-memory", Severity::error,
             "GOMEMLIMIT from a resource that is no memory", "Go reads the number as bytes.",
             "Refer to limits.memory."},
    LintRule{
        "gomemlimit-other-container", Severity::error, "GOMEMLIMIT from another container's limit",
        "The limit that ends the program is its own container's.", "Name the container itself."},
    LintRule{"gomemlimit-without-limit", Severity::warning,
             "GOMEMLIMIT from a limit that is not set",
             "It is then all that the node can allocate, or 0 from a request that is not set.",
             "Set the limit, or leave GOMEMLIMIT out."},
    LintRule{"limit-too-small", Severity::error, "memory limit below 6Mi",
             "Container runtimes start nothing below it.",
             "Measure the minimum with kubectl memfit squeeze."},
    LintRule{"limit-without-request", Severity::note, "memory limit without a request",
             "The API server makes the request the limit, unless a LimitRange says otherwise.",
             "Write the request too."},
    LintRule{"memory-fraction", Severity::error, "memory in thousandths of a byte",
             "m is a thousandth: 128m is less than a byte.", "Write M or Mi."},
    LintRule{"memory-malformed", Severity::error, "memory that is no quantity",
             "Kubernetes refuses the object.", "Write it as 64Mi."},
    LintRule{"request-above-limit", Severity::error, "memory request above the limit",
             "Kubernetes refuses the object.", "Make the request the limit."},
    LintRule{"request-below-limit", Severity::note, "memory request below the limit",
             "The node may not have what the limit allows.", "Make the request the limit."},
};

int linesIn(std::string_view text) {
    return static_cast<int>(std::ranges::count(text, '\n'));
}

Severity severityOf(std::string_view code) {
    const auto* const found = std::ranges::find(rules, code, &LintRule::code);
    return found == rules.end() ? Severity::warning : found->severity;
}

/// Characters as editors count them. The text is UTF-8.
int codePointsIn(std::string_view text) {
    return static_cast<int>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// One document of a file.
struct Document {
    std::string_view text;
    std::string_view fileName;
    int firstLine = 1;
    yaml::Tree tree;

    [[nodiscard]] Location at(NodeId node) const {
        const std::size_t offset = tree[node].begin;
        const std::size_t start = yaml::lineStart(text, offset);
        return {std::string(fileName), firstLine + linesIn(text.substr(0, offset)),
                codePointsIn(text.substr(start, offset - start)) + 1};
    }
};

std::string labelOf(const yaml::FoundWorkload& workload) {
    const auto space = workload.nameSpace.empty() ? "" : workload.nameSpace + "/";
    return fmt::format("{} {}{}", workload.kind, space, workload.name);
}

lint::Role roleIn(const yaml::Tree& tree, std::string_view list, NodeId container) {
    if (list == "containers") return lint::Role::main;
    const bool stays = tree.scalar(container, "restartPolicy") == "Always";
    return stays ? lint::Role::sidecar : lint::Role::init;
}

void judge(const Document& document, const yaml::FoundWorkload& workload,
           const lint::ContainerView& container, std::vector<Finding>& findings) {
    lint::judgeContainer(container, [&](lint::Raw raw) {
        findings.push_back({std::string(raw.code), severityOf(raw.code), document.at(raw.at),
                            labelOf(workload), std::string(container.name), std::move(raw.text),
                            std::move(raw.fix)});
    });
}

void judge(const Document& document, const yaml::FoundWorkload& workload,
           std::vector<Finding>& findings) {
    const auto& tree = document.tree;
    const NodeId podSpec = yaml::podSpecOf(tree, workload);
    for (const std::string_view list : {"initContainers", "containers"}) {
        const NodeId items = tree.find(podSpec, list);
        if (items == yaml::noNode || tree[items].kind != yaml::Value::Kind::sequence) continue;
        for (const NodeId item : tree[items].children) {
            const NodeId node = tree.resolved(item);
            if (tree[node].kind != yaml::Value::Kind::map) continue;
            judge(document, workload,
                  {tree, node, podSpec, tree.scalar(node, "name").value_or(""),
                   roleIn(tree, list, node)},
                  findings);
        }
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
