#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "load/load_host.h"

namespace memfit::plugin {

/// Runs load commands as pods of their own in the workload's namespace, each with the run's labels,
/// a deadline, no service account token, no privileges, and no memory or CPU limit unless the
/// namespace asks for one. What the command prints is read from the pod's log: standard output and
/// standard error arrive as one.
class PodLoadHost final : public LoadHost {
public:
    struct Plan {
        std::string ns;
        std::string runId;
        std::string image;
        std::int64_t deadlineSeconds = 3600;
    };
    PodLoadHost(EventLoop& loop, Cluster& cluster, Plan plan);

    /// The image decides.
    [[nodiscard]] Result<void> check(const std::string& program) override;
    /// Returns when the command has been started. Errors: the pod is refused, its image cannot be
    /// pulled, the program is not in it; kind interrupted.
    [[nodiscard]] Result<std::unique_ptr<RunningLoad>> start(
        const std::vector<std::string>& words) override;

private:
    EventLoop& loop_;
    Cluster& cluster_;
    Plan plan_;
    int number_ = 0;
};

}  // namespace memfit::plugin
