#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "process/exit_watch.h"

namespace memfit::plugin {

namespace {

using std::chrono::milliseconds;

/// A short program is noticed at once, and a long one costs next to nothing.
constexpr milliseconds firstLook{1};
constexpr milliseconds longestWait{10};

struct Watched : std::enable_shared_from_this<Watched> {
    Watched(boost::asio::io_context& context, std::function<bool()> asked)
        : timer(context), ended(std::move(asked)) {}

    void await() {
        timer.expires_after(wait);
        wait = std::min(2 * wait, longestWait);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->over || self->ended()) return;
            self->await();
        });
    }

    boost::asio::steady_timer timer;
    std::function<bool()> ended;
    milliseconds wait = firstLook;
    bool over = false;
};

class TimerWatch final : public ExitWatch {
public:
    explicit TimerWatch(std::shared_ptr<Watched> watched) : watched_(std::move(watched)) {}
    TimerWatch(const TimerWatch&) = delete;
    TimerWatch& operator=(const TimerWatch&) = delete;
    ~TimerWatch() override {
        watched_->over = true;
        watched_->timer.cancel();
    }

private:
    std::shared_ptr<Watched> watched_;
};

}  // namespace

Result<std::unique_ptr<ExitWatch>> watchExit(boost::asio::io_context& context, pid_t /*process*/,
                                             std::function<bool()> ended) {
    auto watched = std::make_shared<Watched>(context, std::move(ended));
    watched->await();
    return std::unique_ptr<ExitWatch>(new TimerWatch(std::move(watched)));
}

}  // namespace memfit::plugin
