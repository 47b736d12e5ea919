#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "memfit/error.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// Where a server listens: an IP address and port, or a unix socket.
struct TcpAddress {
    std::string ip;  ///< `127.0.0.1`, `::1`; no names
    std::uint16_t port = 0;
};
struct UnixAddress {
    std::string path;
};
using ServerAddress = std::variant<TcpAddress, UnixAddress>;

struct HttpResponse {
    unsigned status = 0;
    std::string body;

    [[nodiscard]] bool success() const { return status >= 200 && status < 300; }
};

/// Something that answers GETs.
class HttpGet {
public:
    HttpGet() = default;
    HttpGet(const HttpGet&) = delete;
    HttpGet& operator=(const HttpGet&) = delete;
    virtual ~HttpGet() = default;

    /// Any status is a response. Errors: refused, timed out, broken, not HTTP, too large;
    /// kind interrupted.
    [[nodiscard]] virtual Result<HttpResponse> get(std::string_view target,
                                                   double timeoutSeconds) = 0;
};

/// A small HTTP/1.1 client for GET over one kept-alive connection, made anew when it is lost.
/// Redirects are not followed. Bodies are bounded to 16 MiB.
class HttpClient final : public HttpGet {
public:
    /// `host` is what the Host header says; empty: the address.
    HttpClient(EventLoop& loop, ServerAddress address, std::string host = {});
    ~HttpClient() override;

    [[nodiscard]] Result<HttpResponse> get(std::string_view target, double timeoutSeconds) override;

private:
    struct Connection;
    [[nodiscard]] Result<HttpResponse> exchange(const std::shared_ptr<Connection>& connection,
                                                std::string_view target, double timeoutSeconds,
                                                bool& lostBeforeAnswer);

    EventLoop& loop_;
    ServerAddress address_;
    std::string host_;
    std::shared_ptr<Connection> connection_;
};

/// Does something accept connections there? Errors: kind interrupted.
[[nodiscard]] Result<bool> acceptsConnections(EventLoop& loop, const ServerAddress& address,
                                              double timeoutSeconds);

}  // namespace memfit::plugin
