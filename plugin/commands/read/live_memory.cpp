#include "commands/read/live_memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "commands/read/statistics_pages.h"
#include "memfit/kube/resources.h"
#include "memfit/observe/kubelet_usage.h"
#include "text/redact.h"

namespace memfit::plugin {
namespace {

constexpr double answerSeconds = 1;
/// Pods that do not answer must not add up to a long wait.
constexpr std::chrono::seconds allAnswers{5};
/// Each is a process.
constexpr int mostForwards = 4;

}  // namespace

LiveMemory::LiveMemory(EventLoop& loop, ClusterTarget& cluster, const Options& options)
    : loop_(loop), cluster_(cluster), options_(options), deadline_(loop.now() + allAnswers) {}

std::vector<StatsPlace> LiveMemory::places(const ListedPod& pod) const {
    std::vector<StatsPlace> places;
    if (found_) places.push_back(*found_);
    for (const auto& container : pod.containers) {
        if (container.name != cluster_.container) continue;
        for (auto& place : placesToAsk(container.ports, options_)) {
            places.push_back(std::move(place));
        }
    }
    return places;
}

Result<std::optional<MemorySnapshot>> LiveMemory::throughApi(const ListedPod& pod,
                                                             std::vector<int>& closedPorts,
                                                             PageProblems& problems) {
    std::optional<MemorySnapshot> snapshot;
    for (const auto& place : places(pod)) {
        if (proxyForbidden_ || loop_.now() >= deadline_) break;
        if (std::ranges::find(closedPorts, place.port) != closedPorts.end()) continue;
        const auto answer =
            askPage(cluster_.api, {cluster_.context.ns, pod.name}, place, snapshot, problems);
        if (!answer) return answer.error();
        if (*answer == PageAnswer::page) {
            found_ = place;
            return snapshot;
        }
        if (*answer == PageAnswer::forbidden) proxyForbidden_ = true;
        if (*answer == PageAnswer::closed) closedPorts.push_back(place.port);
    }
    return snapshot;
}

Result<std::optional<MemorySnapshot>> LiveMemory::throughForward(const ListedPod& pod, int port,
                                                                 PageProblems& problems) {
    ++forwards_;
    auto forward = cluster_.api.forward({cluster_.context.ns, pod.name, port});
    if (!forward) {
        if (forward.error().kind == ErrorKind::interrupted) return forward.error();
        return std::optional<MemorySnapshot>();
    }
    const TcpAddress address{"127.0.0.1", static_cast<std::uint16_t>((*forward)->localPort())};
    StatsPage page(loop_, port, options_.statsPath, [&](int) -> Result<StatsRoute> {
        return StatsRoute{std::make_unique<HttpClient>(loop_, address), {}};
    });
    auto snapshot = page.read({port});
    if (snapshot) return std::optional(*std::move(snapshot));
    if (snapshot.error().kind == ErrorKind::interrupted) return snapshot.error();
    problems.add(page.problems());
    return std::optional<MemorySnapshot>();
}

Result<std::optional<MemorySnapshot>> LiveMemory::statistics(const ListedPod& pod) {
    std::vector<int> closedPorts;
    PageProblems problems;
    auto snapshot = throughApi(pod, closedPorts, problems);
    if (!snapshot || *snapshot) return snapshot;
    for (const int port : closedPorts) {
        if (forwards_ >= mostForwards || loop_.now() >= deadline_) {
            ++notAsked_;
            return snapshot;
        }
        auto forwarded = throughForward(pod, port, problems);
        if (!forwarded || *forwarded) return forwarded;
    }
    ++missing_;
    problems_.add(problems);
    return snapshot;
}

Result<std::optional<Usage>> LiveMemory::usage(const ListedPod& pod) {
    const auto [entry, isNew] = summaries_.try_emplace(pod.node);
    auto& summary = entry->second;
    if (isNew && loop_.now() < deadline_) {
        auto body = cluster_.api.read(kubeletPath(pod.node, summaryPage),
                                      "reading the kubelet's summary", {2 * answerSeconds});
        if (body) {
            summary = *std::move(body);
        } else {
            const auto& error = body.error();
            if (error.kind == ErrorKind::interrupted) return error;
            kubeletForbidden_ = kubeletForbidden_ || error.failure == CallFailure::forbidden;
        }
    }
    if (!summary) {
        silentKubelets_.insert(pod.node);
        return std::optional<Usage>();
    }
    ContainerKey key;
    key.nameSpace = cluster_.context.ns;
    key.pod = pod.name;
    key.uid = pod.uid;
    key.container = cluster_.container;
    const auto read = readStatsSummary(*summary, key);
    if (!read || !*read) return std::optional<Usage>();
    Usage usage;
    usage.current = (*read)->usage;
    usage.anon = (*read)->rss;
    usage.demand = (*read)->workingSet;
    return std::optional(usage);
}

std::vector<Warning> LiveMemory::warnings() const {
    std::vector<Warning> all;
    if (proxyForbidden_) {
        all.push_back({"statistics-forbidden",
                       "Go's statistics were not read: that takes `get` on pods/proxy"});
    } else if (missing_ > 0) {
        all.push_back({"no-statistics",
                       fmt::format("{} showed no Go statistics: {}; publish them (import _ "
                                   "\"expvar\"), or name them with --stats-port and --stats-path",
                                   missing_ == 1 ? "1 pod" : fmt::format("{} pods", missing_),
                                   problems_.empty() ? "the container declares no port"
                                                     : redactText(problems_.text()))});
    }
    if (notAsked_ > 0) {
        all.push_back({"statistics-not-read",
                       fmt::format("Go's statistics of {} were not read, to keep this short: their "
                                   "ports answer within the container only, or late",
                                   notAsked_ == 1 ? "1 pod" : fmt::format("{} pods", notAsked_))});
    }
    if (!silentKubelets_.empty()) {
        all.push_back({"usage-not-read",
                       fmt::format("what the kubelet says of memory was not read on {}{}",
                                   fmt::join(silentKubelets_, ", "),
                                   kubeletForbidden_ ? ": that takes `get` on nodes/proxy" : "")});
    }
    return all;
}

}  // namespace memfit::plugin
