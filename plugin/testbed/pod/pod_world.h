#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "cluster/cluster.h"
#include "cluster/pod_watch.h"
#include "memfit/kube/workload.h"
#include "testbed/pod/pod_route.h"

namespace memfit::plugin {

/// A workload of a cluster, and how copies of it are made.
struct PodOptions {
    Workload workload;
    std::string workloadJson;  ///< as the API server printed it
    std::string container;
    std::string ns;
    std::optional<std::string> context;
    std::string runId;  ///< in the names and labels of everything that is made
    int port = 0;       ///< of the service
    std::optional<int> statsPort;
    std::optional<std::string> statsPath;
    std::optional<std::string> readyPath;  ///< ready when this answers 2xx, beside the probes
    std::vector<std::pair<std::string, std::string>> env;
    std::vector<std::string> unsetEnv;
    bool keepEnv = false;
    bool skipInit = false;
    bool keepLabels = false;
    bool force = false;
    std::optional<Bytes> ceiling;  ///< nullopt: found out
    std::optional<Bytes> largest;  ///< largest limit that is asked for; nullopt: none is
    Via via = Via::automatic;
    std::int64_t deadlineSeconds = 3600;  ///< after which the cluster ends a trial pod by itself
};

/// What the instances of one testbed share: what they ask, and what each finds out for the next.
struct PodWorld {
    EventLoop& loop;
    Cluster& cluster;
    PodOptions options;
    std::unique_ptr<PodWatch> watch = nullptr;
    PodRouteFindings findings = {};
    bool forwarded = false;         ///< a load went through a port-forward
    bool kubeletForbidden = false;  ///< `get` on nodes/proxy is not allowed
    /// A run without a limit has waited for the kubelet's sample: once is enough.
    bool peakAwaited = false;
    std::optional<std::string> node = std::nullopt;

    /// The container on trial; null when the workload has none of that name.
    [[nodiscard]] const Container* container() const;
    /// `direct`, `port-forward`, `pod`.
    [[nodiscard]] std::string via() const;
    [[nodiscard]] Target target() const;
    [[nodiscard]] Environment environment(const char* testbed) const;
    /// What a reader should know of the way the load took.
    void addWarnings(std::vector<Warning>& warnings) const;
};

/// Runs `attempt` until it does not fail for an API server that cannot be reached, at most for a
/// minute: an API server that restarts is no reason to end a run.
template <class Attempt>
auto throughRestarts(EventLoop& loop, const Attempt& attempt) -> decltype(attempt()) {
    constexpr double pauseSeconds = 1;
    const auto patience = loop.now() + std::chrono::minutes(1);
    for (;;) {
        auto result = attempt();
        if (result || result.error().failure != CallFailure::unreachable ||
            loop.now() >= patience) {
            return result;
        }
        if (!loop.pause(pauseSeconds)) return EventLoop::interruption();
    }
}

/// Makes a pod of the run, through restarts of the API server. Returns it as it was taken.
[[nodiscard]] Call<std::string> createPod(EventLoop& loop, Cluster& cluster, const std::string& ns,
                                          const std::string& name, const std::string& json);

}  // namespace memfit::plugin
