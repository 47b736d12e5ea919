#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "memfit/observe/kubelet_usage.h"
#include "memfit/observe/pod_status.h"
#include "testbed/pod/pod_world.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// A trial pod. What is known of it comes from the watch; reads of its own settle a
/// verdict.
class PodInstance final : public Instance {
public:
    /// `release` is called at the end: it removes the pod, where that is ours to do.
    /// `unlimited`: of the first such that survives, the kubelet's next sample is awaited.
    PodInstance(PodWorld& world, std::string pod, bool unlimited, std::function<void()> release);
    ~PodInstance() override;

    [[nodiscard]] Result<bool> waitReady(double timeoutSeconds) override;
    [[nodiscard]] Endpoint service() const override { return route_.service(); }
    [[nodiscard]] Result<MemorySnapshot> memory() override;
    [[nodiscard]] std::optional<Usage> usage() override { return usage_; }
    [[nodiscard]] InstanceStatus status() override;
    [[nodiscard]] InstanceStatus settledStatus() override;

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] Clock::time_point in(double seconds) const;
    /// The newest that is known; parsed again only when something new came.
    [[nodiscard]] const PodVerdict& verdict();
    void readAgain();
    void readUsage();
    [[nodiscard]] std::optional<KubeletUsage> readSummary();
    [[nodiscard]] std::optional<KubeletUsage> readMark();
    void awaitPeak();
    void readEvents();
    [[nodiscard]] std::string lastLogLine() const;
    [[nodiscard]] Result<bool> becomesReady(Clock::time_point deadline);
    [[nodiscard]] Result<bool> awaitStart();
    [[nodiscard]] Result<bool> answersReadyPath() const;
    [[nodiscard]] bool stillRunsAndAnswers();

    PodWorld& world_;
    std::string pod_;
    bool unlimited_;
    std::function<void()> release_;
    PodRoute route_;
    StatsPage stats_;
    std::optional<Usage> usage_;
    Clock::time_point usageAt_;
    Clock::time_point eventsAt_;
    std::uint64_t version_ = 0;
    PodStatus status_;
    PodVerdict verdict_;
    bool everReady_ = false;
};

/// What a testbed's verdict on a container means for a trial.
[[nodiscard]] InstanceStatus instanceStatus(const PodVerdict& verdict);

}  // namespace memfit::plugin
