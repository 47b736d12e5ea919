// What a cluster says: workloads, pods and how they fare, selectors, autoscalers, memory in use.

#include <cstdint>
#include <string_view>

#include "memfit/kube/pod_list.h"
#include "memfit/kube/selectors.h"
#include "memfit/kube/vertical_autoscalers.h"
#include "memfit/kube/workload.h"
#include "memfit/observe/kubelet_usage.h"
#include "memfit/observe/pod_status.h"

using namespace memfit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)readWorkload(text, "fuzz");
    (void)readPodList(text);
    (void)readSelectors({.services = text, .controllers = text});
    (void)readVerticalAutoscalers(text);
    if (const auto status = readPodStatus(text, "app")) (void)judgePod(*status);
    (void)forEachContainer(text, [](const auto&, const auto&) {});
    (void)readCadvisor(text, {"default", "app", "", "app"});
    return 0;
}
