#include "testbed/ready_url.h"

#include <fmt/format.h>

#include <charconv>

#include "text/redact.h"

namespace memfit::plugin {

namespace {

std::optional<std::uint16_t> parsePort(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end || port == 0) return std::nullopt;
    return port;
}

}  // namespace

Result<ReadyUrl> parseReadyUrl(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (text.starts_with('/')) return ReadyUrl{std::nullopt, {}, std::string(text)};
    const std::string shown = redactText(text);
    if (!text.starts_with(scheme)) {
        return usageError(fmt::format("ready URL {} is neither http:// nor a path", shown),
                          "write http://127.0.0.1:PORT/PATH or /PATH");
    }
    text.remove_prefix(scheme.size());
    const std::size_t slash = text.find_first_of("/?");
    const std::string_view authority = text.substr(0, slash);
    std::string target(slash == std::string_view::npos ? std::string_view("/")
                                                       : text.substr(slash));
    if (target.front() == '?') target.insert(0, "/");
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const std::string_view host = authority.substr(0, colon);
    const auto port = colon == std::string_view::npos ? std::optional<std::uint16_t>(80)
                                                      : parsePort(authority.substr(colon + 1));
    if (!port) return usageError(fmt::format("ready URL {} has no valid port", shown));
    if (host == "localhost" || host.starts_with("127.")) {
        return ReadyUrl{TcpAddress{host == "localhost" ? "127.0.0.1" : std::string(host), *port},
                        std::string(authority), target};
    }
    if (host == "[::1]") return ReadyUrl{TcpAddress{"::1", *port}, std::string(authority), target};
    return usageError(fmt::format("ready URL {} is not on this machine", shown),
                      "use localhost, 127.0.0.1 or [::1]");
}

}  // namespace memfit::plugin
