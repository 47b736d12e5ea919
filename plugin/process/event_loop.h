#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "memfit/error.h"
#include "process/output_watch.h"

namespace memfit::plugin {

/// How a wait ended.
enum class WaitEnd { ready, timedOut, interrupted };

/// A time that passes in leaps, in a world that is simulated.
class SimulatedTime {
public:
    using Moment = std::chrono::steady_clock::time_point;

    SimulatedTime() = default;
    SimulatedTime(const SimulatedTime&) = delete;
    SimulatedTime& operator=(const SimulatedTime&) = delete;
    virtual ~SimulatedTime() = default;

    [[nodiscard]] virtual Moment now() const = 0;
    /// Everything waits, and the first wait ends at `until` (nullopt: none has an end): goes on to
    /// that moment, or to the one before it at which the world changes.
    virtual void leap(std::optional<Moment> until) = 0;
};

/// The one loop of the program: everything that waits for the world waits here, so that a signal
/// ends every wait. At most one loop is alive at a time, and only one thread runs at any moment
/// (see together()).
///
/// While it lives SIGINT, SIGTERM and SIGHUP are caught (one that was ignored at entry stays
/// ignored, as under nohup) and SIGPIPE is ignored. The first signal is remembered; later ones
/// change nothing, so that clean-up is never cut short.
class EventLoop {
public:
    EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

    [[nodiscard]] boost::asio::io_context& context() { return context_; }

    /// The time by which waits and those who wait go.
    [[nodiscard]] std::chrono::steady_clock::time_point now() const;
    /// From now on waits go by `time`, which has to outlive the loop: for tests, in which minutes
    /// pass at once. Processes and connections know nothing of it.
    void goBy(SimulatedTime& time) { time_ = &time; }

    /// Runs handlers until `ready()` holds, `seconds` have passed (nullopt: no bound), or a signal
    /// has arrived, now or earlier. `ready` is asked again after every handler that ran. With zero
    /// seconds: runs what is due and looks once.
    WaitEnd waitUntil(const std::function<bool()>& ready, std::optional<double> seconds);

    /// As waitUntil, for clean-up: signals do not end it. True when `ready()` holds.
    bool waitThroughSignals(const std::function<bool()>& ready, double seconds);

    /// Lets `seconds` pass. False when a signal cut it short.
    bool pause(double seconds);

    /// Runs the tasks side by side, each as straight-line code on a thread of its own: whenever one
    /// waits here, the others go on. Only one runs at any moment, so that they may share whatever
    /// they like; what one sees before a wait may have changed after it. Returns when all have
    /// ended. Not to be nested; the tasks must not throw.
    void together(const std::vector<std::function<void()>>& tasks);

    /// The first signal that arrived; SIGPIPE when a watched output was closed by its reader.
    /// Runs what is due, so that a loop that only computes notices signals too.
    [[nodiscard]] std::optional<int> signal();

    /// How many signals have arrived so far, as far as the loop has run.
    [[nodiscard]] unsigned signals() const { return signalsSeen_; }

    /// Notices when the reader of `fd` (a pipe) goes away, so that a run whose result nobody will
    /// read can stop. Anything else than a pipe is never seen to close.
    void watchOutput(int fd);

    /// The error to return when a wait was interrupted.
    [[nodiscard]] static Error interruption();

private:
    struct Task;
    struct Wait;
    WaitEnd wait(const std::function<bool()>& ready, std::optional<double> seconds,
                 bool endOnSignal);
    [[nodiscard]] std::optional<WaitEnd> endOf(const Wait& wait) const;
    static WaitEnd yield(const Wait& wait);
    bool runReadyTasks();
    void passTime(std::optional<std::chrono::steady_clock::time_point> until);
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> firstEnd() const;
    void runDue();
    void awaitSignal();

    boost::asio::io_context context_{1};
    boost::asio::signal_set signals_{context_};
    std::vector<std::unique_ptr<OutputWatch>> outputs_;
    std::vector<std::unique_ptr<Task>> tasks_;
    SimulatedTime* time_ = nullptr;
    std::optional<int> firstSignal_;
    unsigned signalsSeen_ = 0;
    void (*previousPipeHandler_)(int) = nullptr;
};

}  // namespace memfit::plugin
