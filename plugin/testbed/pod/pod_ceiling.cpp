#include "testbed/pod/pod_ceiling.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "memfit/kube/resources.h"
#include "memfit/units/quantity.h"

namespace memfit::plugin {
namespace {

using Json = nlohmann::json;

constexpr Bytes smallestDefault = GiB;
constexpr Bytes timesCurrent = 4;

const Json& at(const Json& object, const char* key) {
    static const Json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}

std::optional<Bytes> quantityAt(const Json& object, const char* key) {
    const auto& value = at(object, key);
    if (!value.is_string()) return std::nullopt;
    const auto quantity = parseQuantity(value.get<std::string>());
    if (!quantity) return std::nullopt;
    return quantity->bytes;
}

void lower(std::optional<Bytes>& bound, std::optional<Bytes> value) {
    if (value) bound = std::min(bound.value_or(*value), *value);
}

/// The list, or nothing when it may not be read.
Call<std::optional<Json>> list(Cluster& cluster, const std::string& path, const std::string& what) {
    const auto body = cluster.readIfAllowed(path, what);
    if (!body) return body.error();
    if (!*body) return std::optional<Json>();
    return std::optional<Json>(Json::parse(**body, nullptr, false));
}

std::optional<Bytes> quotaLeft(const Json& quotas) {
    std::optional<Bytes> bound;
    for (const auto& quota : at(quotas, "items")) {
        const auto& status = at(quota, "status");
        const auto hard = quantityAt(at(status, "hard"), "limits.memory");
        const auto used = quantityAt(at(status, "used"), "limits.memory");
        if (hard && used) lower(bound, std::max<Bytes>(0, *hard - *used));
    }
    return bound;
}

/// What the roomiest node has; nullopt when the nodes may not be read.
std::optional<Bytes> largestNode(const Json& nodes) {
    std::optional<Bytes> largest;
    for (const auto& node : at(nodes, "items")) {
        const auto allocatable = quantityAt(at(at(node, "status"), "allocatable"), "memory");
        const bool open = at(at(node, "spec"), "unschedulable") != true;
        if (allocatable && open) largest = std::max(largest.value_or(0), *allocatable);
    }
    return largest;
}

}  // namespace

Call<MemoryRange> readMemoryRange(Cluster& cluster, const std::string& ns) {
    const auto body =
        cluster.readIfAllowed(listPath(Resource::limitRanges, ns), "reading the LimitRanges");
    if (!body) return body.error();
    if (!*body) return MemoryRange{};
    auto range = readLimitRanges(**body);
    if (!range) return range.error();
    return *std::move(range);
}

AdmittedLimits admittedBy(const MemoryRange& range) {
    AdmittedLimits admitted{range.least, "", range.most, ""};
    if (range.least) admitted.leastBy = "LimitRange " + range.leastBy;
    if (range.most) admitted.mostBy = "LimitRange " + range.mostBy;
    return admitted;
}

Error notAdmitted(const AdmittedLimits& admitted, Bytes limit) {
    return failure(admitted.why(limit), "ask for no limit beyond it");
}

Call<PodCeiling> podCeiling(Cluster& cluster, const std::string& ns, std::optional<Bytes> wanted,
                            std::optional<Bytes> current) {
    const auto range = readMemoryRange(cluster, ns);
    if (!range) return range.error();
    std::optional<Bytes> bound = range->most;
    if (wanted) return PodCeiling{std::min(*wanted, bound.value_or(*wanted)), false, *range};

    const auto quotas =
        list(cluster, listPath(Resource::resourceQuotas, ns), "reading the ResourceQuotas");
    if (!quotas) return quotas.error();
    lower(bound, quotaLeft(quotas->value_or(Json())));
    const auto nodes = list(cluster, listPath(Resource::nodes, std::nullopt), "reading the nodes");
    if (!nodes) return nodes.error();
    const auto node = largestNode(nodes->value_or(Json()));
    if (node) lower(bound, *node / 2);
    const Bytes ceiling = std::max(smallestDefault, timesCurrent * current.value_or(0));
    return PodCeiling{std::min(ceiling, bound.value_or(ceiling)), !node.has_value(), *range};
}

}  // namespace memfit::plugin
