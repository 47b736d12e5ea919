#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/client.h"
#include "memfit/error.h"

namespace memfit::plugin {

/// What `--ready-url` names.
struct ReadyUrl {
    std::optional<TcpAddress> address;  ///< nullopt: the service's own port
    std::string host;                   ///< for the Host header; empty: the address
    std::string target;                 ///< path and query, begins with a slash
};

/// Parses `http://127.0.0.1:3000/healthz`, `http://localhost:3000`, `http://[::1]:80/`, or
/// `/healthz` (on the service's port). Errors (kind usage): another scheme, a host that is not this
/// machine, no such port.
[[nodiscard]] Result<ReadyUrl> parseReadyUrl(std::string_view text);

}  // namespace memfit::plugin
