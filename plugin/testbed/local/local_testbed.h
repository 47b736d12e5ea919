#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "process/event_loop.h"
#include "testbed/local/local.h"
#include "testbed/local/memory_cgroup.h"
#include "testbed/ready_url.h"
#include "testbed/stats_page.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// What one trial finds out for the next.
struct LocalFindings {
    std::optional<int> port;
    bool portNamed = false;  ///< by the user: then it is never looked for
    StatsPage stats;
};

/// Runs the program on this machine, each time in a memory cgroup of its own; where none can be
/// made, under a watchdog that samples. Instances must not outlive it.
class LocalTestbed final : public Testbed {
public:
    LocalTestbed(EventLoop& loop, LocalOptions options);
    ~LocalTestbed() override;

    [[nodiscard]] Target target() const override;
    [[nodiscard]] Environment environment() const override;
    [[nodiscard]] std::vector<Warning> warnings() const override;
    [[nodiscard]] std::optional<Bytes> ceiling() const override { return ceiling_; }
    [[nodiscard]] Result<void> begin(const Settings& settings) override;
    [[nodiscard]] Result<std::unique_ptr<Instance>> start(const Settings& settings,
                                                          const std::string& folder) override;

private:
    [[nodiscard]] Result<void> prepare();
    [[nodiscard]] Result<void> awaitFreePort() const;

    EventLoop& loop_;
    LocalOptions options_;
    std::unique_ptr<CgroupParent> cgroups_;
    std::string whyNoCgroup_;
    std::string wayToCgroup_;  ///< may be empty
    std::optional<Bytes> ceiling_;
    std::optional<ReadyUrl> ready_;
    LocalFindings findings_;
    bool prepared_ = false;
    bool startedBefore_ = false;
};

/// What a program's environment gets on top of ours for these settings.
[[nodiscard]] std::map<std::string, std::string> trialEnvironment(const LocalOptions& options,
                                                                  const Settings& settings);

}  // namespace memfit::plugin
