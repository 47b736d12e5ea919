#include "cluster/rights.h"

#include <fmt/format.h>

namespace memfit::plugin {

Call<void> checkRights(Cluster& cluster, const std::string& ns, std::string_view who,
                       const std::vector<Right>& rights) {
    for (const auto& right : rights) {
        const auto allowed = cluster.may(ns, right);
        if (!allowed) return allowed.error();
        if (*allowed) continue;
        const auto& [verb, resource, subresource] = right;
        return failure(
            fmt::format("{} need the verb {} on {}{} in namespace {}, which this user "
                        "may not",
                        who, verb, resource, subresource.empty() ? "" : "/" + subresource, ns),
            "ask for that permission; docs/rbac.md has the role each command needs");
    }
    return {};
}

}  // namespace memfit::plugin
