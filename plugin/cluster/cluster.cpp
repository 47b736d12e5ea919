#include "cluster/cluster.h"

namespace memfit::plugin {

Call<std::optional<std::string>> Cluster::readIfAllowed(const std::string& path,
                                                        const std::string& what) {
    auto body = read(path, what);
    if (body) return std::optional(*std::move(body));
    const auto failure = body.error().failure;
    if (failure == CallFailure::notFound || failure == CallFailure::forbidden) {
        return std::optional<std::string>();
    }
    return body.error();
}

}  // namespace memfit::plugin
