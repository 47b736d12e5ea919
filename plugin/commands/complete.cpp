#include "commands/complete.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/algorithm/string/split.hpp>
#include <optional>

#include "cli/complete.h"
#include "cluster/kubectl.h"
#include "session/cluster.h"

namespace memfit::plugin {
namespace {

constexpr double patienceSeconds = 2;

/// What kubectl is asked, and what it prints beside names, one a line.
struct Question {
    enum class Prints {
        names,   ///< nothing: a name may hold any character, as an ARN its slashes
        kinds,   ///< the kind before each, `deployment.apps/api`
        header,  ///< a first line that is not a name
    };
    std::vector<std::string> words;
    Prints prints = Prints::names;
};

std::optional<Question> workloadsQuestion(const std::vector<std::string>& type) {
    const auto types = workloadTypes(fmt::format("{}", fmt::join(type, ",")));
    if (!types || types->size() != 1) return std::nullopt;
    return Question{{"get", std::string(kindOf(types->front().resource).plural), "--output=name",
                     "--request-timeout=2s"},
                    Question::Prints::kinds};
}

std::optional<Question> containersQuestion(const std::vector<std::string>& target) {
    const auto workload = workloadWords(target);
    if (!workload) return std::nullopt;
    constexpr auto namesIn =
        R"({{range {0}.containers[*]}}{{.name}}{{"\n"}}{{end}})"
        R"({{range {0}.initContainers[?(@.restartPolicy=="Always")]}}{{.name}}{{"\n"}}{{end}})";
    return Question{{"get", std::string(kindOf(workload->resource).plural), workload->name,
                     "--request-timeout=2s",
                     fmt::format("--output=jsonpath={}{}", fmt::format(namesIn, ".spec"),
                                 fmt::format(namesIn, ".spec.template.spec"))}};
}

std::optional<Question> question(const Completion& completion) {
    using Prints = Question::Prints;
    switch (completion.live) {
        case LiveNames::none:
            return std::nullopt;
        case LiveNames::contexts:
            return Question{{"config", "get-contexts", "--output=name"}};
        case LiveNames::clusters:
            return Question{{"config", "get-clusters"}, Prints::header};
        case LiveNames::users:
            return Question{{"config", "get-users"}, Prints::header};
        case LiveNames::namespaces:
            return Question{{"get", "namespaces", "--output=name", "--request-timeout=2s"},
                            Prints::kinds};
        case LiveNames::workloads:
            return workloadsQuestion(completion.of);
        case LiveNames::containers:
            return containersQuestion(completion.of);
    }
    return std::nullopt;
}

/// What kubectl answers through the connection that `words` name; nothing when it fails.
std::string answer(std::vector<std::string> arguments, const std::vector<std::string>& words) {
    EventLoop loop;
    auto typed = typedConnection(words);
    if (!typed.ns.empty()) arguments.push_back("--namespace=" + typed.ns);
    KubectlConnection connection{std::move(typed.flags), std::nullopt};
    const auto kubectl = Kubectl::find(loop, std::move(connection), [](const std::string&) {});
    if (!kubectl) return {};
    const auto ended = kubectl->run(arguments, std::nullopt, patienceSeconds);
    return ended && ended->status.success() ? ended->out : "";
}

std::vector<std::string> liveNames(const Completion& completion,
                                   const std::vector<std::string>& words) {
    const auto asked = question(completion);
    if (!asked) return {};
    std::vector<std::string> names;
    boost::algorithm::split(names, answer(asked->words, words), [](char c) { return c == '\n'; });
    if (asked->prints == Question::Prints::header) names.erase(names.begin());
    std::erase_if(names, [](const std::string& line) { return line.empty(); });
    if (asked->prints == Question::Prints::kinds) {
        for (auto& name : names) name.erase(0, name.find('/') + 1);
    }
    return names;
}

}  // namespace

int runComplete(const std::vector<std::string>& words, const Streams& streams) {
    auto completion = complete(words);
    const std::string typed = words.empty() ? "" : words.back();
    for (auto& name : liveNames(completion, words)) {
        auto text = completion.before + name;
        if (text.starts_with(typed)) completion.candidates.push_back({std::move(text), ""});
    }
    std::string out;
    for (const auto& candidate : completion.candidates) {
        out += printable(candidate.text);
        if (!candidate.description.empty()) out += "\t" + candidate.description;
        out += "\n";
    }
    constexpr int noSpace = 2;
    constexpr int noFiles = 4;
    out +=
        fmt::format(":{}\n", (completion.noSpace ? noSpace : 0) + (completion.files ? 0 : noFiles));
    return printText(out, streams) ? 0 : 1;
}

}  // namespace memfit::plugin
