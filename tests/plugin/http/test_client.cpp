#include "http/client.h"

#include <doctest/doctest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <memory>
#include <vector>

#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;
using boost::asio::ip::tcp;

namespace {

/// Answers the requests of each connection with these texts, one after the other; closes the
/// connection when they are used up. An empty text means no answer.
class ScriptedServer {
public:
    ScriptedServer(EventLoop& loop, std::vector<std::vector<std::string>> connections)
        : acceptor_(loop.context(), {boost::asio::ip::address_v4::loopback(), 0}),
          script_(std::move(connections)) {
        accept();
    }

    [[nodiscard]] TcpAddress address() const {
        return {"127.0.0.1", acceptor_.local_endpoint().port()};
    }
    [[nodiscard]] int accepted() const { return accepted_; }
    [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

private:
    struct Connection {
        tcp::socket socket;
        std::string received;
        std::vector<std::string> answers;
        std::size_t next = 0;
    };

    void accept() {
        acceptor_.async_accept([this](auto error, tcp::socket socket) {
            if (error) return;
            std::vector<std::string> answers;
            if (script_.size() > static_cast<std::size_t>(accepted_)) {
                answers = script_[static_cast<std::size_t>(accepted_)];
            }
            ++accepted_;
            serve(std::make_shared<Connection>(
                Connection{std::move(socket), {}, std::move(answers), 0}));
            accept();
        });
    }

    void serve(const std::shared_ptr<Connection>& connection) {
        if (connection->next == connection->answers.size()) return;
        boost::asio::async_read_until(
            connection->socket, boost::asio::dynamic_buffer(connection->received), "\r\n\r\n",
            [this, connection](auto error, std::size_t size) {
                if (error) return;
                requests_.push_back(connection->received.substr(0, size));
                connection->received.erase(0, size);
                const std::string& answer = connection->answers[connection->next++];
                if (answer.empty()) {
                    unanswered_.push_back(connection);
                    return;
                }
                boost::asio::async_write(connection->socket, boost::asio::buffer(answer),
                                         [this, connection](auto failed, std::size_t) {
                                             if (!failed) serve(connection);
                                         });
            });
    }

    tcp::acceptor acceptor_;
    std::vector<std::vector<std::string>> script_;
    std::vector<std::string> requests_;
    std::vector<std::shared_ptr<Connection>> unanswered_;
    int accepted_ = 0;
};

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST_CASE("one connection serves several requests") {
    EventLoop loop;
    ScriptedServer server(loop, {{hello, hello}});
    HttpClient client(loop, server.address(), "sales:80");
    CHECK(client.get("/a?b=c", 5)->body == "hello");
    CHECK(client.get("/d", 5)->body == "hello");
    CHECK(server.accepted() == 1);
    CHECK(server.requests().front() ==
          "GET /a?b=c HTTP/1.1\r\nHost: sales:80\r\nUser-Agent: kubectl-memfit\r\n\r\n");
}

TEST_CASE("a connection that the server closed meanwhile is made anew") {
    EventLoop loop;
    ScriptedServer server(loop, {{hello}, {hello}});
    HttpClient client(loop, server.address());
    REQUIRE(client.get("/", 5).has_value());
    const auto second = client.get("/", 5);
    REQUIRE(second.has_value());
    CHECK(second->body == "hello");
    CHECK(server.accepted() == 2);
}

TEST_CASE("an answer that says close is followed by a new connection") {
    EventLoop loop;
    const std::string last = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    ScriptedServer server(loop, {{last}, {last}});
    HttpClient client(loop, server.address());
    CHECK(client.get("/", 5)->body == "ok");
    CHECK(client.get("/", 5)->body == "ok");
    CHECK(server.accepted() == 2);
}

TEST_CASE("chunked answers and statuses other than 200 are answers") {
    EventLoop loop;
    ScriptedServer server(loop, {{"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: "
                                  "chunked\r\n\r\n3\r\nab\n\r\n2\r\ncd\r\n0\r\n\r\n"}});
    HttpClient client(loop, server.address());
    const auto response = client.get("/", 5);
    REQUIRE(response.has_value());
    CHECK(response->status == 404);
    CHECK_FALSE(response->success());
    CHECK(response->body == "ab\ncd");
}

TEST_CASE("a server that never answers is given up in time") {
    EventLoop loop;
    ScriptedServer server(loop, {{""}});
    HttpClient client(loop, server.address());
    const auto response = client.get("/slow", 0.05);
    REQUIRE_FALSE(response.has_value());
    CHECK(response.error().message() ==
          "GET /slow from 127.0.0.1:" + std::to_string(server.address().port) +
              ": no answer within 0.05 s");
}

TEST_CASE("a body beyond the bound is refused") {
    EventLoop loop;
    ScriptedServer server(loop, {{"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx"}});
    HttpClient client(loop, server.address());
    const auto response = client.get("/", 5);
    REQUIRE_FALSE(response.has_value());
    CHECK(response.error().what.ends_with("body limit exceeded"));
}

TEST_CASE("an answer that is not HTTP is an error") {
    EventLoop loop;
    ScriptedServer server(loop, {{"SSH-2.0-OpenSSH_9.2\r\n\r\n"}});
    HttpClient client(loop, server.address());
    CHECK_FALSE(client.get("/", 5).has_value());
}

TEST_CASE("nobody there is an error, and no connection") {
    EventLoop loop;
    const TcpAddress nobody{"127.0.0.1", static_cast<std::uint16_t>(test::freePort())};
    HttpClient client(loop, nobody);
    const auto response = client.get("/", 5);
    REQUIRE_FALSE(response.has_value());
    CHECK(response.error().what.ends_with("Connection refused"));
    CHECK(*acceptsConnections(loop, nobody, 5) == false);
}

TEST_CASE("a port that listens accepts connections") {
    EventLoop loop;
    ScriptedServer server(loop, {});
    CHECK(*acceptsConnections(loop, server.address(), 5));
}

TEST_CASE("a signal ends the wait for an answer") {
    EventLoop loop;
    ScriptedServer server(loop, {{""}});
    HttpClient client(loop, server.address());
    std::raise(SIGTERM);
    const auto response = client.get("/", 30);
    REQUIRE_FALSE(response.has_value());
    CHECK(response.error().kind == ErrorKind::interrupted);
}
