#include "testbed/stats_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "memfit/observe/memstats.h"

namespace memfit::plugin {

namespace {
/// A service that is starved by its limit answers late, but an answer later than this is useless.
constexpr double answerSeconds = 2;
constexpr double connectSeconds = 1;
}  // namespace

void PageProblems::add(const StatsPlace& place, std::string problem) {
    auto& pages = byPort_[place.port];
    std::erase_if(pages, [&](const Page& page) {
        return page.path == place.path || (page.path.empty() && !place.path.empty());
    });
    pages.push_back({place.path, std::move(problem)});
}

void PageProblems::add(int port, std::string problem) {
    byPort_[port] = {{"", std::move(problem)}};
}

void PageProblems::add(const PageProblems& others) {
    for (const auto& [port, pages] : others.byPort_) byPort_[port] = pages;
}

std::string PageProblems::text(bool details, std::size_t mostPorts) const {
    // What was wrong, and on which ports.
    std::vector<std::pair<std::string, std::vector<int>>> all;
    for (const auto& [port, pages] : byPort_) {
        std::vector<std::pair<std::string, std::vector<std::string>>> groups;
        for (const auto& page : pages) {
            const auto problem =
                details ? page.problem : page.problem.substr(0, page.problem.find(':'));
            const auto same =
                std::ranges::find(groups, problem, [](auto& group) { return group.first; });
            if (same == groups.end())
                groups.push_back({problem, {page.path}});
            else
                same->second.push_back(page.path);
        }
        std::vector<std::string> told;
        for (const auto& [problem, paths] : groups) {
            const auto which = fmt::format("{}", fmt::join(paths, ", "));
            told.push_back(fmt::format("{}{}({})", which, which.empty() ? "" : " ", problem));
        }
        const auto text = fmt::format("{}", fmt::join(told, ", "));
        const auto same = std::ranges::find(all, text, [](auto& one) { return one.first; });
        if (same == all.end())
            all.push_back({text, {port}});
        else
            same->second.push_back(port);
    }
    std::vector<std::string> told;
    std::size_t named = 0;
    for (auto& [problem, ports] : all) {
        if (named >= mostPorts) break;
        ports.resize(std::min(ports.size(), mostPorts - named));
        named += ports.size();
        told.push_back(fmt::format("on port{} {} {}", ports.size() == 1 ? "" : "s",
                                   fmt::join(ports, ", "), problem));
    }
    auto text = fmt::format("{}", fmt::join(told, ", "));
    if (const auto more = byPort_.size() - named; more > 0)
        text += fmt::format(", and {} more port{}", more, more == 1 ? "" : "s");
    return text;
}

std::string PageProblems::text() const {
    constexpr std::size_t longest = 190;
    auto told = text(true, byPort_.size());
    if (told.size() > longest) told = text(false, byPort_.size());
    for (auto ports = byPort_.size(); told.size() > longest && ports > 1; --ports)
        told = text(false, ports - 1);
    return told;
}

std::string pageProblem(const Error& refusal) {
    constexpr std::string_view beginning = "the page ";
    std::string_view what = refusal.what;
    if (what.starts_with(beginning)) what.remove_prefix(beginning.size());
    return std::string(what);
}

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

Result<MemorySnapshot> StatsPage::read(const Result<HttpResponse>& response,
                                       const std::string& path) {
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
    if (!route) {
        problems_.add(port, "nothing answers");
        return route.error();
    }
    answered = true;
    Error last;
    for (const std::string& path : paths()) {
        const auto response = route->client->get(route->prefix + path, answerSeconds);
        auto snapshot = read(response, path);
        if (snapshot) {
            located_ = StatsPlace{port, path};
            route_ = *std::move(route);
            return snapshot;
        }
        last = snapshot.error();
        if (last.kind == ErrorKind::interrupted) return last;
        // No answer is not the same as no page: a service under load may just be slow.
        if (!response) answered = false;
        problems_.add({port, path}, !response ? "no answer"
                                    : !response->success()
                                        ? fmt::format("status {}", response->status)
                                        : pageProblem(last));
    }
    return last;
}

Error StatsPage::notFound() const {
    return failure(problems_.text(), path_ || port_ ? "check --stats-port and --stats-path"
                                                    : "import expvar, or name the page with "
                                                      "--stats-port and --stats-path");
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
        return read(route_->client->get(route_->prefix + located_->path, answerSeconds),
                    located_->path);
    }
    const std::vector<int> candidates = port_ ? std::vector<int>{*port_} : ports;
    if (candidates.empty()) return failure("the program listens on no port");
    bool allAnswered = true;
    problems_ = {};
    for (const int port : candidates) {
        bool answered = false;
        auto snapshot = search(port, answered);
        if (snapshot || snapshot.error().kind == ErrorKind::interrupted) return snapshot;
        allAnswered = allAnswered && answered;
    }
    absent_ = allAnswered;
    return notFound();
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
