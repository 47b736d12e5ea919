#include "http/client.h"

#include <fmt/format.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

namespace memfit::plugin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Stream = asio::generic::stream_protocol;

namespace {

constexpr std::uint64_t bodyLimit = std::uint64_t{16} * 1024 * 1024;

std::string describe(const ServerAddress& address) {
    if (const auto* const unixSocket = std::get_if<UnixAddress>(&address)) return unixSocket->path;
    const auto& tcp = std::get<TcpAddress>(address);
    const bool v6 = tcp.ip.find(':') != std::string::npos;
    return v6 ? fmt::format("[{}]:{}", tcp.ip, tcp.port) : fmt::format("{}:{}", tcp.ip, tcp.port);
}

std::optional<Stream::endpoint> endpointOf(const ServerAddress& address) {
    try {
        if (const auto* const unixSocket = std::get_if<UnixAddress>(&address)) {
            return Stream::endpoint(asio::local::stream_protocol::endpoint(unixSocket->path));
        }
        const auto& tcp = std::get<TcpAddress>(address);
        return Stream::endpoint(asio::ip::tcp::endpoint(asio::ip::make_address(tcp.ip), tcp.port));
    } catch (const boost::system::system_error&) {
        return std::nullopt;
    }
}

}  // namespace

/// Handlers own it, so that one which is cancelled may still run after the client is gone.
struct HttpClient::Connection : std::enable_shared_from_this<Connection> {
    explicit Connection(asio::io_context& context) : socket(context) {}

    Stream::socket socket;
    beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    std::optional<http::response_parser<http::string_body>> parser;
    std::optional<boost::system::error_code> done;  ///< how the exchange ended
    bool used = false;                              ///< an earlier exchange went well

    void start(const std::optional<Stream::endpoint>& endpoint) {
        done.reset();
        parser.emplace();
        parser->body_limit(bodyLimit);
        if (used) {
            write();
            return;
        }
        socket.async_connect(*endpoint, [self = shared_from_this()](auto error) {
            if (error) {
                self->done = error;
            } else {
                self->write();
            }
        });
    }

    void write() {
        http::async_write(socket, request,
                          [self = shared_from_this()](auto error, std::size_t /*size*/) {
                              if (error) {
                                  self->done = error;
                              } else {
                                  self->read();
                              }
                          });
    }

    void read() {
        http::async_read(
            socket, buffer, *parser,
            [self = shared_from_this()](auto error, std::size_t /*size*/) { self->done = error; });
    }

    void close() {
        boost::system::error_code ignored;
        socket.close(ignored);
    }
};

HttpClient::HttpClient(EventLoop& loop, ServerAddress address, std::string host)
    : loop_(loop),
      address_(std::move(address)),
      host_(host.empty() ? describe(address_) : std::move(host)) {}

HttpClient::~HttpClient() {
    if (connection_) connection_->close();
}

Result<HttpResponse> HttpClient::exchange(const std::shared_ptr<Connection>& connection,
                                          std::string_view target, double timeoutSeconds,
                                          bool& lostBeforeAnswer) {
    const auto endpoint = endpointOf(address_);
    if (!endpoint) return failure(fmt::format("{} is not an address", describe(address_)));
    connection->request = {http::verb::get, target, 11};
    connection->request.set(http::field::host, host_);
    connection->request.set(http::field::user_agent, "kubectl-memfit");
    connection->start(endpoint);
    const WaitEnd end =
        loop_.waitUntil([&connection] { return connection->done.has_value(); }, timeoutSeconds);
    const std::string where = fmt::format("GET {} from {}", target, describe(address_));
    if (end != WaitEnd::ready) connection->close();
    if (end == WaitEnd::interrupted) return EventLoop::interruption();
    if (end == WaitEnd::timedOut) {
        return failure(fmt::format("{}: no answer within {} s", where, timeoutSeconds));
    }
    if (*connection->done) {
        lostBeforeAnswer = connection->used && !connection->parser->got_some();
        connection->close();
        return failure(fmt::format("{}: {}", where, connection->done->message()));
    }
    connection->used = connection->parser->keep_alive();
    if (!connection->used) connection->close();
    auto response = connection->parser->release();
    return HttpResponse{response.result_int(), std::move(response.body())};
}

Result<HttpResponse> HttpClient::get(std::string_view target, double timeoutSeconds) {
    // A kept connection may have been closed by the server meanwhile: then a new one gets a try.
    for (int attempt = 0;; ++attempt) {
        if (!connection_ || !connection_->used || !connection_->socket.is_open()) {
            connection_ = std::make_shared<Connection>(loop_.context());
        }
        bool lostBeforeAnswer = false;
        auto response = exchange(connection_, target, timeoutSeconds, lostBeforeAnswer);
        if (!response) connection_.reset();
        if (response || !lostBeforeAnswer || attempt > 0) return response;
    }
}

Result<bool> acceptsConnections(EventLoop& loop, const ServerAddress& address,
                                double timeoutSeconds) {
    struct Attempt {
        explicit Attempt(asio::io_context& context) : socket(context) {}
        Stream::socket socket;
        std::optional<bool> accepted;
    };
    const auto endpoint = endpointOf(address);
    if (!endpoint) return false;
    const auto attempt = std::make_shared<Attempt>(loop.context());
    attempt->socket.async_connect(*endpoint, [attempt](auto error) { attempt->accepted = !error; });
    const WaitEnd end =
        loop.waitUntil([&attempt] { return attempt->accepted.has_value(); }, timeoutSeconds);
    boost::system::error_code ignored;
    attempt->socket.close(ignored);
    if (end == WaitEnd::interrupted) return EventLoop::interruption();
    return attempt->accepted.value_or(false);
}

}  // namespace memfit::plugin
