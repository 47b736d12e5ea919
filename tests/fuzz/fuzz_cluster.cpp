// What a cluster says: workloads, pods, selectors.

#include <cstdint>
#include <string_view>

#include "memfit/manifest/pod_list.h"
#include "memfit/manifest/selectors.h"
#include "memfit/manifest/workload.h"

using namespace memfit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)readWorkload(text, "fuzz");
    (void)readPodList(text);
    (void)readSelectors({.services = text, .controllers = text});
    return 0;
}
