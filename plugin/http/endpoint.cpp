#include "http/endpoint.h"

#include <fmt/format.h>

namespace memfit::plugin {

std::string Endpoint::url() const {
    const bool v6 = host.find(':') != std::string::npos;
    return v6 ? fmt::format("{}://[{}]:{}", scheme, host, port)
              : fmt::format("{}://{}:{}", scheme, host, port);
}

}  // namespace memfit::plugin
