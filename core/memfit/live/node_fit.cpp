#include "memfit/live/node_fit.h"

#include <limits>

#include "memfit/kube/kube_json.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

void add(Bytes& sum, Bytes size) {
    constexpr auto most = std::numeric_limits<Bytes>::max();
    sum = sum > most - size ? most : sum + size;
}

void addNeighbour(NodeFit& fit, const ListedPod& pod) {
    if (!pod.limited) ++fit.podsWithoutLimit;
    if (pod.requestIsLimit) return;
    ++fit.unguaranteed;
    if (fit.neighbours.size() < maxNeighbours) fit.neighbours.push_back(pod.label());
}

}  // namespace

Result<Bytes> readAllocatable(std::string_view nodeJson) {
    const auto node = kube::parseObject(nodeJson, "the node");
    if (!node) return node.error();
    const auto text = kube::text(*node, {"status", "allocatable", "memory"});
    if (text.empty()) return inputError("the node: its allocatable memory is not in it");
    const auto memory = parseQuantity(text);
    if (!memory) return memory.error();
    return memory->bytes;
}

NodeFit fitOnNode(const std::string& node, Bytes allocatable, const std::vector<ListedPod>& pods,
                  const std::set<std::string>& own) {
    NodeFit fit;
    fit.node = node;
    fit.allocatable = allocatable;
    for (const auto& pod : pods) {
        if (pod.ended || pod.node != node) continue;
        ++fit.pods;
        add(fit.requests, pod.memoryRequest);
        add(fit.limits, pod.memoryLimits);
        if (own.contains(pod.uid))
            ++fit.ownPods;
        else
            addNeighbour(fit, pod);
    }
    return fit;
}

}  // namespace memfit
