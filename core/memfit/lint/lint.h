#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"

namespace memfit {

enum class Severity { note, warning, error };

[[nodiscard]] std::string_view toString(Severity severity);
[[nodiscard]] std::optional<Severity> severityFromString(std::string_view name);

/// A rule of lint: what its findings have in common.
struct LintRule {
    std::string_view code;  ///< stable, `gomemlimit-malformed`
    Severity severity = Severity::warning;
    std::string_view summary;      ///< one clause, for lists of rules
    std::string_view consequence;  ///< a sentence: what comes of it
    std::string_view remedy;       ///< a sentence: what to do
};

/// Every rule, in the order of its code.
[[nodiscard]] std::span<const LintRule> lintRules();

/// A memory setting that is wrong on sight.
struct Finding {
    std::string code;
    Severity severity = Severity::warning;
    /// Of the value; without line for what has no text of its own. Columns count Unicode code
    /// points, from 1.
    Location at;
    std::string workload;  ///< `Deployment shop/api`; the namespace only where the object names it
    std::string container;
    std::string text;  ///< what is wrong, and what comes of it
    std::string fix;   ///< what to write instead

    friend bool operator==(const Finding&, const Finding&) = default;
};

/// Judges every container of every workload in `text`: a YAML file of any number of documents, or a
/// JSON one, as for editManifest(). Findings stand in the order of the text. `fileName` names the
/// text in findings and errors. Other objects are passed over.
///
/// Init containers are judged as well; one that ends before the others start may do without
/// collection (GOGC=off) and with a small request.
///
/// Only what is wrong whatever the program does is found: values at which Go dies or which it
/// ignores (runtime/mgcpacer.go, runtime/string.go), references that do not say what they seem to
/// (the kubelet's resourceFieldRef), quantities that Kubernetes or the container runtime refuses.
/// Errors (kind input, with file and line): not text, not YAML, templates.
[[nodiscard]] Result<std::vector<Finding>> lintManifest(std::string_view text,
                                                        std::string_view fileName);

/// The findings as the `findings` of a LintResult document.
[[nodiscard]] std::string lintJson(const std::vector<Finding>& findings);

/// A SARIF 2.1.0 log (OASIS), with which code hosts show findings on their lines. `version`: of
/// memfit. File names become URI references (RFC 3986): relative ones stay relative, absolute ones
/// are `file:///…`, and `<stdin>` is `stdin`.
[[nodiscard]] std::string lintSarif(const std::vector<Finding>& findings, std::string_view version);

/// Workflow commands of GitHub Actions, one a line: `::error file=…,line=…::text`.
[[nodiscard]] std::string lintGithub(const std::vector<Finding>& findings);

}  // namespace memfit
