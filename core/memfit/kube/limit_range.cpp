#include "memfit/kube/limit_range.h"

#include <algorithm>

#include "memfit/kube/kube_list.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

using kube::Json;

std::optional<Bytes> memoryOf(const Json& item, std::string_view bound) {
    const auto quantity = parseQuantity(kube::text(item, {bound, "memory"}));
    if (!quantity) return std::nullopt;
    return quantity->bytes;
}

void take(const Json& item, const std::string& name, MemoryRange& range) {
    const auto type = kube::text(item, {"type"});
    const bool container = type == "Container";
    if (!container && type != "Pod") return;
    const auto most = memoryOf(item, "max");
    if (most && (!range.most || *most < *range.most)) {
        range.most = most;
        range.mostBy = name;
    }
    if (!container) return;
    const auto least = memoryOf(item, "min");
    if (least && (!range.least || *least > *range.least)) {
        range.least = least;
        range.leastBy = name;
    }
    // A ratio is a quantity without a unit, as CPU is.
    const auto ratio = parseMilliCpu(kube::text(item, {"maxLimitRequestRatio", "memory"}));
    if (ratio && *ratio > 0) range.ratioMilli = std::min(range.ratioMilli.value_or(*ratio), *ratio);
}

}  // namespace

Bytes MemoryRange::leastRequest(Bytes limit) const {
    const Bytes request = least.value_or(0);
    if (!ratioMilli) return request;
    // limit * 1000 / ratio, rounded up; the product could overflow. No ratio is below 1.
    const Bytes ratio = std::max<Bytes>(*ratioMilli, 1000);
    const Bytes whole = limit / ratio * 1000;
    const Bytes rest = (limit % ratio * 1000 + ratio - 1) / ratio;
    return std::max(request, whole + rest);
}

Result<MemoryRange> readLimitRanges(std::string_view list) {
    MemoryRange range;
    const auto read =
        kube::readList(list, "the list of LimitRanges", [&](Json& one) -> Result<void> {
            for (const auto& item : kube::array(one, {"spec", "limits"}))
                take(item, kube::text(one, {"metadata", "name"}), range);
            return {};
        });
    if (!read) return read.error();
    return range;
}

}  // namespace memfit
