#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>

#include "memfit/trial/trial.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// Stands in for a memory cgroup where none can be made: looks at the memory that a process, its
/// group and its descendants hold, every few milliseconds while the loop runs, and kills them all
/// when it is above the limit.
///
/// It sees RssAnon + RssShmem: no kernel memory, and memory that processes share counts once for
/// each. A spike between two looks goes unseen, so its largest value is a demand, never a peak.
class RssWatchdog {
public:
    /// `limit` nullopt: only looks.
    RssWatchdog(EventLoop& loop, pid_t leader, std::optional<Bytes> limit);
    RssWatchdog(const RssWatchdog&) = delete;
    RssWatchdog& operator=(const RssWatchdog&) = delete;
    ~RssWatchdog();

    [[nodiscard]] bool killed() const;
    [[nodiscard]] Usage usage() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace memfit::plugin
