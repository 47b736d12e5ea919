#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace memfit::plugin {

/// A listening TCP socket, from a line of /proc/net/tcp or /proc/net/tcp6 (proc(5)).
struct Listener {
    std::uint16_t port = 0;
    bool v6 = false;
    bool anyAddress = false;  ///< 0.0.0.0 or ::
    std::uint64_t inode = 0;

    friend bool operator==(const Listener&, const Listener&) = default;
};

/// The listening sockets in the text of /proc/net/tcp (`v6` false) or /proc/net/tcp6.
[[nodiscard]] std::vector<Listener> parseListeners(std::string_view text, bool v6);

/// `socket:[12345]` -> 12345.
[[nodiscard]] std::optional<std::uint64_t> socketInode(std::string_view link);

/// Every TCP socket that listens on this machine, as far as we can see it.
[[nodiscard]] std::vector<Listener> listenersNow();

/// The sockets that one of these processes holds open.
[[nodiscard]] std::vector<Listener> listenersOf(const std::vector<pid_t>& processes);

/// Who listens on a port, for people: `PID 1234 (postgres)`; empty when it cannot be told.
[[nodiscard]] std::string whoListens(const Listener& listener);

}  // namespace memfit::plugin
