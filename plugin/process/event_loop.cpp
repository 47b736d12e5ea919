#include "process/event_loop.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <semaphore>
#include <thread>
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

/// A task has a thread of its own for its stack, and one baton for all decides who runs: it goes to
/// the task whose wait has ended, and back when it waits again.
struct EventLoop::Task {
    std::thread thread;
    std::binary_semaphore mayRun{0};
    std::binary_semaphore hasStopped{0};
    const Wait* wait = nullptr;  ///< null before the first wait
    WaitEnd end = WaitEnd::ready;
    bool ended = false;
};

namespace {
/// The task whose thread this is; null on the thread of the loop.
thread_local void* ownTask = nullptr;
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

std::chrono::steady_clock::time_point EventLoop::now() const {
    return time_ != nullptr ? time_->now() : std::chrono::steady_clock::now();
}

void EventLoop::awaitSignal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (!firstSignal_) firstSignal_ = signal;
        ++signalsSeen_;
        awaitSignal();
    });
}

void EventLoop::runDue() {
    if (context_.stopped()) context_.restart();
    context_.poll();
}

/// One wait, and what it waits for.
struct EventLoop::Wait {
    const std::function<bool()>* ready = nullptr;
    const bool* expired = nullptr;
    /// Only of a simulated time.
    std::optional<std::chrono::steady_clock::time_point> until;
    bool lookOnce = false;
    bool endOnSignal = false;
};

std::optional<WaitEnd> EventLoop::endOf(const Wait& wait) const {
    if (wait.endOnSignal && firstSignal_) return WaitEnd::interrupted;
    if ((*wait.ready)()) return WaitEnd::ready;
    const bool over = wait.until && now() >= *wait.until;
    if (*wait.expired || over || wait.lookOnce) return WaitEnd::timedOut;
    return std::nullopt;
}

WaitEnd EventLoop::wait(const std::function<bool()>& ready, std::optional<double> seconds,
                        bool endOnSignal) {
    asio::steady_timer timer(context_);
    const auto expired = std::make_shared<bool>(false);
    const bool simulated = time_ != nullptr;
    if (seconds && !simulated) {
        timer.expires_after(toDuration(*seconds));
        timer.async_wait([expired](const boost::system::error_code& error) {
            if (!error) *expired = true;
        });
    }
    Wait wait{&ready, expired.get(), std::nullopt, seconds && *seconds <= 0, endOnSignal};
    if (seconds && simulated) wait.until = now() + toDuration(*seconds);
    runDue();
    if (ownTask != nullptr) return yield(wait);
    while (true) {
        if (const auto end = endOf(wait)) return *end;
        passTime(wait.until);
    }
}

/// Until something happens; of a simulated time, no longer than to that moment.
void EventLoop::passTime(std::optional<std::chrono::steady_clock::time_point> until) {
    if (context_.stopped()) context_.restart();
    if (time_ == nullptr)
        context_.run_one();
    else if (context_.poll() == 0)
        time_->leap(until);
}

/// The first end of a task's wait; nullopt where none has one, or time is not simulated.
std::optional<std::chrono::steady_clock::time_point> EventLoop::firstEnd() const {
    std::optional<std::chrono::steady_clock::time_point> first;
    for (const auto& task : tasks_) {
        if (task->ended || task->wait == nullptr || !task->wait->until) continue;
        first = std::min(first.value_or(*task->wait->until), *task->wait->until);
    }
    return first;
}

WaitEnd EventLoop::waitUntil(const std::function<bool()>& ready, std::optional<double> seconds) {
    return wait(ready, seconds, true);
}

/// On a task's thread: lets the others go on until the wait has ended.
WaitEnd EventLoop::yield(const Wait& wait) {
    auto& task = *static_cast<Task*>(ownTask);
    task.wait = &wait;
    task.hasStopped.release();
    task.mayRun.acquire();
    return task.end;
}

/// Lets every task whose wait has ended run until it waits again. False: none could.
bool EventLoop::runReadyTasks() {
    bool any = false;
    for (const auto& task : tasks_) {
        if (task->ended) continue;
        if (task->wait != nullptr) {
            const auto end = endOf(*task->wait);
            if (!end) continue;
            task->end = *end;
        }
        any = true;
        task->mayRun.release();
        task->hasStopped.acquire();
    }
    return any;
}

void EventLoop::together(const std::vector<std::function<void()>>& tasks) {
    for (const auto& work : tasks) {
        tasks_.push_back(std::make_unique<Task>());
        Task& task = *tasks_.back();
        task.thread = std::thread([&task, &work] {
            task.mayRun.acquire();
            ownTask = &task;
            work();
            task.ended = true;
            task.hasStopped.release();
        });
    }
    const auto allEnded = [this] {
        return std::all_of(tasks_.begin(), tasks_.end(),
                           [](const auto& task) { return task->ended; });
    };
    while (!allEnded()) {
        if (runReadyTasks()) continue;
        passTime(firstEnd());
    }
    for (const auto& task : tasks_) task->thread.join();
    tasks_.clear();
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
    const auto closed = [this] {
        if (!firstSignal_) firstSignal_ = SIGPIPE;
    };
    if (auto watch = watchReader(context_, fd, closed)) outputs_.push_back(std::move(watch));
}

Error EventLoop::interruption() {
    return {ErrorKind::interrupted, "interrupted", {}, std::nullopt};
}

}  // namespace memfit::plugin
