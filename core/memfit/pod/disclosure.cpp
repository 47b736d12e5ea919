#include "memfit/pod/disclosure.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <string_view>
#include <utility>

#include "memfit/pod/trial_spec.h"

namespace memfit {

namespace {

using kube::Json;
using Names = std::set<std::string>;
using Lines = std::vector<std::string>;

void addName(Names& names, std::string name) {
    if (!name.empty()) names.insert(std::move(name));
}

/// Names of the Secrets or ConfigMaps that the pod reads. The three spellings are those of env,
/// envFrom and volumes.
struct SourceKind {
    std::string_view env;
    std::string_view envFrom;
    std::string_view volume;
    std::string_view volumeName;
};
constexpr SourceKind secrets{"secretKeyRef", "secretRef", "secret", "secretName"};
constexpr SourceKind configMaps{"configMapKeyRef", "configMapRef", "configMap", "name"};

Names sourcesOf(const Json& spec, const SourceKind& kind) {
    Names names;
    forEachContainer(spec, [&](const Json& container) {
        for (const auto& entry : kube::array(container, {"env"}))
            addName(names, kube::text(entry, {"valueFrom", kind.env, "name"}));
        for (const auto& source : kube::array(container, {"envFrom"}))
            addName(names, kube::text(source, {kind.envFrom, "name"}));
    });
    for (const auto& volume : kube::array(spec, {"volumes"})) {
        addName(names, kube::text(volume, {kind.volume, kind.volumeName}));
        for (const auto& source : kube::array(volume, {"projected", "sources"}))
            addName(names, kube::text(source, {kind.volume, "name"}));
    }
    return names;
}

void addImages(const Json& spec, const char* list, std::string_view what, Lines& lines) {
    for (const auto& container : kube::array(spec, {list})) {
        const bool sidecar = kube::text(container, {"restartPolicy"}) == "Always";
        const bool privileged = kube::flag(container, {"securityContext", "privileged"});
        lines.push_back(fmt::format("{} {} (image {}){}", sidecar ? "runs the sidecar" : what,
                                    kube::text(container, {"name"}),
                                    kube::text(container, {"image"}),
                                    privileged ? ", privileged" : ""));
    }
}

void addEnvironment(const Json& spec, Lines& lines) {
    for (const auto& container : kube::array(spec, {"containers"})) {
        Lines names;
        for (const auto& entry : kube::array(container, {"env"}))
            names.push_back(kube::text(entry, {"name"}));
        if (!names.empty())
            lines.push_back(fmt::format("environment of {}: {}", kube::text(container, {"name"}),
                                        fmt::join(names, ", ")));
    }
}

bool isReadOnly(const Json& spec, const std::string& volume) {
    bool readOnly = true;
    forEachContainer(spec, [&](const Json& container) {
        for (const auto& mount : kube::array(container, {"volumeMounts"}))
            if (kube::text(mount, {"name"}) == volume && !kube::flag(mount, {"readOnly"}))
                readOnly = false;
    });
    return readOnly;
}

/// Volumes that outlive the pod or are not its own.
std::string describeVolume(const Json& volume) {
    if (auto claim = kube::text(volume, {"persistentVolumeClaim", "claimName"}); !claim.empty())
        return "the claim " + claim;
    if (auto path = kube::text(volume, {"hostPath", "path"}); !path.empty())
        return "the node's " + path;
    if (auto server = kube::text(volume, {"nfs", "server"}); !server.empty())
        return fmt::format("the NFS share {}:{}", server, kube::text(volume, {"nfs", "path"}));
    if (kube::member(volume, {"ephemeral"}) != nullptr)
        return "a new claim, made and deleted with the pod,";
    if (auto driver = kube::text(volume, {"csi", "driver"}); !driver.empty())
        return "a volume of " + driver;
    return {};
}

void addVolumes(const Json& spec, Lines& lines) {
    for (const auto& volume : kube::array(spec, {"volumes"})) {
        const auto name = kube::text(volume, {"name"});
        const auto described = describeVolume(volume);
        if (described.empty()) continue;
        lines.push_back(fmt::format("mounts {} as volume {}, {}", described, name,
                                    isReadOnly(spec, name) ? "read-only" : "writable"));
    }
}

void addNames(std::string_view what, const Names& names, Lines& lines) {
    if (!names.empty()) lines.push_back(fmt::format("{} {}", what, fmt::join(names, ", ")));
}

}  // namespace

std::vector<std::string> disclose(const Json& spec, const Workload& workload,
                                  const TrialPodPlan& plan) {
    Lines lines;
    addImages(spec, "initContainers", "first runs the init container", lines);
    if (plan.skipInit && !workload.initContainers.empty())
        lines.push_back(
            fmt::format("skips the init containers {}", fmt::join(workload.initContainers, ", ")));
    addImages(spec, "containers", "runs the container", lines);
    const auto account = kube::text(spec, {"serviceAccountName"});
    lines.push_back(
        fmt::format("runs as the service account {}", account.empty() ? "default" : account));
    addNames("reads the secrets", sourcesOf(spec, secrets), lines);
    addNames("reads the config maps", sourcesOf(spec, configMaps), lines);
    addVolumes(spec, lines);
    for (const auto& way : hostAccess(spec))
        if (!way.starts_with("volume ")) lines.push_back("uses " + way);
    addEnvironment(spec, lines);
    if (!plan.unsetEnv.empty())
        lines.push_back(fmt::format("without the variables {}", fmt::join(plan.unsetEnv, ", ")));
    return lines;
}

}  // namespace memfit
