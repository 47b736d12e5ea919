#include "testbed/pod/pod_world.h"

#include <fmt/format.h>

#include <boost/algorithm/string/case_conv.hpp>

#include "memfit/kube/resources.h"

namespace memfit::plugin {
namespace {

std::string cpuText(std::int64_t milli) {
    return milli % 1000 == 0 ? std::to_string(milli / 1000) : fmt::format("{}m", milli);
}

}  // namespace

const Container* PodWorld::container() const {
    for (const auto* const list : {&options.workload.containers, &options.workload.sidecars}) {
        for (const auto& container : *list) {
            if (container.name == options.container) return &container;
        }
    }
    return nullptr;
}

std::string PodWorld::via() const {
    if (options.via == Via::pod) return "pod";
    return forwarded ? "port-forward" : "direct";
}

Target PodWorld::target() const {
    Target target;
    target.type = boost::algorithm::to_lower_copy(std::string(toString(options.workload.kind)));
    target.ns = options.ns;
    target.name = options.workload.name;
    target.container = options.container;
    target.sidecar = container() != nullptr && container()->sidecar;
    if (!options.workload.uid.empty()) target.uid = options.workload.uid;
    target.generation = options.workload.generation;
    target.context = options.context;
    return target;
}

Environment PodWorld::environment(const char* testbed) const {
    Environment environment;
    environment.testbed = testbed;
    environment.enforcement = "kubelet";
    if (const auto* const trial = container(); trial != nullptr && trial->cpuLimitMilli) {
        environment.cpuLimit = cpuText(*trial->cpuLimitMilli);
    }
    environment.node = node;
    return environment;
}

void PodWorld::addWarnings(std::vector<Warning>& warnings) const {
    if (!forwarded) return;
    warnings.push_back(
        {"port-forward",
         "the load went through kubectl port-forward, which slows it and may break; its figures "
         "compare badly with direct ones (see --via and --load-image)"});
}

Call<std::string> createPod(EventLoop& loop, Cluster& cluster, const std::string& ns,
                            const std::string& name, const std::string& json) {
    bool maybeMade = false;
    return throughRestarts(loop, [&]() -> Call<std::string> {
        auto made = cluster.create(ns, json, false);
        if (made) return made;
        const auto failed = made.error().failure;
        // Only the answer was lost: the name holds the id of the run, so that the pod is its own.
        if (failed == CallFailure::conflict && maybeMade)
            return cluster.read(objectPath(Resource::pods, ns, name), "reading the pod");
        maybeMade = maybeMade || failed == CallFailure::unreachable;
        return made;
    });
}

}  // namespace memfit::plugin
