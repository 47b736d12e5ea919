#include "commands/read/statistics_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "memfit/observe/memstats.h"

namespace memfit::plugin {
namespace {

constexpr double answerSeconds = 1;
constexpr unsigned forbiddenStatus = 403;

/// An answer of the API server itself, not of the program behind it.
bool isFromApiServer(const HttpResponse& response) {
    const auto tree = nlohmann::json::parse(response.body, nullptr, false);
    return tree.is_object() && tree.value("kind", nlohmann::json()) == "Status" &&
           tree.contains("apiVersion");
}

bool namedForStatistics(const ContainerPort& port) {
    constexpr std::array words{"metric", "debug", "pprof", "expvar", "prom", "admin", "monitor"};
    return std::ranges::any_of(
        words, [&](const char* word) { return port.name.find(word) != std::string::npos; });
}

std::vector<int> portsToAsk(const std::vector<ContainerPort>& declared, const Options& options) {
    if (options.statsPort) return {*options.statsPort};
    std::vector<int> first;
    std::vector<int> others;
    for (const auto& port : declared) {
        if (port.protocol != "TCP") continue;
        (namedForStatistics(port) ? first : others).push_back(port.port);
    }
    first.insert(first.end(), others.begin(), others.end());
    return first;
}

}  // namespace

Result<PageAnswer> askPage(ClusterApi& api, const PodName& pod, const StatsPlace& place,
                           std::optional<MemorySnapshot>& snapshot, PageProblems& problems) {
    const auto response =
        api.get(fmt::format("/api/v1/namespaces/{}/pods/{}:{}/proxy{}", urlEncoded(pod.nameSpace),
                            urlEncoded(pod.name), place.port, place.path),
                answerSeconds);
    if (!response) {
        if (response.error().kind == ErrorKind::interrupted) return response.error();
        problems.add(place, "no answer in time");
        return PageAnswer::silent;
    }
    if (!response->success()) {
        if (!isFromApiServer(*response)) {
            problems.add(place, fmt::format("status {}", response->status));
            return PageAnswer::noPage;
        }
        problems.add(place.port, "nothing answers from outside the pod");
        return response->status == forbiddenStatus ? PageAnswer::forbidden : PageAnswer::closed;
    }
    auto read = parseMemstats(response->body);
    if (!read) {
        problems.add(place, pageProblem(read.error()));
        return mayBeGo(response->body) ? PageAnswer::unclear : PageAnswer::noPage;
    }
    read->time = timestampNow();
    snapshot = *std::move(read);
    return PageAnswer::page;
}

std::vector<StatsPlace> placesToAsk(const std::vector<ContainerPort>& ports,
                                    const Options& options) {
    std::vector<StatsPlace> places;
    for (const int port : portsToAsk(ports, options)) {
        for (const auto& path : pathsToAsk(options)) places.push_back({port, path});
    }
    return places;
}

std::vector<std::string> pathsToAsk(const Options& options) {
    return options.statsPath ? std::vector<std::string>{*options.statsPath} : usualStatsPaths();
}

}  // namespace memfit::plugin
