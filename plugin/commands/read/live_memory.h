#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/options.h"
#include "memfit/documents/live_pod.h"
#include "memfit/kube/pod_list.h"
#include "session/cluster.h"
#include "testbed/stats_page.h"

namespace memfit::plugin {

/// Reads the memory of live pods: Go's own statistics through the API server's proxy, or, where the
/// page is on the container's loopback only, through a port-forward; and what the kubelets say.
/// Asks statistics pages only, never the service itself.
class LiveMemory {
public:
    LiveMemory(EventLoop& loop, ClusterTarget& cluster, const Options& options);

    /// What the program in `pod` says of its memory; nullopt when it cannot be read. Errors: kind
    /// interrupted.
    [[nodiscard]] Result<std::optional<MemorySnapshot>> statistics(const ListedPod& pod);

    /// What the kubelet says of the container in `pod`; nullopt when it may not be asked or does
    /// not know. Errors: kind interrupted.
    [[nodiscard]] Result<std::optional<Usage>> usage(const ListedPod& pod);

    /// What could not be read, and why.
    [[nodiscard]] std::vector<Warning> warnings() const;

private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] Result<std::optional<MemorySnapshot>> throughApi(const ListedPod& pod,
                                                                   std::vector<int>& closedPorts,
                                                                   PageProblems& problems);
    [[nodiscard]] Result<std::optional<MemorySnapshot>> throughForward(const ListedPod& pod,
                                                                       int port,
                                                                       PageProblems& problems);
    [[nodiscard]] std::vector<StatsPlace> places(const ListedPod& pod) const;

    EventLoop& loop_;
    ClusterTarget& cluster_;
    const Options& options_;
    std::optional<StatsPlace> found_;
    std::map<std::string, std::optional<std::string>> summaries_;  ///< by node
    int forwards_ = 0;
    std::size_t missing_ = 0;   ///< pods without a page
    PageProblems problems_;     ///< of their addresses
    std::size_t notAsked_ = 0;  ///< pods whose page would have cost one process or wait too many
    bool proxyForbidden_ = false;
    bool kubeletForbidden_ = false;
    std::set<std::string> silentKubelets_;
    Clock::time_point deadline_;
};

}  // namespace memfit::plugin
