#include "memfit/documents/live_pod.h"

#include <algorithm>
#include <limits>

namespace memfit {

std::optional<Bytes> LivePod::inUse() const {
    if (usage && (usage->demand || usage->anon))
        return std::max(usage->demand.value_or(0), usage->anon.value_or(0));
    if (memory && memory->resident.value_or(0) > 0) return memory->resident;
    if (!memory || !memory->heapInuse) return std::nullopt;
    constexpr auto most = std::numeric_limits<Bytes>::max();
    const auto stacks = memory->stackSys.value_or(0);
    return *memory->heapInuse > most - stacks ? most : *memory->heapInuse + stacks;
}

}  // namespace memfit
