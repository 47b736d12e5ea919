#include "process/event_loop.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

namespace memfit::plugin {

namespace asio = boost::asio;

namespace {

bool isIgnored(int signal) {
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// A pipe to a child must never get number 0, 1 or 2: the child would mix it up with its own.
void openStandardDescriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) == -1) (void)::open("/dev/null", O_RDWR);
    }
}

std::chrono::nanoseconds toDuration(double seconds) {
    constexpr double longest = 1e9;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(std::clamp(seconds, 0.0, longest)));
}

}  // namespace

EventLoop::EventLoop() {
    openStandardDescriptors();
    previousPipeHandler_ = std::signal(SIGPIPE, SIG_IGN);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        if (!isIgnored(signal)) signals_.add(signal);
    }
    awaitSignal();
}

EventLoop::~EventLoop() {
    boost::system::error_code ignored;
    signals_.clear(ignored);
    (void)std::signal(SIGPIPE, previousPipeHandler_);
}

void EventLoop::awaitSignal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (!firstSignal_) firstSignal_ = signal;
        awaitSignal();
    });
}

void EventLoop::runDue() {
    if (context_.stopped()) context_.restart();
    context_.poll();
}

WaitEnd EventLoop::wait(const std::function<bool()>& ready, std::optional<double> seconds,
                        bool endOnSignal) {
    asio::steady_timer timer(context_);
    const auto expired = std::make_shared<bool>(false);
    if (seconds) {
        timer.expires_after(toDuration(*seconds));
        timer.async_wait([expired](const boost::system::error_code& error) {
            if (!error) *expired = true;
        });
    }
    runDue();
    while (true) {
        if (endOnSignal && firstSignal_) return WaitEnd::interrupted;
        if (ready()) return WaitEnd::ready;
        if (*expired || (seconds && *seconds <= 0)) return WaitEnd::timedOut;
        if (context_.stopped()) context_.restart();
        context_.run_one();
    }
}

WaitEnd EventLoop::waitUntil(const std::function<bool()>& ready, std::optional<double> seconds) {
    return wait(ready, seconds, true);
}

bool EventLoop::waitThroughSignals(const std::function<bool()>& ready, double seconds) {
    return wait(ready, seconds, false) == WaitEnd::ready;
}

bool EventLoop::pause(double seconds) {
    return waitUntil([] { return false; }, seconds) == WaitEnd::timedOut;
}

std::optional<int> EventLoop::signal() {
    runDue();
    return firstSignal_;
}

void EventLoop::watchOutput(int fd) {
    // epoll refuses a regular file, which asio tolerates here but not again after a fork.
    struct stat status{};
    if (::fstat(fd, &status) != 0) return;
    if (!S_ISFIFO(status.st_mode)) return;
    // asio makes it non-blocking, which a duplicate would share with our own standard output.
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int copy = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (copy == -1) return;
    asio::posix::stream_descriptor descriptor(context_);
    boost::system::error_code error;
    descriptor.assign(copy, error);
    if (error) {
        ::close(copy);
        return;
    }
    outputs_.push_back(std::move(descriptor));
    outputs_.back().async_wait(asio::posix::stream_descriptor::wait_error,
                               [this](const boost::system::error_code& failed) {
                                   if (!failed && !firstSignal_) firstSignal_ = SIGPIPE;
                               });
}

Error EventLoop::interruption() {
    return {ErrorKind::interrupted, "interrupted", {}, std::nullopt};
}

}  // namespace memfit::plugin
