#include "commands/complete.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/split.hpp>
#include <optional>

#include "cli/complete.h"
#include "commands/cluster.h"
#include "kubectl/kubectl.h"

namespace memfit::plugin {
namespace {

constexpr double patienceSeconds = 2;

/// The names that `kubectl` prints, one a line, without their kinds; none when it fails.
std::vector<std::string> names(const std::vector<std::string>& words,
                               std::vector<std::string> question) {
    EventLoop loop;
    auto typed = typedConnection(words);
    if (!typed.ns.empty()) question.push_back("--namespace=" + typed.ns);
    KubectlConnection connection{std::move(typed.flags), std::nullopt};
    const auto kubectl = Kubectl::find(loop, std::move(connection), [](const std::string&) {});
    if (!kubectl) return {};
    const auto ended = kubectl->run(question, std::nullopt, patienceSeconds);
    if (!ended || !ended->status.success()) return {};
    std::vector<std::string> lines;
    boost::algorithm::split(lines, ended->out, [](char c) { return c == '\n'; });
    std::erase_if(lines, [](const std::string& line) { return line.empty(); });
    for (auto& line : lines) {
        if (const auto slash = line.rfind('/'); slash != std::string::npos) {
            line.erase(0, slash + 1);
        }
    }
    return lines;
}

std::vector<std::string> liveNames(const Completion& completion,
                                   const std::vector<std::string>& words) {
    switch (completion.live) {
        case Completion::Live::none:
            return {};
        case Completion::Live::contexts:
            return names(words, {"config", "get-contexts", "--output=name"});
        case Completion::Live::namespaces:
            return names(words, {"get", "namespaces", "--output=name", "--request-timeout=2s"});
        case Completion::Live::workloads: {
            const auto types = workloadTypes(completion.type);
            if (!types) return {};
            return names(words, {"get", std::string(types->front().plural), "--output=name",
                                 "--request-timeout=2s"});
        }
    }
    return {};
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
