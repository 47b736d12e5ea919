#include "memfit/lint/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "memfit/lint/lint_rules.h"
#include "memfit/lint/lint_subjects.h"
#include "memfit/yaml/yaml_documents.h"

namespace memfit {

namespace {

constexpr std::array rules{
    LintRule{"divisor-refused", Severity::error, "a divisor that Kubernetes does not accept",
             "Kubernetes refuses the object.",
             "Write 1 with a suffix, such as 1Mi, or leave it out."},
    LintRule{"env-not-string", Severity::error, "a variable's value that is not a string",
             "Kubernetes refuses the object.", "Write it in quotes."},
    LintRule{"env-twice", Severity::warning, "two entries of one variable", "The last one counts.",
             "Keep one."},
    LintRule{"env-two-sources", Severity::error, "a variable with a value and a source",
             "The two exclude each other: Kubernetes refuses the object.", "Keep one of the two."},
    LintRule{"gogc-malformed", Severity::warning, "GOGC that Go does not understand",
             "Go silently uses 100.", "Write a whole number, or off."},
    LintRule{"gogc-off-unbounded", Severity::error, "GOGC=off without GOMEMLIMIT",
             "Nothing is ever collected, until the kernel kills the program.",
             "Set GOMEMLIMIT from limits.memory, or leave GOGC out."},
    LintRule{"gomemlimit-above-limit", Severity::error, "GOMEMLIMIT above the memory limit",
             "The kernel kills the program before Go collects.",
             "Take GOMEMLIMIT from limits.memory."},
    LintRule{"gomemlimit-beside-autoscaler", Severity::warning,
             "a fixed GOMEMLIMIT beside a VerticalPodAutoscaler",
             "The autoscaler moves the limit, and GOMEMLIMIT stays.",
             "Take GOMEMLIMIT from limits.memory."},
    LintRule{"gomemlimit-divisor", Severity::error, "GOMEMLIMIT by reference with a divisor",
             "It leaves a small number, which Go reads as that many bytes: the heap is collected "
             "without end.",
             "Leave the divisor out."},
    LintRule{"gomemlimit-far-below-limit", Severity::warning,
             "GOMEMLIMIT below half of the memory limit",
             "Go collects hard while most of the limit lies idle.",
             "Take GOMEMLIMIT from limits.memory, or lower the limit."},
    LintRule{"gomemlimit-is-limit", Severity::note, "GOMEMLIMIT that is the whole memory limit",
             "It works when nearly all memory is Go's. C code, mapped files and child processes "
             "have no room beside it: the kernel kills the program.",
             "See whether it holds under load with kubectl memfit recommend --load."},
    LintRule{"gomemlimit-malformed", Severity::error, "GOMEMLIMIT that Go does not accept",
             "Go accepts off, or a whole number, alone or with B, KiB, MiB, GiB or TiB; with "
             "anything else the program dies before main.",
             "Write it as 36MiB, or take it from limits.memory."},
    LintRule{"gomemlimit-no-room", Severity::warning,
             "GOMEMLIMIT at the limit beside memory that is not Go's",
             "What is not Go's counts towards the limit too: the kernel kills the program before "
             "Go collects.",
             "Set GOMEMLIMIT to the limit minus what the rest takes."},
    LintRule{"gomemlimit-not-memory", Severity::error,
             "GOMEMLIMIT from a resource that is not memory", "Go reads the number as bytes.",
             "Refer to limits.memory."},
    LintRule{"gomemlimit-other-container", Severity::error,
             "GOMEMLIMIT from another container's limit",
             "The kernel kills the program at the limit of its own container.",
             "Name the container itself."},
    LintRule{"gomemlimit-too-small", Severity::error, "GOMEMLIMIT that is too small for any heap",
             "Go collects without end.", "Write it as 36MiB, or take it from limits.memory."},
    LintRule{"gomemlimit-without-limit", Severity::warning,
             "GOMEMLIMIT from a limit that is not set",
             "It is then all that the node can allocate, or 0 from a request that is not set.",
             "Set the limit, or leave GOMEMLIMIT out."},
    LintRule{"limit-above-pod", Severity::error, "memory limit above the pod's",
             "Kubernetes refuses the object.", "Raise the pod's limit, or lower this one."},
    LintRule{
        "limit-below-runtimes", Severity::warning, "memory limit below 6Mi",
        "Docker starts nothing below 6Mi, CRI-O nothing below 12Mi; containerd does if it fits.",
        "Measure the minimum with kubectl memfit squeeze."},
    LintRule{"limit-too-small", Severity::error, "memory limit below 1Mi",
             "No container starts in it.", "Measure the minimum with kubectl memfit squeeze."},
    LintRule{"limit-without-request", Severity::note, "memory limit without a request",
             "The API server sets the request to the limit, unless a LimitRange says otherwise.",
             "Write the request too."},
    LintRule{"memory-fraction", Severity::error, "memory in fractions of a byte",
             "m is a thousandth: 128m is less than a byte.", "Write M or Mi."},
    LintRule{"memory-malformed", Severity::error, "memory that is not a quantity",
             "Kubernetes refuses the object.", "Write it as 64Mi."},
    LintRule{"request-above-limit", Severity::error, "memory request above the limit",
             "Kubernetes refuses the object.", "Set the request to the limit."},
    LintRule{"request-below-limit", Severity::note, "memory request below the limit",
             "The node may not have what the limit allows.", "Set the request to the limit."},
    LintRule{"requests-above-pod", Severity::error, "memory requests above the pod's",
             "Kubernetes refuses the object.", "Raise the pod's request."},
    LintRule{"variable-misspelt", Severity::warning, "a variable that Go does not know",
             "Go reads GOMEMLIMIT and GOGC.", "Correct its name."},
    LintRule{"volume-above-limit", Severity::warning,
             "a volume in memory that may fill the memory limit",
             "Its files count towards the limit of the container.",
             "Set its sizeLimit below the limit."},
};

Severity severityOf(std::string_view code) {
    const auto* const found = std::ranges::find(rules, code, &LintRule::code);
    return found == rules.end() ? Severity::warning : found->severity;
}

class Linter {
public:
    Linter(std::string_view fileName, const LintOptions& options)
        : fileName_(fileName), options_(options) {}

    /// `suspicious`: some part of `body` is not text.
    void read(std::string_view body, bool suspicious) {
        const auto parts = yaml::splitDocuments(body);
        const std::span<const std::string_view> all(parts);
        // Trees are many times their text: only so many are there at a time.
        constexpr std::size_t atOnce = 256;
        int line = 1;
        for (std::size_t from = 0; from < all.size(); from += atOnce) {
            const auto some = all.subspan(from, std::min(atOnce, all.size() - from));
            std::vector<std::optional<yaml::Problem>> problems(some.size());
            std::vector<std::string_view> texts(some.begin(), some.end());
            for (std::size_t i = 0; suspicious && i < some.size(); ++i)
                if (problems[i] = problemOf(some[i]); problems[i]) texts[i] = {};
            auto trees = yaml::parseDocuments(texts);
            for (std::size_t i = 0; i < some.size(); ++i) {
                lint::Document document{some[i], fileName_, line, 0, {}, {}, false};
                line += static_cast<int>(std::ranges::count(some[i], '\n'));
                if (problems[i])
                    refuse(document, *problems[i]);
                else if (trees[i].has_error())
                    refuse(document, trees[i].error());
                else if (trees[i]->root != yaml::noNode) {
                    ++report_.judged.documents;
                    document.tree = std::move(*trees[i]);
                    take(std::move(document));
                }
            }
        }
    }

    [[nodiscard]] LintReport judged() {
        for (auto& subject : subjects_) judge(subject);
        auto& judged = report_.judged;
        const auto kept = std::ranges::count(documents_, true, &lint::Document::ours);
        judged.others = judged.documents - done_ - static_cast<std::size_t>(kept);
        std::ranges::sort(report_.findings, {}, [](const Finding& finding) {
            return std::tuple(finding.at.line, finding.at.column, finding.code, finding.workload,
                              finding.container);
        });
        return std::move(report_);
    }

private:
    /// What keeps a part from being parsed. A part may be empty.
    static std::optional<yaml::Problem> problemOf(std::string_view part) {
        auto problem = yaml::checkText(part);
        if (problem && problem->offset == 0) problem.reset();
        return problem;
    }

    void refuse(const lint::Document& document, const yaml::Problem& problem) {
        report_.errors.push_back(document.located(problem));
        ++report_.judged.unreadable;
    }

    /// Keeps only what is needed until the end: a tree is many times as large as its text.
    void take(lint::Document document) {
        documents_.push_back(std::move(document));
        auto& taken = documents_.back();
        auto found = lint::findSubjects(taken, inner_);
        std::ranges::move(found.errors, std::back_inserter(report_.errors));
        taken.ours = !found.subjects.empty();
        const bool named = stream_.add(taken);
        const bool waits =
            !inner_.empty() || std::ranges::any_of(found.subjects, lint::dependsOnStream);
        if (named || waits) {
            std::ranges::move(found.subjects, std::back_inserter(subjects_));
            return;
        }
        for (const auto& subject : found.subjects) judge(subject);
        if (taken.ours) ++done_;
        documents_.pop_back();
    }

    void judge(const lint::Subject& subject) {
        ++report_.judged.workloads;
        lint::judgePod(subject, reportOf(subject, {}));
        for (const auto& member : subject.members) {
            ++report_.judged.containers;
            lint::judgeContainer({subject, member, stream_, options_.allGo},
                                 reportOf(subject, member.name));
        }
    }

    [[nodiscard]] lint::Report reportOf(const lint::Subject& subject, std::string container) {
        return [this, &subject, container = std::move(container)](lint::Raw raw) {
            const auto& document = raw.in != nullptr ? *raw.in : *subject.document;
            report_.findings.push_back({std::string(raw.code), severityOf(raw.code),
                                        document.at(raw.at), subject.label(), container,
                                        std::move(raw.text), std::move(raw.fix)});
        };
    }

    std::string_view fileName_;
    const LintOptions& options_;
    std::deque<lint::Document> documents_;
    std::deque<lint::Document> inner_;  ///< those that stand in strings of the others
    std::vector<lint::Subject> subjects_;
    lint::Stream stream_;
    std::size_t done_ = 0;  ///< documents of ours that are not kept
    LintReport report_;
};

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
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

std::string Finding::owner() const {
    return container.empty() ? workload : fmt::format("{}, container {}", workload, container);
}

void LintReport::add(LintReport other) {
    std::ranges::move(other.findings, std::back_inserter(findings));
    std::ranges::move(other.errors, std::back_inserter(errors));
    judged.containers += other.judged.containers;
    judged.workloads += other.judged.workloads;
    judged.documents += other.judged.documents;
    judged.others += other.judged.others;
    judged.unreadable += other.judged.unreadable;
    least = std::max(least, other.least);
    hidden += other.hidden;
}

void LintReport::keep(Severity wanted) {
    least = std::max(least, wanted);
    hidden +=
        std::erase_if(findings, [&](const Finding& finding) { return finding.severity < least; });
}

LintReport lintStream(std::string_view text, std::string_view fileName,
                      const LintOptions& options) {
    const auto problem = yaml::checkText(text);
    if (problem && problem->offset == 0) {
        const lint::Document whole{text, fileName, 1, 0, {}, {}, false};
        LintReport report;
        report.errors.push_back(whole.located(*problem));
        return report;
    }
    Linter linter(fileName, options);
    linter.read(text.substr(yaml::byteOrderMark(text)), problem.has_value());
    return linter.judged();
}

Result<std::vector<Finding>> lintManifest(std::string_view text, std::string_view fileName,
                                          const LintOptions& options) {
    auto report = lintStream(text, fileName, options);
    if (!report.errors.empty()) return report.errors.front();
    return std::move(report.findings);
}

std::string describe(const LintCoverage& judged) {
    auto text = fmt::format("{} in {} judged", counted(judged.containers, "container"),
                            counted(judged.workloads, "workload"));
    if (judged.others > 0) {
        text += fmt::format(", nothing to judge in {} of {}", judged.others,
                            counted(judged.documents, "document"));
    }
    if (judged.unreadable > 0)
        text += fmt::format(", {} not read", counted(judged.unreadable, "document"));
    return text;
}

}  // namespace memfit
