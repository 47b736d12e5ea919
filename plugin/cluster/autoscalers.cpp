#include "cluster/autoscalers.h"

#include "memfit/kube/resources.h"

namespace memfit::plugin {

Call<std::optional<std::string>> listAutoscalers(Cluster& cluster,
                                                 const std::optional<std::string>& ns,
                                                 Patience patience) {
    constexpr auto kind = Resource::horizontalPodAutoscalers;
    const auto& versions = kindOf(kind).versions;
    // In v1 they have no metrics but the CPU's.
    for (std::size_t i = 0; i < versions.size() && versions.at(i) != "v1"; ++i) {
        auto list = cluster.read(listPath(kind, ns, {}, i), "reading the HorizontalPodAutoscalers",
                                 patience);
        if (list) return std::optional(*std::move(list));
        if (list.error().failure == CallFailure::forbidden) break;
        if (list.error().failure != CallFailure::notFound) return list.error();
    }
    return std::optional<std::string>();
}

Call<std::optional<std::vector<VerticalAutoscaler>>> listVerticalAutoscalers(
    Cluster& cluster, const std::optional<std::string>& ns) {
    using Found = std::optional<std::vector<VerticalAutoscaler>>;
    constexpr auto kind = Resource::verticalPodAutoscalers;
    const auto list = cluster.read(listPath(kind, ns), "reading the VerticalPodAutoscalers");
    if (list) {
        auto all = readVerticalAutoscalers(*list);
        if (!all) return all.error();
        return Found(*std::move(all));
    }
    if (list.error().failure == CallFailure::notFound) return Found(std::in_place);
    if (list.error().failure != CallFailure::forbidden) return list.error();
    // Forbidden comes before not found; which groups there are everybody may read.
    const auto known = cluster.read(groupPath(kind), "looking for VerticalPodAutoscalers");
    if (!known && known.error().failure == CallFailure::notFound) return Found(std::in_place);
    return Found();
}

}  // namespace memfit::plugin
