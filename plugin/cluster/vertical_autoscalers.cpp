#include "cluster/vertical_autoscalers.h"

#include <fmt/format.h>

namespace memfit::plugin {

Result<std::optional<std::vector<VerticalAutoscaler>>> listVerticalAutoscalers(
    ClusterApi& api, const std::optional<std::string>& ns) {
    using Found = std::optional<std::vector<VerticalAutoscaler>>;
    const std::string group = "/apis/autoscaling.k8s.io";
    const auto list = api.read(fmt::format("{}/v1{}/verticalpodautoscalers", group,
                                           ns ? "/namespaces/" + urlEncoded(*ns) : std::string()),
                               "reading the VerticalPodAutoscalers");
    if (list) {
        auto all = readVerticalAutoscalers(*list);
        if (!all) return all.error();
        return Found(*std::move(all));
    }
    if (isFailure(list.error(), CallFailure::notFound)) return Found(std::in_place);
    if (!isFailure(list.error(), CallFailure::forbidden)) return list.error();
    // Forbidden comes before not found; which groups there are everybody may read.
    const auto known = api.read(group, "looking for VerticalPodAutoscalers");
    if (!known && isFailure(known.error(), CallFailure::notFound)) return Found(std::in_place);
    return Found();
}

}  // namespace memfit::plugin
