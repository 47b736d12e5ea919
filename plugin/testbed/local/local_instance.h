#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "process/child.h"
#include "testbed/local/local_testbed.h"
#include "testbed/local/rss_watchdog.h"

namespace memfit::plugin {

/// A process in its own memory cgroup, or under the watchdog.
class LocalInstance final : public Instance {
public:
    /// `limit` is what the watchdog enforces where there is no cgroup.
    LocalInstance(EventLoop& loop, std::unique_ptr<Child> child, std::optional<MemoryCgroup> cgroup,
                  std::optional<Bytes> limit, std::optional<ReadyUrl> ready,
                  LocalFindings& findings);
    ~LocalInstance() override;

    [[nodiscard]] Result<bool> waitReady(double timeoutSeconds) override;
    [[nodiscard]] Endpoint service() const override;
    [[nodiscard]] Result<MemorySnapshot> memory() override;
    [[nodiscard]] std::optional<Usage> usage() override;
    [[nodiscard]] std::optional<CpuTime> cpuTime() override;
    [[nodiscard]] InstanceStatus status() override;
    [[nodiscard]] InstanceStatus settledStatus() override;

private:
    [[nodiscard]] bool oomKilled() const;
    void describeEnd(const ExitStatus& exit, InstanceStatus& status) const;
    [[nodiscard]] Result<bool> answers();
    [[nodiscard]] Result<bool> findPort();
    [[nodiscard]] Result<bool> choosePort(const std::set<int>& ports);
    [[nodiscard]] std::set<int> listeningPorts() const;
    [[nodiscard]] bool portsAreSettled(const std::set<int>& ports);
    void doubtPort();

    EventLoop& loop_;
    LocalFindings& findings_;
    std::optional<ReadyUrl> ready_;
    std::optional<MemoryCgroup> cgroup_;  // after the child it holds is gone, it can be removed
    std::unique_ptr<Child> child_;
    std::optional<RssWatchdog> watchdog_;
    std::string host_ = "127.0.0.1";
    std::optional<Bytes> demand_;
    std::set<int> portsSeen_;
    std::chrono::steady_clock::time_point portsSince_;
};

}  // namespace memfit::plugin
