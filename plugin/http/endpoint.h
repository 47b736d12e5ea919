#pragma once

#include <string>

namespace memfit::plugin {

/// Where a service answers.
struct Endpoint {
    std::string scheme = "http";
    std::string host;  ///< a name or an address, `::1` without brackets
    int port = 0;

    /// `http://127.0.0.1:3000`, no trailing slash.
    [[nodiscard]] std::string url() const;
};

}  // namespace memfit::plugin
