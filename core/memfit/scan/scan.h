#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/documents/documents.h"
#include "memfit/error.h"
#include "memfit/kube/vertical_autoscalers.h"
#include "memfit/kube/workload.h"
#include "memfit/observe/memory_snapshot.h"

namespace memfit {

/// How many pods of a workload a scan keeps apart; of the others it keeps sums and the pod that
/// uses most.
inline constexpr std::size_t mostScannedPods = 8;

/// A running pod that may be asked for the statistics of a container.
struct StatisticsSource {
    std::size_t row = 0;  ///< for WorkloadScan::addStatistics()
    std::string nameSpace;
    std::string pod;
    std::vector<ContainerPort> ports;  ///< that the container declares
};

/// The result of a scan: one recommendation for each container that counts as a Go program.
struct ScanResult {
    Header header;  ///< when, and what could not be read
    std::vector<Recommendation> items;
    std::int64_t workloads = 0;
    std::int64_t notGo = 0;  ///< containers that showed no sign of Go, which are left out

    friend bool operator==(const ScanResult&, const ScanResult&) = default;
};

/// Judges many workloads from lists of their cluster, without touching them. Takes the lists page
/// by page, in the order workloads, nodes, pods; what it keeps grows with the workloads and nodes,
/// and by about a hundred bytes a pod.
///
/// A container counts as a Go program when its environment has GOMEMLIMIT or GOGC or when it shows
/// Go's statistics; one that could not be asked counts as one too, since nothing speaks against it.
class WorkloadScan {
public:
    /// `container`: only those of this name. `lonePods`: pods that no controller made are workloads
    /// too.
    explicit WorkloadScan(std::optional<std::string> container = std::nullopt,
                          bool lonePods = false);
    WorkloadScan(WorkloadScan&&) noexcept;
    WorkloadScan& operator=(WorkloadScan&&) noexcept;
    WorkloadScan(const WorkloadScan&) = delete;
    WorkloadScan& operator=(const WorkloadScan&) = delete;
    ~WorkloadScan();

    // Each returns the token by which the API server continues the list, empty at its end. Errors
    // (kind input): not JSON, not a list, a malformed quantity.

    /// A page of Deployments, StatefulSets, DaemonSets or ReplicaSets of apps/v1. A ReplicaSet of a
    /// Deployment is left out.
    [[nodiscard]] Result<std::string> addWorkloads(std::string_view page, WorkloadKind kind);
    [[nodiscard]] Result<std::string> addNodes(std::string_view page);
    [[nodiscard]] Result<std::string> addPods(std::string_view page);
    [[nodiscard]] Result<std::string> addPods(std::istream& list);
    /// HorizontalPodAutoscalers. Errors: see readSelectors().
    [[nodiscard]] Result<void> addAutoscalers(std::string_view list);
    void addVerticalAutoscalers(const std::vector<VerticalAutoscaler>& all);

    /// Nodes that pods of the workloads run on, in the order of their names.
    [[nodiscard]] std::vector<std::string> nodes() const;
    /// `/stats/summary` of a node's kubelet. Errors: see readStatsSummary().
    [[nodiscard]] Result<void> addUsage(std::string_view summary);

    /// Up to `most` running pods of every container, the newest first.
    [[nodiscard]] std::vector<StatisticsSource> statisticsSources(std::size_t most) const;
    /// What a source said; nullopt: it was asked and shows none, or there is nothing to ask.
    void addStatistics(const StatisticsSource& source, std::optional<MemorySnapshot> snapshot);

    /// The advice for each, the most urgent first: OOM-killed, short of memory, wrong on sight, and
    /// then by the memory that lies idle. `header` is the head of each, its target apart; `options`
    /// applies to all. Errors: see recommend().
    [[nodiscard]] Result<ScanResult> finish(const Header& header, const AdviceOptions& options);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Memory that the pods of a workload reserve beyond the advice, in all; negative where they lack
/// some. nullopt: nothing is reserved, or nothing is advised.
[[nodiscard]] std::optional<Bytes> savedBytes(const Recommendation& recommendation);

/// Memory that the pods of a workload reserve beyond what the one that holds most was seen to hold,
/// in all: what a measurement may set free. nullopt: not known.
[[nodiscard]] std::optional<Bytes> idleBytes(const Recommendation& recommendation);

/// A RecommendationList document: `items` are the recommendations.
[[nodiscard]] std::string toJson(const ScanResult& result);

}  // namespace memfit
