#include "testbed/local/rss_watchdog.h"

#include <doctest/doctest.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>

#include "process/child.h"
#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

/// Runs the handler that is next, if one comes within `time`.
bool anythingRuns(EventLoop& loop, std::chrono::milliseconds time) {
    if (loop.context().stopped()) loop.context().restart();
    return loop.context().run_one_for(time) > 0;
}

}  // namespace

TEST_CASE("a watchdog that is gone looks no more, even when its look was due already") {
    EventLoop loop;
    const auto child = Child::start(loop, {MEMFIT_HUNGRY, "--say", "up", "--sleep"}, {});
    REQUIRE(child.has_value());
    REQUIRE(loop.waitUntil([&] { return !(*child)->err().empty(); }, 10) == WaitEnd::ready);
    // Both are due when the loop runs next; this one, the earlier, destroys the watchdog while the
    // handler of the other is on its way and cancelling comes too late.
    boost::asio::steady_timer earlier(loop.context());
    std::optional<RssWatchdog> watchdog;
    earlier.expires_after(std::chrono::milliseconds(0));
    earlier.async_wait([&](const boost::system::error_code&) { watchdog.reset(); });
    watchdog.emplace(loop, (*child)->pid(), std::nullopt);
    const auto due = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    while (std::chrono::steady_clock::now() < due) {
    }
    (void)loop.context().poll();
    CHECK_FALSE(watchdog.has_value());
    CHECK_FALSE(anythingRuns(loop, std::chrono::milliseconds(100)));
}
