#include "process/event_loop.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "process/run.h"
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

TEST_CASE("tasks go on in turn: whenever one waits, the others run") {
    EventLoop loop;
    std::string order;
    char turn = 'a';
    const auto player = [&](char self, char other) {
        return [&loop, &order, &turn, self, other] {
            for (int i = 0; i < 3; ++i) {
                CHECK(loop.waitUntil([&] { return turn == self; }, 5) == WaitEnd::ready);
                order += self;
                turn = other;
            }
        };
    };
    loop.together({player('b', 'c'), player('c', 'a'), player('a', 'b')});
    CHECK(order == "abcabcabc");
}

TEST_CASE("only one task runs at any moment, between waits without a break") {
    EventLoop loop;
    std::string order;
    const auto task = [&](char name) {
        return [&loop, &order, name] {
            order += name;
            order += name;
            CHECK(loop.waitUntil(never, 0) == WaitEnd::timedOut);
            order += name;
        };
    };
    loop.together({task('a'), task('b')});
    CHECK(order == "aabbab");
}

TEST_CASE("waits of tasks pass side by side") {
    EventLoop loop;
    int whole = 0;
    const auto task = [&] { whole += loop.pause(0.1) ? 1 : 0; };
    const double took = secondsOf([&] { loop.together({task, task, task, task, task}); });
    CHECK(whole == 5);
    CHECK(took >= 0.1);
    CHECK(took < 0.4);
}

TEST_CASE("tasks run programs side by side and each has its own result") {
    EventLoop loop;
    std::vector<std::string> outs(4);
    std::vector<std::function<void()>> tasks;
    for (std::size_t i = 0; i < outs.size(); ++i) {
        tasks.emplace_back([&loop, &outs, i] {
            const auto finished = run(loop, {"printf", "%d", std::to_string(i)}, {}, 10);
            outs[i] = finished ? finished->out : finished.error().message();
        });
    }
    loop.together(tasks);
    CHECK(outs == std::vector<std::string>{"0", "1", "2", "3"});
}

TEST_CASE("a signal ends the waits of all tasks, but those of the clean-up") {
    EventLoop loop;
    std::vector<WaitEnd> ends;
    bool cleanedUp = false;
    const auto waits = [&] { ends.push_back(loop.waitUntil(never, std::nullopt)); };
    loop.together(
        {waits, waits,
         [&] { cleanedUp = loop.waitThroughSignals([&] { return ends.size() == 3; }, 5); },
         [&] {
             std::raise(SIGTERM);
             waits();
         }});
    CHECK(ends == std::vector<WaitEnd>(3, WaitEnd::interrupted));
    CHECK(cleanedUp);
    CHECK(loop.signal() == SIGTERM);
}

TEST_CASE("a task that never waits runs to its end, and the others still do") {
    EventLoop loop;
    std::string order;
    loop.together({[&] {
                       (void)loop.pause(0.02);
                       order += "waited ";
                   },
                   [&] { order += "at once "; }});
    CHECK(order == "at once waited ");
}

TEST_CASE("no tasks are done at once, and the loop serves plain waits again after tasks") {
    EventLoop loop;
    loop.together({});
    loop.together({[&] { (void)loop.pause(0.01); }});
    loop.together({[&] { (void)loop.pause(0.01); }});
    CHECK(loop.waitUntil(never, 0.02) == WaitEnd::timedOut);
    CHECK_FALSE(loop.signal());
}

namespace {

/// Notes every leap.
struct Leaps final : SimulatedTime {
    Moment at{std::chrono::hours(1)};
    int leaps = 0;

    [[nodiscard]] Moment now() const override { return at; }
    void leap(std::optional<Moment> until) override {
        ++leaps;
        at = until.value();
    }
};

}  // namespace

TEST_CASE("waits go by a simulated time at once, and to its very moment") {
    Leaps time;
    EventLoop loop;
    loop.goBy(time);
    const auto begin = loop.now();
    CHECK(loop.pause(3600));
    CHECK(loop.now() - begin == std::chrono::hours(1));
    CHECK((loop.waitUntil([] { return true; }, 60) == WaitEnd::ready));
    CHECK((loop.waitUntil([] { return false; }, 0) == WaitEnd::timedOut));
    CHECK_FALSE(loop.waitThroughSignals([] { return false; }, 60));
    CHECK(time.leaps == 2);
    CHECK(loop.now() - begin == std::chrono::minutes(61));
}

TEST_CASE("tasks side by side share a simulated time") {
    Leaps time;
    EventLoop loop;
    loop.goBy(time);
    std::string order;
    const auto begin = loop.now();
    loop.together({[&] {
                       (void)loop.pause(2);
                       order += "b";
                       (void)loop.pause(2);
                       order += "d";
                   },
                   [&] {
                       (void)loop.pause(1);
                       order += "a";
                       (void)loop.pause(2);
                       order += "c";
                   }});
    CHECK(order == "abcd");
    CHECK(loop.now() - begin == std::chrono::seconds(4));
}
