#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/client.h"
#include "memfit/error.h"
#include "memfit/observe/memory_snapshot.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// The paths at which Go programs usually publish their memory statistics, in the order in which
/// they are tried.
[[nodiscard]] const std::vector<std::string>& usualStatsPaths();

/// Now, as documents carry it.
[[nodiscard]] Timestamp timestampNow();

/// A way to one port of a program.
struct StatsRoute {
    std::unique_ptr<HttpGet> client;
    std::string prefix;  ///< stands before every path: that of the API server's proxy, or nothing
};

/// Makes a way to a port. Errors: nothing answers there.
using StatsConnect = std::function<Result<StatsRoute>(int port)>;

/// Where the page is.
struct StatsPlace {
    int port = 0;
    std::string path;
};

/// What was wrong with each address that was asked for a statistics page.
class PageProblems {
public:
    /// `problem`: a few words, such as `status 404`. What was said of the same address before goes.
    void add(const StatsPlace& place, std::string problem);
    /// For a whole port, on which nothing answers.
    void add(int port, std::string problem);
    void add(const PageProblems& others);

    [[nodiscard]] bool empty() const { return byPort_.empty(); }
    /// `on port 8080 /debug/vars, /metrics (status 404)`: what is the same is said once. Longer
    /// than 190 characters it loses details first, then the last ports. Not redacted.
    [[nodiscard]] std::string text() const;

private:
    struct Page {
        std::string path;  ///< empty: the port itself
        std::string problem;
    };
    std::map<int, std::vector<Page>> byPort_;

    [[nodiscard]] std::string text(bool details, std::size_t mostPorts) const;
};

/// What is wrong with a page that parseMemstats() refused, in a few words.
[[nodiscard]] std::string pageProblem(const Error& refusal);

/// Finds and reads the statistics page of a program; what worked for one trial is tried first in
/// the next.
class StatsPage {
public:
    /// `port`, `path`: as the user gave them; nullopt: found out. Without `connect`: of a program
    /// on this machine.
    StatsPage(EventLoop& loop, std::optional<int> port, std::optional<std::string> path,
              StatsConnect connect = {});

    /// Reads the page. `ports`: those on which the program listens, asked in this order unless one
    /// is known. Errors: none of them has a page (what was wrong with each address), unreachable;
    /// kind interrupted.
    [[nodiscard]] Result<MemorySnapshot> read(const std::vector<int>& ports);

    /// The port is given or was found: read() needs no ports.
    [[nodiscard]] bool located() const { return located_.has_value(); }
    /// All ports answered and none has such a page: asking again is pointless.
    [[nodiscard]] bool absent() const { return absent_; }
    /// What was wrong with each address, as of the last read that looked for the page.
    [[nodiscard]] const PageProblems& problems() const { return problems_; }
    /// The error of such a read.
    [[nodiscard]] Error notFound() const;
    /// The port that the user named.
    [[nodiscard]] std::optional<int> namedPort() const { return port_; }
    /// Forgets the connection, not the place: the next program is another one.
    void disconnect() { route_.reset(); }
    /// Where it was found; nullopt until then.
    [[nodiscard]] const std::optional<StatsPlace>& place() const { return located_; }
    /// Another instance of the same program had it there.
    void expectAt(const StatsPlace& place) { located_ = place; }

    /// Does this port serve such a page? Errors: kind interrupted.
    [[nodiscard]] Result<bool> servedOn(int port);

private:
    [[nodiscard]] static Result<MemorySnapshot> read(const Result<HttpResponse>& response,
                                                     const std::string& path);
    [[nodiscard]] Result<MemorySnapshot> search(int port, bool& answered);
    [[nodiscard]] std::vector<std::string> paths() const;

    std::optional<int> port_;
    std::optional<std::string> path_;
    StatsConnect connect_;
    std::optional<StatsPlace> located_;
    std::optional<StatsRoute> route_;
    PageProblems problems_;
    bool absent_ = false;
};

/// The address of a port on this machine: 127.0.0.1, or ::1 where only that answers.
[[nodiscard]] Result<ServerAddress> loopbackAddress(EventLoop& loop, int port);

}  // namespace memfit::plugin
