#pragma once

// Internal to memfit: what a scan keeps of each container, node and pod.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_list.h"
#include "memfit/live/live_facts.h"
#include "memfit/live/node_fit.h"
#include "memfit/observe/kubelet_usage.h"
#include "memfit/scan/scan.h"

namespace memfit {

/// A pod that is kept apart.
struct KeptPod {
    LivePod pod;
    std::string uid;
    std::string created;  ///< RFC 3339
};

/// How it is known that a container runs a Go program.
enum class GoSign {
    none,      ///< it was asked, and shows nothing
    notAsked,  ///< nothing speaks for it or against it
    found,     ///< GOMEMLIMIT, GOGC or Go's statistics
};

/// One container of one workload.
class ScanRow {
public:
    ScanRow(const Workload& workload, const Container& container, std::vector<Finding> findings);

    void add(const kube::Json& item, const ListedPod& pod);
    /// Usage of one of its pods.
    void addUsage(const ContainerKey& key, const KubeletUsage& usage);
    void addStatistics(const std::string& pod, std::optional<MemorySnapshot> snapshot);
    void addAutoscaler(const std::string& name) { facts_.memoryAutoscalers.push_back(name); }
    void addVerticalAutoscaler(const std::string& name) {
        facts_.verticalAutoscalers.push_back(name);
    }

    [[nodiscard]] const std::string& container() const { return container_.name; }
    [[nodiscard]] const Target& target() const { return target_; }
    [[nodiscard]] GoSign sign() const;
    [[nodiscard]] std::vector<StatisticsSource> sources(std::size_t most) const;
    /// Everything that is known of it, but for its nodes.
    [[nodiscard]] LiveFacts facts() const;

private:
    void keep(KeptPod pod);

    Target target_;
    Container container_;
    std::vector<Finding> findings_;
    LiveFacts facts_;                  ///< pods and findings apart
    std::vector<KeptPod> kept_;        ///< see mostScannedPods
    std::optional<LivePod> heaviest_;  ///< of those that are not kept
    bool asked_ = false;
    bool page_ = false;
};

/// The memory requests and limits on a node, and the pods because of which a limit is no guarantee.
class ScanNode {
public:
    /// A workload is told by its number; pods of none have `noWorkload`.
    static constexpr std::size_t noWorkload = static_cast<std::size_t>(-1);

    ScanNode(std::string name, Bytes allocatable);

    void add(const ListedPod& pod, std::size_t workload);
    [[nodiscard]] NodeFit fitFor(std::size_t workload) const;

private:
    struct Own {
        std::int64_t pods = 0;
        std::int64_t withoutLimit = 0;
        std::int64_t unguaranteed = 0;
    };
    struct Neighbour {
        std::string label;
        std::size_t workload = noWorkload;
    };

    NodeFit sum_;
    std::map<std::size_t, Own> own_;
    std::vector<Neighbour> neighbours_;
};

/// The most urgent first, see WorkloadScan::finish().
void sortByUrgency(std::vector<Recommendation>& recommendations);

}  // namespace memfit
