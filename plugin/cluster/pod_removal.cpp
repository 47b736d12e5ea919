#include "cluster/pod_removal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "text/last_lines.h"

namespace memfit::plugin {
namespace {

constexpr double lookSeconds = 0.25;
constexpr int looks = 20;

std::string problemOf(const CallError& error) {
    return error.said.empty() ? error.message() : error.said;
}

}  // namespace

std::optional<std::string> removePods(EventLoop& loop, Cluster& cluster, const PodChoice& which) {
    const auto deleted = cluster.deletePods(which, true);
    if (!deleted) return problemOf(deleted.error());
    for (int look = 0;; ++look) {
        const auto left = cluster.podsLeft(which);
        if (!left) return problemOf(left.error());
        if (left->empty()) return std::nullopt;
        if (look == looks) {
            const auto said = lastLines(*deleted);
            return fmt::format("kubectl delete succeeded{}, but {} is still there",
                               said.empty() ? "" : " (\"" + said + "\")", fmt::join(*left, ", "));
        }
        loop.waitThroughSignals([] { return false; }, lookSeconds);
    }
}

}  // namespace memfit::plugin
