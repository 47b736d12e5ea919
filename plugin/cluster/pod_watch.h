#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/cluster.h"
#include "process/event_loop.h"

namespace memfit::plugin {

/// Follows the pods that a label selector selects through one long-lived watch, begun anew when the
/// API server ends it. Costs nothing to look at.
class PodWatch {
public:
    /// `selector`: `name=value`.
    PodWatch(EventLoop& loop, Cluster& cluster, std::string ns, std::string selector);
    PodWatch(const PodWatch&) = delete;
    PodWatch& operator=(const PodWatch&) = delete;
    ~PodWatch();

    struct Seen {
        std::string json;  ///< the pod, as of its last event
        bool deleted = false;
        std::uint64_t version = 0;  ///< grows with every event
    };
    /// The newest that is known of a pod; null before its first event. Valid until the next call.
    [[nodiscard]] const Seen* find(const std::string& pod);

    /// A read of one's own that is newer than the last event.
    void note(const std::string& pod, std::string json, bool deleted);
    void forget(const std::string& pod);

private:
    void poll();
    void restart();
    void readEvent(std::string_view text);

    EventLoop& loop_;
    Cluster& cluster_;
    std::string ns_;
    std::string selector_;
    std::unique_ptr<PodEvents> events_;
    std::chrono::steady_clock::time_point startedAt_;
    std::map<std::string, Seen> pods_;
    std::uint64_t versions_ = 0;
};

}  // namespace memfit::plugin
