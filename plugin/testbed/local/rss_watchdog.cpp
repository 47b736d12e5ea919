#include "testbed/local/rss_watchdog.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <vector>

#include "testbed/local/processes.h"

namespace memfit::plugin {

namespace {
constexpr std::chrono::milliseconds lookEvery{3};
/// Finding the members means reading all of /proc, so that happens less often.
constexpr int looksPerSearch = 10;
}  // namespace

struct RssWatchdog::State : std::enable_shared_from_this<State> {
    State(EventLoop& loop, pid_t leaderPid, std::optional<Bytes> bound)
        : timer(loop.context()), leader(leaderPid), limit(bound) {}

    boost::asio::steady_timer timer;
    pid_t leader;
    std::optional<Bytes> limit;
    std::vector<pid_t> members;
    int looks = 0;
    std::optional<Bytes> current, largest;
    bool killed = false;
    bool stopped = false;

    void look() {
        if (looks++ % looksPerSearch == 0) members = processTree(leader);
        std::optional<Bytes> sum;
        for (const pid_t member : members) {
            if (const auto held = heldMemory(member)) sum = sum.value_or(0) + *held;
        }
        if (!sum) return;
        current = sum;
        largest = std::max(largest.value_or(0), *sum);
        if (limit && *sum > *limit) {
            killed = true;
            killAll();
        }
    }

    /// Twice, for what was started while the first round of signals went out.
    void killAll() {
        for (int round = 0; round < 2; ++round) {
            members = processTree(leader);
            for (const pid_t member : members) (void)::kill(member, SIGKILL);
        }
    }

    void schedule() {
        timer.expires_after(lookEvery);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            // A handler that was due already is not reached by cancel().
            if (error || self->stopped) return;
            self->look();
            self->schedule();
        });
    }
};

RssWatchdog::RssWatchdog(EventLoop& loop, pid_t leader, std::optional<Bytes> limit)
    : state_(std::make_shared<State>(loop, leader, limit)) {
    state_->look();
    state_->schedule();
}

RssWatchdog::~RssWatchdog() {
    state_->stopped = true;
    state_->timer.cancel();
}

bool RssWatchdog::killed() const {
    return state_->killed;
}

Usage RssWatchdog::usage() const {
    Usage usage;
    usage.current = state_->current;
    usage.anon = state_->current;
    usage.demand = state_->largest;
    return usage;
}

}  // namespace memfit::plugin
