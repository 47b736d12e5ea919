#include <poll.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "process/output_watch.h"

namespace memfit::plugin {

namespace {

constexpr std::chrono::milliseconds between{500};

struct Watched : std::enable_shared_from_this<Watched> {
    Watched(boost::asio::io_context& context, int pipe, std::function<void()> called)
        : timer(context), fd(pipe), closed(std::move(called)) {}

    [[nodiscard]] bool hasNoReader() const {
        pollfd look{fd, 0, 0};
        return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP)) != 0;
    }

    void await() {
        timer.expires_after(between);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->over) return;
            if (self->hasNoReader()) {
                self->closed();
            } else {
                self->await();
            }
        });
    }

    boost::asio::steady_timer timer;
    int fd;
    std::function<void()> closed;
    bool over = false;
};

class TimerWatch final : public OutputWatch {
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

std::unique_ptr<OutputWatch> watchReader(boost::asio::io_context& context, int fd,
                                         std::function<void()> closed) {
    auto watched = std::make_shared<Watched>(context, fd, std::move(closed));
    watched->await();
    return std::make_unique<TimerWatch>(std::move(watched));
}

}  // namespace memfit::plugin
