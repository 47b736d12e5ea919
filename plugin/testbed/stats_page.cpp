#include "testbed/stats_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <utility>

#include "memfit/observe/memstats.h"

namespace memfit::plugin {

namespace {
/// A service that is starved by its limit answers late, but an answer later than this is no use.
constexpr double answerSeconds = 2;
constexpr double connectSeconds = 1;
}  // namespace

const std::vector<std::string>& usualStatsPaths() {
    static const std::vector<std::string> paths{"/debug/vars", "/metrics",
                                                "/debug/pprof/heap?debug=1"};
    return paths;
}

Timestamp timestampNow() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

Result<ServerAddress> loopbackAddress(EventLoop& loop, int port) {
    const TcpAddress v4{"127.0.0.1", static_cast<std::uint16_t>(port)};
    const TcpAddress v6{"::1", static_cast<std::uint16_t>(port)};
    const auto accepts = acceptsConnections(loop, v4, connectSeconds);
    if (!accepts) return accepts.error();
    if (*accepts) return ServerAddress(v4);
    const auto accepts6 = acceptsConnections(loop, v6, connectSeconds);
    if (!accepts6) return accepts6.error();
    if (*accepts6) {
        // A server that came up between the two has both: all trials are to use the same one.
        const auto again = acceptsConnections(loop, v4, connectSeconds);
        if (!again) return again.error();
        return *again ? ServerAddress(v4) : ServerAddress(v6);
    }
    return failure(fmt::format("nothing answers on port {}", port));
}

StatsPage::StatsPage(EventLoop& loop, std::optional<int> port, std::optional<std::string> path,
                     StatsConnect connect)
    : port_(port), path_(std::move(path)), connect_(std::move(connect)) {
    if (connect_) return;
    connect_ = [&loop](int wanted) -> Result<StatsRoute> {
        const auto address = loopbackAddress(loop, wanted);
        if (!address) return address.error();
        return StatsRoute{std::make_unique<HttpClient>(loop, *address), {}};
    };
}

std::vector<std::string> StatsPage::paths() const {
    return path_ ? std::vector<std::string>{*path_} : usualStatsPaths();
}

Result<MemorySnapshot> StatsPage::fetch(const StatsRoute& route, const std::string& path) {
    const auto response = route.client->get(route.prefix + path, answerSeconds);
    if (!response) return response.error();
    if (!response->success()) {
        return failure(fmt::format("GET {} answered with status {}", path, response->status));
    }
    auto snapshot = parseMemstats(response->body);
    if (snapshot) snapshot->time = timestampNow();
    return snapshot;
}

Result<MemorySnapshot> StatsPage::search(int port, bool& answered) {
    answered = false;
    auto route = connect_(port);
    if (!route) return route.error();
    answered = true;
    std::optional<Error> firstProblem;
    for (const std::string& path : paths()) {
        auto snapshot = fetch(*route, path);
        if (snapshot) {
            located_ = StatsPlace{port, path};
            route_ = *std::move(route);
            return snapshot;
        }
        if (snapshot.error().kind == ErrorKind::interrupted) return snapshot.error();
        // No answer is not the same as no page: a service under load may just be slow.
        if (snapshot.error().kind == ErrorKind::failed &&
            snapshot.error().what.find("answered with status") == std::string::npos) {
            answered = false;
        }
        if (!firstProblem) firstProblem = snapshot.error();
    }
    return *firstProblem;
}

Result<MemorySnapshot> StatsPage::read(const std::vector<int>& ports) {
    if (located_) {
        if (!route_) {
            auto route = connect_(located_->port);
            if (!route) {
                // Another program, another port: the next read looks for it.
                if (!port_ && route.error().kind != ErrorKind::interrupted) located_.reset();
                return route.error();
            }
            route_ = *std::move(route);
        }
        return fetch(*route_, located_->path);
    }
    const std::vector<int> candidates = port_ ? std::vector<int>{*port_} : ports;
    if (candidates.empty()) return failure("the program listens on no port");
    bool allAnswered = true;
    std::optional<Error> lastProblem;
    for (const int port : candidates) {
        bool answered = false;
        auto snapshot = search(port, answered);
        if (snapshot || snapshot.error().kind == ErrorKind::interrupted) return snapshot;
        allAnswered = allAnswered && answered;
        lastProblem = snapshot.error();
    }
    absent_ = allAnswered;
    if (path_ || port_) return *lastProblem;
    return failure(fmt::format("no memory statistics page at {} on port {}",
                               fmt::join(usualStatsPaths(), ", "), fmt::join(candidates, ", ")),
                   "import expvar, or name the page with --stats-port and --stats-path");
}

Result<bool> StatsPage::servedOn(int port) {
    if (port_) return port == *port_;
    if (located_ && located_->port == port) return true;
    const auto before = located_;
    bool answered = false;
    const auto snapshot = search(port, answered);
    if (!snapshot && snapshot.error().kind == ErrorKind::interrupted) return snapshot.error();
    if (before) {
        located_ = before;
        route_.reset();
    }
    return snapshot.has_value();
}

}  // namespace memfit::plugin
