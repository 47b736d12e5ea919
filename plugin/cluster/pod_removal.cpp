#include "cluster/pod_removal.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>

#include "text/last_lines.h"

namespace memfit::plugin {
namespace {

constexpr double callSeconds = 30;
constexpr double lookSeconds = 0.25;
constexpr int looks = 20;

Result<Finished> call(const Kubectl& kubectl, const char* verb, const std::string& ns,
                      const std::vector<std::string>& which,
                      const std::vector<std::string>& flags) {
    std::vector<std::string> words{verb};
    words.insert(words.end(), which.begin(), which.end());
    words.push_back("--namespace=" + ns);
    words.insert(words.end(), flags.begin(), flags.end());
    return kubectl.runThroughSignals(words, std::nullopt, callSeconds);
}

std::optional<std::string> problemOf(const Result<Finished>& done) {
    if (!done) return done.error().message();
    if (!done->status.success()) return done->lastError();
    return std::nullopt;
}

}  // namespace

std::optional<std::string> removePods(EventLoop& loop, const Kubectl& kubectl,
                                      const std::string& ns,
                                      const std::vector<std::string>& which) {
    const auto deleted =
        call(kubectl, "delete", ns, which,
             {"--grace-period=0", "--force", "--wait=false", "--ignore-not-found"});
    if (auto problem = problemOf(deleted)) return problem;
    for (int look = 0;; ++look) {
        const auto left = call(kubectl, "get", ns, which, {"--ignore-not-found", "--output=name"});
        if (auto problem = problemOf(left)) return problem;
        auto names = boost::algorithm::trim_copy(left->out);
        if (names.empty()) return std::nullopt;
        if (look == looks) {
            boost::algorithm::replace_all(names, "\n", ", ");
            const auto said = lastLines(deleted->out);
            return fmt::format("kubectl delete succeeded{}, but {} is still there",
                               said.empty() ? "" : " (\"" + said + "\")", names);
        }
        loop.waitThroughSignals([] { return false; }, lookSeconds);
    }
}

}  // namespace memfit::plugin
