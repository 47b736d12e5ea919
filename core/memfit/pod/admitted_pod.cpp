#include "memfit/pod/admitted_pod.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "memfit/kube/container_read.h"
#include "memfit/kube/kube_json.h"
#include "memfit/kube/pod_memory.h"
#include "memfit/pod/trial_pod.h"
#include "memfit/units/quantity.h"

namespace memfit {

namespace {

using kube::Json;

constexpr const char* byAdmission = "by admission (a LimitRange or a webhook of the namespace)";
constexpr const char* lookThere =
    "see `kubectl describe limitrange` and the mutating webhooks, or try in another namespace";

Result<Json> readPod(std::string_view text, std::string_view where) {
    auto pod = kube::parseObject(text, where);
    if (!pod) return pod.error();
    if (kube::text(*pod, {"kind"}) != "Pod")
        return inputError(fmt::format("{}: this is not a Pod", where));
    return pod;
}

std::string describe(const std::optional<Bytes>& bytes) {
    return bytes ? formatQuantity(*bytes) : std::string("none");
}

std::optional<Error> compareMemory(const Container& wanted, const Container& admitted) {
    const std::array fields{
        std::pair{std::string_view("memory limit"), &Container::memoryLimit},
        std::pair{std::string_view("memory request"), &Container::memoryRequest},
    };
    for (const auto& [name, field] : fields)
        if (wanted.*field && wanted.*field != admitted.*field)
            return failure(fmt::format("the {} of container {} was changed from {} to {} {}", name,
                                       wanted.name, describe(wanted.*field),
                                       describe(admitted.*field), byAdmission),
                           lookThere);
    return std::nullopt;
}

std::optional<Error> compareGo(const Container& wanted, const Container& admitted,
                               std::vector<Notice>& notices) {
    const std::array fields{
        std::pair{std::string_view("GOMEMLIMIT"), &Container::gomemlimit},
        std::pair{std::string_view("GOGC"), &Container::gogc},
    };
    for (const auto& [name, field] : fields) {
        if (wanted.*field == admitted.*field) continue;
        if ((wanted.*field).from != GoVariable::From::unset)
            return failure(
                fmt::format("{} of container {} was changed {}", name, wanted.name, byAdmission),
                lookThere);
        notices.push_back({"go-setting-added", fmt::format("{} of container {} was set {}", name,
                                                           wanted.name, byAdmission)});
    }
    return std::nullopt;
}

std::optional<Error> compareMetadata(const Json& wanted, const Json& admitted,
                                     std::vector<Notice>& notices) {
    for (const auto key : {managedByLabel, runIdLabel})
        if (kube::text(wanted, {"metadata", "labels", key}) !=
            kube::text(admitted, {"metadata", "labels", key}))
            return failure(fmt::format("the label {} was changed {}, so the pod could not be found "
                                       "again",
                                       key, byAdmission),
                           lookThere);
    if (!kube::array(admitted, {"metadata", "ownerReferences"}).empty())
        return failure(fmt::format("the trial pod was given an owner {}", byAdmission), lookThere);
    std::vector<std::string> added;
    for (const auto& [key, value] : kube::object(admitted, {"metadata", "labels"}).items())
        if (kube::member(wanted, {"metadata", "labels", key}) == nullptr) added.push_back(key);
    if (!added.empty())
        notices.push_back(
            {"labels-added", fmt::format("admission added the labels {}", fmt::join(added, ", "))});
    return std::nullopt;
}

std::optional<Error> refusePower(const Json& admitted) {
    const auto& gates = kube::array(admitted, {"spec", "readinessGates"});
    if (std::ranges::none_of(gates, [](const Json& gate) {
            return kube::text(gate, {"conditionType"}) == neverServesGate;
        }))
        return failure(fmt::format("the readiness gate {} was removed {}, so Services could send "
                                   "traffic to the trial pod",
                                   neverServesGate, byAdmission),
                       lookThere);
    const auto priorityClass = kube::text(admitted, {"spec", "priorityClassName"});
    const auto priority = kube::integer(admitted, {"spec", "priority"});
    const bool important = priority ? *priority > 0 : !priorityClass.empty();
    if (!important || kube::text(admitted, {"spec", "preemptionPolicy"}) == "Never")
        return std::nullopt;
    return failure(
        fmt::format("admission gave the trial pod the priority {}{}, with which it could preempt "
                    "other pods",
                    priority.value_or(0),
                    priorityClass.empty() ? "" : fmt::format(" (class {})", priorityClass)),
        "try in a cluster where no PriorityClass is the global default, or give that class "
        "preemptionPolicy: Never");
}

/// Containers that were not asked for: sidecars of a service mesh, agents.
void noteInjected(const Json& wanted, const Json& admitted, std::vector<Notice>& notices) {
    std::vector<std::string> injected;
    for (const auto* const list : {"containers", "initContainers"})
        for (const auto& container : kube::array(admitted, {"spec", list})) {
            auto name = kube::text(container, {"name"});
            if (kube::named(kube::array(wanted, {"spec", list}), name) == nullptr)
                injected.push_back(std::move(name));
        }
    if (!injected.empty())
        notices.push_back({"containers-injected",
                           fmt::format("admission added the containers {}, which run beside the "
                                       "one on trial",
                                       fmt::join(injected, ", "))});
}

void noteProgram(const Json& wanted, const Json& admitted, std::vector<Notice>& notices) {
    for (const auto* const field : {"image", "command", "args"}) {
        const Json* const before = kube::member(wanted, {field});
        const Json* const after = kube::member(admitted, {field});
        const bool same =
            before == nullptr || after == nullptr ? before == after : *before == *after;
        if (!same)
            notices.push_back(
                {"program-changed", fmt::format("the {} of container {} was changed {}", field,
                                                kube::text(wanted, {"name"}), byAdmission)});
    }
}

const Json* trialContainer(const Json& pod, std::string_view name) {
    const Json* const container = kube::named(kube::array(pod, {"spec", "containers"}), name);
    if (container != nullptr) return container;
    return kube::named(kube::array(pod, {"spec", "initContainers"}), name);
}

}  // namespace

Result<AdmittedPod> checkAdmitted(std::string_view wantedJson, std::string_view admittedJson) {
    const auto wanted = readPod(wantedJson, "the trial pod");
    if (!wanted) return wanted.error();
    const auto admitted = readPod(admittedJson, "the admitted pod");
    if (!admitted) return admitted.error();
    const auto name = kube::text(*wanted, {"metadata", "annotations", containerAnnotation});
    const Json* const before = trialContainer(*wanted, name);
    const Json* const after = trialContainer(*admitted, name);
    if (before == nullptr || after == nullptr)
        return failure(fmt::format("the admitted pod has no container {}", name), lookThere);
    const auto asked = readContainer(*before, "the trial pod");
    if (!asked) return asked.error();
    const auto got = readContainer(*after, "the admitted pod");
    if (!got) return got.error();

    AdmittedPod pod;
    if (auto error = compareMemory(*asked, *got)) return *error;
    if (auto error = compareGo(*asked, *got, pod.notices)) return *error;
    if (auto error = compareMetadata(*wanted, *admitted, pod.notices)) return *error;
    if (auto error = refusePower(*admitted)) return *error;
    noteInjected(*wanted, *admitted, pod.notices);
    noteProgram(*before, *after, pod.notices);
    pod.name = kube::text(*admitted, {"metadata", "name"});
    pod.uid = kube::text(*admitted, {"metadata", "uid"});
    pod.limit = got->memoryLimit;
    pod.request = got->memoryRequest;
    pod.podRequest = podRequest(kube::object(*admitted, {"spec"}));
    pod.qosClass = kube::text(*admitted, {"status", "qosClass"});
    return pod;
}

}  // namespace memfit
