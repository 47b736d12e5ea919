#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "memfit/documents/documents.h"
#include "memfit/lint/lint.h"

namespace memfit {

namespace {

using Json = nlohmann::ordered_json;

/// Text from a file may be anything; what is not UTF-8 becomes a replacement character.
std::string dumped(const Json& tree) {
    return tree.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json findingTree(const Finding& finding) {
    Json tree{{"code", finding.code}, {"severity", toString(finding.severity)}};
    if (!finding.at.file.empty()) tree["file"] = finding.at.file;
    if (finding.at.line > 0) {
        tree["line"] = finding.at.line;
        tree["column"] = finding.at.column;
    }
    tree["workload"] = finding.workload;
    if (!finding.container.empty()) tree["container"] = finding.container;
    tree["text"] = finding.text;
    tree["fix"] = finding.fix;
    return tree;
}

Json errorTree(const Error& error) {
    Json tree = Json::object();
    if (error.at) tree["file"] = error.at->file;
    if (error.at && error.at->line > 0) tree["line"] = error.at->line;
    tree["text"] = error.what;
    if (!error.next.empty()) tree["fix"] = error.next;
    return tree;
}

std::string sentence(const Finding& finding) {
    return fmt::format("{}: {}; {}", finding.owner(), finding.text, finding.fix);
}

Json sarifRules() {
    Json tree = Json::array();
    for (const auto& rule : lintRules()) {
        tree.push_back(
            {{"id", rule.code},
             {"shortDescription", {{"text", rule.summary}}},
             {"fullDescription", {{"text", fmt::format("{}. {}", rule.summary, rule.consequence)}}},
             {"help", {{"text", fmt::format("{} {}", rule.consequence, rule.remedy)}}},
             {"defaultConfiguration", {{"level", toString(rule.severity)}}}});
    }
    return tree;
}

/// A path as a URI reference. Colons are escaped too: in the first segment of a relative one they
/// would end a scheme.
std::string uriOf(std::string_view path) {
    if (path == "<stdin>") return "stdin";
    constexpr std::string_view kept = "/-._~!$&'()*+,;=@";
    std::string uri = path.starts_with('/') ? "file://" : "";
    for (const char c : path) {
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (alphanumeric || kept.find(c) != std::string_view::npos)
            uri += c;
        else
            uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return uri;
}

Json sarifResult(const Finding& finding) {
    Json place{{"artifactLocation", {{"uri", uriOf(finding.at.file)}}}};
    if (finding.at.line > 0) {
        place["region"] = {{"startLine", finding.at.line}, {"startColumn", finding.at.column}};
    }
    return {{"ruleId", finding.code},
            {"level", toString(finding.severity)},
            {"message", {{"text", sentence(finding)}}},
            {"locations", Json::array({{{"physicalLocation", std::move(place)}}})}};
}

/// As @actions/core escapes the data of a command, and, beyond that, its properties.
std::string escaped(std::string_view text, bool property) {
    std::string out;
    for (const char c : text) {
        const bool special = c == '%' || c == '\r' || c == '\n';
        if (special || (property && (c == ':' || c == ','))) {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::string lintJson(const LintReport& report) {
    const auto& judged = report.judged;
    Json tree{{"apiVersion", apiVersion}, {"kind", "LintResult"}, {"findings", Json::array()}};
    for (const auto& finding : report.findings) tree["findings"].push_back(findingTree(finding));
    tree["judged"] = {{"containers", judged.containers},
                      {"workloads", judged.workloads},
                      {"documents", judged.documents},
                      {"otherDocuments", judged.others}};
    if (report.hidden > 0) tree["hidden"] = report.hidden;
    for (const auto& error : report.errors) tree["errors"].push_back(errorTree(error));
    return dumped(tree);
}

std::string lintSarif(const std::vector<Finding>& findings, std::string_view version) {
    Json results = Json::array();
    for (const auto& finding : findings) results.push_back(sarifResult(finding));
    const Json driver{{"name", "kubectl-memfit"}, {"version", version}, {"rules", sarifRules()}};
    return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                   {"version", "2.1.0"},
                   {"runs", Json::array({{{"tool", {{"driver", driver}}},
                                          {"columnKind", "unicodeCodePoints"},
                                          {"results", results}}})}});
}

std::string lintGithub(const std::vector<Finding>& findings) {
    std::string out;
    for (const auto& finding : findings) {
        const bool note = finding.severity == Severity::note;
        out += fmt::format("::{} file={}", note ? "notice" : toString(finding.severity),
                           escaped(finding.at.file, true));
        if (finding.at.line > 0) {
            out += fmt::format(",line={},col={}", finding.at.line, finding.at.column);
        }
        out += fmt::format(",title={}::{}\n", escaped(finding.code, true),
                           escaped(sentence(finding), false));
    }
    return out;
}

}  // namespace memfit
