#include "memfit/kube/pod_memory.h"

#include <algorithm>
#include <limits>

#include "memfit/units/quantity.h"

namespace memfit {

namespace {

using kube::Json;

Bytes requestOf(const Json& holder) {
    const auto quantity = parseQuantity(kube::text(holder, {"resources", "requests", "memory"}));
    return quantity ? quantity->bytes : 0;
}

}  // namespace

Bytes addSizes(Bytes a, Bytes b) {
    constexpr auto most = std::numeric_limits<Bytes>::max();
    return a > most - b ? most : a + b;
}

Bytes podRequest(const Json& spec) {
    Bytes sidecars = 0;
    Bytes largestInit = 0;
    for (const auto& init : kube::array(spec, {"initContainers"})) {
        if (kube::text(init, {"restartPolicy"}) == "Always")
            sidecars = addSizes(sidecars, requestOf(init));
        else
            largestInit = std::max(largestInit, addSizes(sidecars, requestOf(init)));
    }
    Bytes containers = sidecars;
    for (const auto& container : kube::array(spec, {"containers"}))
        containers = addSizes(containers, requestOf(container));
    const auto overhead = parseQuantity(kube::text(spec, {"overhead", "memory"}));
    return addSizes(std::max(containers, largestInit), overhead ? overhead->bytes : 0);
}

}  // namespace memfit
