#include "commands/live_memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "kubectl/port_forward.h"
#include "memfit/observe/kubelet_usage.h"
#include "memfit/observe/memstats.h"

namespace memfit::plugin {
namespace {

constexpr double answerSeconds = 1;
/// Pods that do not answer must not add up to a long wait.
constexpr std::chrono::seconds allAnswers{5};
/// Each is a process.
constexpr int mostForwards = 4;

constexpr unsigned forbiddenStatus = 403;

/// An answer of the API server itself, not of the program behind it.
bool isFromApiServer(const HttpResponse& response) {
    const auto tree = nlohmann::json::parse(response.body, nullptr, false);
    return tree.is_object() && tree.value("kind", nlohmann::json()) == "Status" &&
           tree.contains("apiVersion");
}

/// Ports are asked in this order, so that the service's own is asked last.
bool namedForStatistics(const ContainerPort& port) {
    constexpr std::array words{"metric", "debug", "pprof", "expvar", "prom", "admin", "monitor"};
    return std::ranges::any_of(
        words, [&](const char* word) { return port.name.find(word) != std::string::npos; });
}

}  // namespace

LiveMemory::LiveMemory(EventLoop& loop, Cluster& cluster, const Options& options)
    : loop_(loop), cluster_(cluster), options_(options), deadline_(Clock::now() + allAnswers) {}

std::vector<int> LiveMemory::ports(const ListedPod& pod) const {
    if (options_.statsPort) return {*options_.statsPort};
    std::vector<int> first;
    std::vector<int> others;
    for (const auto& container : pod.containers) {
        if (container.name != cluster_.container) continue;
        for (const auto& port : container.ports) {
            if (port.protocol != "TCP") continue;
            (namedForStatistics(port) ? first : others).push_back(port.port);
        }
    }
    first.insert(first.end(), others.begin(), others.end());
    return first;
}

std::vector<std::string> LiveMemory::paths() const {
    return options_.statsPath ? std::vector<std::string>{*options_.statsPath} : usualStatsPaths();
}

Result<LiveMemory::Answer> LiveMemory::ask(const std::string& prefix, const StatsPlace& place,
                                           std::optional<MemorySnapshot>& snapshot) {
    const auto response = cluster_.api.get(prefix + place.path, answerSeconds);
    if (!response) {
        if (response.error().kind == ErrorKind::interrupted) return response.error();
        return Answer::silent;
    }
    if (!response->success()) {
        if (!isFromApiServer(*response)) return Answer::noPage;
        return response->status == forbiddenStatus ? Answer::forbidden : Answer::closed;
    }
    auto read = parseMemstats(response->body);
    if (!read) return Answer::noPage;
    read->time = timestampNow();
    snapshot = *std::move(read);
    found_ = place;
    return Answer::page;
}

Result<std::optional<MemorySnapshot>> LiveMemory::throughApi(const ListedPod& pod,
                                                             std::vector<int>& closedPorts) {
    std::vector<StatsPlace> places;
    if (found_) places.push_back(*found_);
    for (const int port : ports(pod))
        for (const auto& path : paths()) places.push_back({port, path});
    std::optional<MemorySnapshot> snapshot;
    for (const auto& place : places) {
        if (proxyForbidden_ || Clock::now() >= deadline_) break;
        if (std::ranges::find(closedPorts, place.port) != closedPorts.end()) continue;
        const auto answer = ask(fmt::format("/api/v1/namespaces/{}/pods/{}:{}/proxy",
                                            cluster_.context.ns, pod.name, place.port),
                                place, snapshot);
        if (!answer) return answer.error();
        if (*answer == Answer::page) return snapshot;
        if (*answer == Answer::forbidden) proxyForbidden_ = true;
        if (*answer == Answer::closed) closedPorts.push_back(place.port);
    }
    return snapshot;
}

Result<std::optional<MemorySnapshot>> LiveMemory::throughForward(const ListedPod& pod, int port) {
    ++forwards_;
    auto forward =
        PortForward::open(loop_, cluster_.api.kubectl(), cluster_.context.ns, pod.name, port);
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
    return std::optional<MemorySnapshot>();
}

Result<std::optional<MemorySnapshot>> LiveMemory::statistics(const ListedPod& pod) {
    std::vector<int> closedPorts;
    auto snapshot = throughApi(pod, closedPorts);
    if (!snapshot || *snapshot) return snapshot;
    for (const int port : closedPorts) {
        if (forwards_ >= mostForwards || Clock::now() >= deadline_) {
            ++notAsked_;
            return snapshot;
        }
        auto forwarded = throughForward(pod, port);
        if (!forwarded || *forwarded) return forwarded;
    }
    ++missing_;
    return snapshot;
}

Result<std::optional<Usage>> LiveMemory::usage(const ListedPod& pod) {
    const auto [entry, isNew] = summaries_.try_emplace(pod.node);
    auto& summary = entry->second;
    if (isNew && Clock::now() < deadline_) {
        auto response = cluster_.api.get(
            fmt::format("/api/v1/nodes/{}/proxy/stats/summary?only_cpu_and_memory=true",
                        urlEncoded(pod.node)),
            2 * answerSeconds);
        if (!response && response.error().kind == ErrorKind::interrupted) return response.error();
        kubeletForbidden_ = kubeletForbidden_ || (response && response->status == forbiddenStatus);
        if (response && response->success()) summary = std::move(response->body);
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
                       fmt::format("{} showed no Go statistics at {}; publish them (import _ "
                                   "\"expvar\"), or name them with --stats-port and --stats-path",
                                   missing_ == 1 ? "1 pod" : fmt::format("{} pods", missing_),
                                   fmt::join(paths(), ", "))});
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
