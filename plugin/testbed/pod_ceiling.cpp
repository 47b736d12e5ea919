#include "testbed/pod_ceiling.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

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
Result<std::optional<Json>> list(ClusterApi& api, const std::string& path,
                                 const std::string& what) {
    const auto body = api.readIfAllowed(path, what);
    if (!body) return body.error();
    if (!*body) return std::optional<Json>();
    return std::optional<Json>(Json::parse(**body, nullptr, false));
}

/// The largest limit that a container of this namespace may have.
std::optional<Bytes> rangeMaximum(const Json& ranges) {
    std::optional<Bytes> bound;
    for (const auto& range : at(ranges, "items")) {
        for (const auto& item : at(at(range, "spec"), "limits")) {
            if (at(item, "type") == "Container" || at(item, "type") == "Pod") {
                lower(bound, quantityAt(at(item, "max"), "memory"));
            }
        }
    }
    return bound;
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

Result<PodCeiling> podCeiling(ClusterApi& api, const std::string& ns, std::optional<Bytes> wanted,
                              std::optional<Bytes> current) {
    const auto inNamespace = fmt::format("/api/v1/namespaces/{}", ns);
    const auto ranges = list(api, inNamespace + "/limitranges", "reading the LimitRanges");
    if (!ranges) return ranges.error();
    std::optional<Bytes> bound = rangeMaximum(ranges->value_or(Json()));
    if (wanted) return PodCeiling{std::min(*wanted, bound.value_or(*wanted)), false};

    const auto quotas = list(api, inNamespace + "/resourcequotas", "reading the ResourceQuotas");
    if (!quotas) return quotas.error();
    lower(bound, quotaLeft(quotas->value_or(Json())));
    const auto nodes = list(api, "/api/v1/nodes", "reading the nodes");
    if (!nodes) return nodes.error();
    const auto node = largestNode(nodes->value_or(Json()));
    if (node) lower(bound, *node / 2);
    const Bytes ceiling = std::max(smallestDefault, timesCurrent * current.value_or(0));
    return PodCeiling{std::min(ceiling, bound.value_or(ceiling)), !node.has_value()};
}

}  // namespace memfit::plugin
