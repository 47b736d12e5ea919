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
    std::string workload;   ///< `Deployment shop/api`; the namespace only where the object names it
    std::string container;  ///< empty: of the whole pod, or it has no name
    std::string text;       ///< what is wrong, and what comes of it
    std::string fix;        ///< what to write instead

    [[nodiscard]] std::string owner() const;  ///< `Deployment shop/api, container app`

    friend bool operator==(const Finding&, const Finding&) = default;
};

/// How much of a text was judged.
struct LintCoverage {
    std::size_t containers = 0;
    std::size_t workloads = 0;
    std::size_t documents = 0;   ///< all that could be read; empty ones do not count
    std::size_t others = 0;      ///< of these: nothing in them was judged
    std::size_t unreadable = 0;  ///< beside these

    friend bool operator==(const LintCoverage&, const LintCoverage&) = default;
};

/// What lint finds in a text.
struct LintReport {
    std::vector<Finding> findings;  ///< in the order of the text
    std::vector<Error> errors;      ///< of documents that could not be read
    LintCoverage judged;
    Severity least = Severity::note;  ///< findings below it were taken out,
    std::size_t hidden = 0;           ///< so many of them

    /// Appends what was found in another text.
    void add(LintReport other);
    /// Keeps only findings of severity `wanted` or above.
    void keep(Severity wanted);
};

struct LintOptions {
    /// Every container is known to run Go. Otherwise notes are only for containers whose
    /// environment shows it.
    bool allGo = false;
};

/// Judges every container of every workload in `text`: a YAML file of any number of documents, or a
/// JSON one, as for editManifest(); Tekton's steps, ClusterServiceVersions, what is written like a
/// container in the values of a HelmRelease, and the patches inside Kustomizations. What ConfigMaps
/// of the text bring into an environment is judged where it stands; a VerticalPodAutoscaler in the
/// text is taken into account. Other objects are skipped. `fileName` names the text in findings and
/// errors.
///
/// Init containers are judged as well; one that ends before the others start may do without
/// collection (GOGC=off) and with a small request.
///
/// Only what is wrong whatever the program does is found: values at which Go dies or which it
/// ignores (runtime/mgcpacer.go, runtime/string.go), references that do not say what they seem to
/// (the kubelet's resourceFieldRef), quantities that Kubernetes or the container runtime refuses.
/// Values that a tool fills in later (`{{ .Values.x }}`, `${X}`) are not judged.
/// Errors (kind input, with file and line): not text; and for each document that is not YAML, or is
/// a template. One such document hides nothing of the others.
[[nodiscard]] LintReport lintStream(std::string_view text, std::string_view fileName,
                                    const LintOptions& options = {});

/// The findings alone; any error ends it.
[[nodiscard]] Result<std::vector<Finding>> lintManifest(std::string_view text,
                                                        std::string_view fileName,
                                                        const LintOptions& options = {});

/// `3 containers in 2 workloads judged, nothing to judge in 1 of 4 documents`
[[nodiscard]] std::string describe(const LintCoverage& judged);

/// A LintResult document.
[[nodiscard]] std::string lintJson(const LintReport& report);

/// A SARIF 2.1.0 log (OASIS), with which code hosts show findings on their lines. `version`: of
/// memfit. File names become URI references (RFC 3986): relative ones stay relative, absolute ones
/// are `file:///…`, and `<stdin>` is `stdin`.
[[nodiscard]] std::string lintSarif(const std::vector<Finding>& findings, std::string_view version);

/// Workflow commands of GitHub Actions, one a line: `::error file=…,line=…::text`.
[[nodiscard]] std::string lintGithub(const std::vector<Finding>& findings);

}  // namespace memfit
