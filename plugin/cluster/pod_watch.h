#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cluster/kubectl.h"

namespace memfit::plugin {

/// Follows the pods that a label selector selects through one long-lived `kubectl get --raw
/// …?watch=1`, begun anew when the API server ends it. Costs nothing to look at.
class PodWatch {
public:
    /// `selector`: `name=value`.
    PodWatch(const Kubectl& kubectl, const std::string& ns, const std::string& selector);
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
    void readLine(std::string_view line);

    const Kubectl& kubectl_;
    std::string path_;
    std::unique_ptr<Child> child_;
    std::size_t consumed_ = 0;
    std::chrono::steady_clock::time_point startedAt_;
    std::map<std::string, Seen> pods_;
    std::uint64_t events_ = 0;
};

}  // namespace memfit::plugin
