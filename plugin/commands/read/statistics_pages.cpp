#include "commands/read/statistics_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "memfit/observe/memstats.h"

namespace memfit::plugin {
namespace {

constexpr double answerSeconds = 1;

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

Result<PageAnswer> askPage(Cluster& cluster, const PodName& pod, const StatsPlace& place,
                           std::optional<MemorySnapshot>& snapshot, PageProblems& problems) {
    const auto response =
        cluster.page({pod.nameSpace, pod.name, place.port}, place.path, answerSeconds);
    if (!response) {
        const auto& error = response.error();
        if (error.kind == ErrorKind::interrupted) return error;
        if (!error.status) {
            problems.add(place, "no answer in time");
            return PageAnswer::silent;
        }
        problems.add(place.port, "nothing answers from outside the pod");
        return error.failure == CallFailure::forbidden ? PageAnswer::forbidden : PageAnswer::closed;
    }
    if (!response->success()) {
        problems.add(place, fmt::format("status {}", response->status));
        return PageAnswer::noPage;
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
