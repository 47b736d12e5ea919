#include "process/event_loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>

#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

bool never() {
    return false;
}

double secondsOf(const auto& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("a wait ends when its time is over") {
    EventLoop loop;
    const double took = secondsOf([&] { CHECK(loop.waitUntil(never, 0.05) == WaitEnd::timedOut); });
    CHECK(took >= 0.05);
    CHECK(took < 1);
}

TEST_CASE("a wait of zero seconds looks once and returns") {
    EventLoop loop;
    int looks = 0;
    CHECK(loop.waitUntil([&] { return ++looks > 0; }, 0) == WaitEnd::ready);
    CHECK(loop.waitUntil(never, 0) == WaitEnd::timedOut);
    CHECK(looks == 1);
}

TEST_CASE("the first signal is the one that is remembered, and it ends every later wait") {
    EventLoop loop;
    CHECK_FALSE(loop.signal());
    std::raise(SIGTERM);
    CHECK(loop.waitUntil(never, 5) == WaitEnd::interrupted);
    std::raise(SIGINT);
    CHECK(loop.signal() == SIGTERM);
    CHECK(loop.waitUntil([] { return true; }, 5) == WaitEnd::interrupted);
    CHECK_FALSE(loop.pause(5));
}

TEST_CASE("a loop that only computes notices a signal when it asks") {
    EventLoop loop;
    std::raise(SIGINT);
    CHECK(loop.signal() == SIGINT);
}

TEST_CASE("clean-up waits on through a first and a second signal") {
    EventLoop loop;
    std::raise(SIGINT);
    std::raise(SIGINT);
    const double took = secondsOf([&] { CHECK_FALSE(loop.waitThroughSignals(never, 0.05)); });
    CHECK(took >= 0.05);
    CHECK(loop.waitThroughSignals([] { return true; }, 1));
}

TEST_CASE("a signal that was ignored at entry stays ignored, as under nohup") {
    const auto before = std::signal(SIGHUP, SIG_IGN);
    {
        EventLoop loop;
        std::raise(SIGHUP);
        CHECK_FALSE(loop.signal());
    }
    (void)std::signal(SIGHUP, before);
}

TEST_CASE("a reader of our output that goes away ends the wait like SIGPIPE") {
    EventLoop loop;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    loop.watchOutput(ends[1]);
    CHECK(loop.waitUntil(never, 0.02) == WaitEnd::timedOut);
    ::close(ends[0]);
    CHECK(loop.waitUntil(never, 5) == WaitEnd::interrupted);
    CHECK(loop.signal() == SIGPIPE);
    ::close(ends[1]);
}

TEST_CASE("watching an output leaves it blocking, so that no large result is cut off") {
    EventLoop loop;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    loop.watchOutput(ends[1]);
    CHECK(loop.waitUntil(never, 0) == WaitEnd::timedOut);
    CHECK((::fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("output into a file is never seen to close") {
    const test::TemporaryFolder folder;
    std::FILE* const file = std::fopen((folder.path() / "out").c_str(), "w");
    REQUIRE(file != nullptr);
    EventLoop loop;
    loop.watchOutput(::fileno(file));
    CHECK(loop.waitUntil(never, 0.02) == WaitEnd::timedOut);
    std::fclose(file);
}
