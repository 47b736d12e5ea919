#include "testbed/local/listeners.h"

#include <doctest/doctest.h>

#include "process/child.h"
#include "support/world.h"
#include "testbed/local/processes.h"

using namespace memfit;
using namespace memfit::plugin;

TEST_CASE("listening sockets are told from connected ones") {
    const std::string text =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout "
        "inode\n"
        "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "4711 1 0000000000000000 100 0 0 10 0\n"
        "   1: 00000000:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "4712 1 0000000000000000 100 0 0 10 0\n"
        "   2: 0100007F:0BB8 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "4713 1 0000000000000000 20 4 30 10 -1\n";
    CHECK(parseListeners(text, false) ==
          std::vector<Listener>{{3000, false, false, 4711}, {4000, false, true, 4712}});
    CHECK(parseListeners("   0: 00000000000000000000000000000000:0BB8 "
                         "00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 "
                         "00000000     0        0 99 1\n",
                         true) == std::vector<Listener>{{3000, true, true, 99}});
    for (std::size_t length = 0; length < text.size(); ++length) {
        (void)parseListeners(text.substr(0, length), false);
    }
}

TEST_CASE("a socket is known by its inode") {
    CHECK(socketInode("socket:[12345]") == 12345);
    CHECK(socketInode("pipe:[12345]") == std::nullopt);
    CHECK(socketInode("socket:[]") == std::nullopt);
    CHECK(socketInode("socket:[12x]") == std::nullopt);
}

TEST_CASE("the ports of a program and who listens on them are found") {
    EventLoop loop;
    const int port = test::freePort();
    const auto child = Child::start(
        loop, {MEMFIT_HUNGRY, "--listen", std::to_string(port), "--say", "up", "--sleep"}, {});
    REQUIRE(child.has_value());
    REQUIRE(loop.waitUntil([&] { return !(*child)->err().empty(); }, 5) == WaitEnd::ready);
    const auto listeners = listenersOf(processTree((*child)->pid()));
    REQUIRE(listeners.size() == 1);
    CHECK(listeners.front().port == port);
    CHECK(whoListens(listeners.front()) == "PID " + std::to_string((*child)->pid()) + " (hungry)");
    CHECK(listenersOf({::getpid()}).empty());
}
