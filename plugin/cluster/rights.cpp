#include "cluster/rights.h"

#include <fmt/format.h>

namespace memfit::plugin {

Result<void> checkRights(const Kubectl& kubectl, const std::string& ns, std::string_view who,
                         const std::vector<Right>& rights) {
    for (const auto& [verb, resource, subresource] : rights) {
        std::vector<std::string> words{"auth",   "can-i", verb, resource, "--namespace=" + ns,
                                       "--quiet"};
        if (!subresource.empty()) words.push_back("--subresource=" + subresource);
        const auto answer = kubectl.run(words);
        if (!answer) return answer.error();
        if (answer->status.success()) continue;
        if (classifyFailure(ownWords(answer->err)) == CallFailure::unreachable) {
            return callError("kubectl auth can-i", answer->err);
        }
        return failure(
            fmt::format("{} need the verb {} on {}{} in namespace {}, which this user "
                        "may not",
                        who, verb, resource, subresource.empty() ? "" : "/" + subresource, ns),
            "ask for that permission; docs/rbac.md has the role each command needs");
    }
    return {};
}

}  // namespace memfit::plugin
