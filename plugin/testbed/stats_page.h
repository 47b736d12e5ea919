#pragma once

#include <functional>
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
    std::unique_ptr<HttpClient> client;
    std::string prefix;  ///< stands before every path: that of the API server's proxy, or nothing
};

/// Makes a way to a port. Errors: nothing answers there.
using StatsConnect = std::function<Result<StatsRoute>(int port)>;

/// Where the page is.
struct StatsPlace {
    int port = 0;
    std::string path;
};

/// Finds and reads the statistics page of a program; what worked for one trial is tried first in
/// the next.
class StatsPage {
public:
    /// `port`, `path`: as the user gave them; nullopt: found out. Without `connect`: of a program
    /// on this machine.
    StatsPage(EventLoop& loop, std::optional<int> port, std::optional<std::string> path,
              StatsConnect connect = {});

    /// Reads the page. `ports`: those on which the program listens, asked in this order unless one
    /// is known. Errors: none of them has a page, unreachable, not understood; kind interrupted.
    [[nodiscard]] Result<MemorySnapshot> read(const std::vector<int>& ports);

    /// The port is given or was found: read() needs no ports.
    [[nodiscard]] bool located() const { return located_.has_value(); }
    /// All ports answered and none has such a page: asking again is pointless.
    [[nodiscard]] bool absent() const { return absent_; }
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
    [[nodiscard]] static Result<MemorySnapshot> fetch(const StatsRoute& route,
                                                      const std::string& path);
    [[nodiscard]] Result<MemorySnapshot> search(int port, bool& answered);
    [[nodiscard]] std::vector<std::string> paths() const;

    std::optional<int> port_;
    std::optional<std::string> path_;
    StatsConnect connect_;
    std::optional<StatsPlace> located_;
    std::optional<StatsRoute> route_;
    bool absent_ = false;
};

/// The address of a port on this machine: 127.0.0.1, or ::1 where only that answers.
[[nodiscard]] Result<ServerAddress> loopbackAddress(EventLoop& loop, int port);

}  // namespace memfit::plugin
