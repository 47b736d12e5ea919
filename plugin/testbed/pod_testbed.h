#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/options.h"
#include "kubectl/cluster_api.h"
#include "kubectl/pod_watch.h"
#include "memfit/manifest/admitted_pod.h"
#include "memfit/manifest/selectors.h"
#include "memfit/manifest/trial_pod.h"
#include "memfit/manifest/workload.h"
#include "testbed/pod_route.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// A workload of a cluster, and how copies of it are made.
struct PodOptions {
    Workload workload;
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
    Via via = Via::automatic;
    std::int64_t deadlineSeconds = 3600;  ///< after which the cluster ends a trial pod by itself
};

/// Asked once, before the first pod is made, with what the copy will do, a line each. Errors: the
/// answer was no, or there is nobody to ask.
using Consent = std::function<Result<void>(const std::vector<std::string>& disclosure)>;

/// Runs copies of a workload as pods of their own, which take no traffic and are removed after
/// each trial. Touches no live object. Instances must not outlive it.
class PodTestbed final : public Testbed {
public:
    /// `note` is told what a person should know of clean-up that failed.
    PodTestbed(EventLoop& loop, ClusterApi& api, PodOptions options, Consent consent,
               std::function<void(const std::string&)> note);
    /// Removes whatever is left of the run.
    ~PodTestbed() override;

    [[nodiscard]] Target target() const override;
    [[nodiscard]] Environment environment() const override;
    [[nodiscard]] std::vector<Warning> warnings() const override;
    [[nodiscard]] std::optional<Bytes> ceiling() const override { return ceiling_; }
    [[nodiscard]] std::string via() const override;
    [[nodiscard]] Result<std::unique_ptr<Instance>> start(const Settings& settings) override;

private:
    friend class PodInstance;

    [[nodiscard]] Result<void> prepare(const Settings& settings);
    [[nodiscard]] Result<void> readNamespace();
    [[nodiscard]] Result<void> checkPermissions();
    [[nodiscard]] Result<void> checkClaims(const std::vector<std::string>& claims);
    [[nodiscard]] TrialPodPlan planFor(const Settings& settings) const;
    [[nodiscard]] Result<AdmittedPod> send(const TrialPod& pod, bool dryRun);
    void warn(const std::string& code, const std::string& text);
    void removeAll();
    void remove(const std::string& pod);

    EventLoop& loop_;
    ClusterApi& api_;
    PodOptions options_;
    Consent consent_;
    std::function<void(const std::string&)> note_;
    NamespaceSelectors selectors_;
    std::optional<Bytes> ceiling_;
    bool ceilingReserved_ = false;
    std::unique_ptr<PodWatch> watch_;
    PodRouteFindings findings_;
    bool forwarded_ = false;
    bool kubeletForbidden_ = false;
    std::optional<std::string> node_;
    std::optional<std::string> version_;
    std::vector<Warning> warnings_;
    std::set<std::string> existing_;  ///< trial pods that are not known to be removed
    int number_ = 0;
    bool prepared_ = false;
};

/// Runs `attempt` until it does not fail for an API server that cannot be reached, at most for a
/// minute: an API server that restarts is no reason to end a run.
template <class Attempt>
auto throughRestarts(EventLoop& loop, const Attempt& attempt) -> decltype(attempt()) {
    constexpr double pauseSeconds = 1;
    constexpr int attempts = 60;
    for (int number = 1;; ++number) {
        auto result = attempt();
        if (result || number == attempts || !isFailure(result.error(), CallFailure::unreachable)) {
            return result;
        }
        if (!loop.pause(pauseSeconds)) return EventLoop::interruption();
    }
}

}  // namespace memfit::plugin
