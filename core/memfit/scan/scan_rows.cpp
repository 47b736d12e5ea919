#include "memfit/scan/scan_rows.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "memfit/kube/pod_memory.h"
#include "memfit/observe/pod_status_read.h"

namespace memfit {

namespace {

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return lower;
}

auto age(const KeptPod& kept) {
    return std::tie(kept.created, kept.pod.name);
}

Usage usageOf(const KubeletUsage& seen) {
    Usage usage;
    usage.current = seen.usage;
    usage.anon = seen.rss;
    usage.demand = seen.workingSet;
    return usage;
}

bool namesGo(const Container& container) {
    const auto set = [](const GoVariable& variable) {
        return variable.from != GoVariable::From::unset;
    };
    return set(container.gomemlimit) || set(container.gogc);
}

}  // namespace

ScanRow::ScanRow(const Workload& workload, const Container& container,
                 std::vector<Finding> findings)
    : container_(container), findings_(std::move(findings)) {
    target_.type = lowerCase(toString(workload.kind));
    target_.ns = workload.nameSpace;
    target_.name = workload.name;
    target_.container = container.name;
    target_.sidecar = container.sidecar;
    if (!workload.uid.empty()) target_.uid = workload.uid;
    target_.generation = workload.generation;
    facts_.declared = settingsOf(workload.running(), container.name, facts_.warnings);
}

void ScanRow::keep(KeptPod pod) {
    kept_.push_back(std::move(pod));
    if (kept_.size() <= mostScannedPods) return;
    // Drop the oldest of those that were not killed.
    const auto worth = [](const KeptPod& a, const KeptPod& b) {
        return std::tuple(a.pod.oomKilled, age(a)) < std::tuple(b.pod.oomKilled, age(b));
    };
    kept_.erase(std::ranges::min_element(kept_, worth));
    ++facts_.morePods;
}

void ScanRow::add(const kube::Json& item, const ListedPod& pod) {
    KeptPod kept;
    kept.uid = pod.uid;
    kept.created = pod.created;
    kept.pod.name = pod.name;
    kept.pod.node = pod.node;
    kept.pod.settings = settingsOf(pod.containers, container_.name, facts_.warnings);
    readHistory(readPodStatus(item, container_.name), kept.pod, facts_.warnings);
    keep(std::move(kept));
}

void ScanRow::addUsage(const ContainerKey& key, const KubeletUsage& usage) {
    const auto found = std::ranges::find(kept_, key.uid, &KeptPod::uid);
    if (found != kept_.end()) {
        found->pod.usage = usageOf(usage);
        return;
    }
    LivePod other;
    other.name = key.pod;
    other.settings = facts_.declared;
    other.usage = usageOf(usage);
    if (!heaviest_ || heaviest_->inUse() < other.inUse()) heaviest_ = std::move(other);
}

void ScanRow::addStatistics(const std::string& pod, std::optional<MemorySnapshot> snapshot) {
    asked_ = true;
    page_ = page_ || snapshot.has_value();
    const auto found =
        std::ranges::find_if(kept_, [&](const KeptPod& kept) { return kept.pod.name == pod; });
    if (found != kept_.end()) found->pod.memory = std::move(snapshot);
}

GoSign ScanRow::sign() const {
    if (page_ || namesGo(container_)) return GoSign::found;
    return asked_ ? GoSign::none : GoSign::notAsked;
}

std::vector<StatisticsSource> ScanRow::sources(std::size_t most) const {
    std::vector<const KeptPod*> running;
    for (const auto& kept : kept_)
        if (!kept.pod.node.empty()) running.push_back(&kept);
    std::ranges::sort(running, std::ranges::greater(),
                      [](const KeptPod* kept) { return age(*kept); });
    if (running.size() > most) running.resize(most);
    std::vector<StatisticsSource> all;
    for (const auto* const kept : running)
        all.push_back({0, target_.ns.value_or(""), kept->pod.name, container_.ports});
    return all;
}

LiveFacts ScanRow::facts() const {
    LiveFacts facts = facts_;
    setFindings(findings_, facts);
    auto kept = kept_;
    std::ranges::sort(kept, std::ranges::greater(), age);
    for (auto& pod : kept) facts.pods.push_back(std::move(pod.pod));
    if (heaviest_ && !(heaviest_->inUse() <= liveUsage(facts))) {
        facts.pods.push_back(*heaviest_);
        --facts.morePods;
    }
    return facts;
}

ScanNode::ScanNode(std::string name, Bytes allocatable) {
    sum_.node = std::move(name);
    sum_.allocatable = allocatable;
}

void ScanNode::add(const ListedPod& pod, std::size_t workload) {
    ++sum_.pods;
    sum_.requests = addSizes(sum_.requests, pod.memoryRequest);
    sum_.limits = addSizes(sum_.limits, pod.memoryLimits);
    sum_.podsWithoutLimit += pod.limited ? 0 : 1;
    sum_.unguaranteed += pod.requestIsLimit ? 0 : 1;
    if (workload != noWorkload) {
        auto& own = own_[workload];
        ++own.pods;
        own.withoutLimit += pod.limited ? 0 : 1;
        own.unguaranteed += pod.requestIsLimit ? 0 : 1;
    }
    // Twice as many as are named, and no workload more than once over: whichever asks, enough are
    // of others.
    const auto ofSame = std::ranges::count(neighbours_, workload, &Neighbour::workload);
    const bool crowded = workload != noWorkload && ofSame >= std::ptrdiff_t{maxNeighbours};
    if (!pod.requestIsLimit && !crowded && neighbours_.size() < 2 * maxNeighbours)
        neighbours_.push_back({pod.label(), workload});
}

NodeFit ScanNode::fitFor(std::size_t workload) const {
    NodeFit fit = sum_;
    if (const auto own = own_.find(workload); own != own_.end()) {
        fit.ownPods = own->second.pods;
        fit.podsWithoutLimit -= own->second.withoutLimit;
        fit.unguaranteed -= own->second.unguaranteed;
    }
    for (const auto& neighbour : neighbours_)
        if (neighbour.workload != workload && fit.neighbours.size() < maxNeighbours)
            fit.neighbours.push_back(neighbour.label);
    return fit;
}

}  // namespace memfit
