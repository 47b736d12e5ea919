#include "memfit/pod/trial_container.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

using kube::Json;

bool isEntry(const Json& entry, std::string_view name) {
    return kube::text(entry, {"name"}) == name;
}

/// Changes the first entry where it stands, since later ones may refer to it, removes its
/// duplicates, and adds one at the end where there was none.
void setVariable(Json& container, const std::string& name, const std::string& value) {
    const Json ours{{"name", name}, {"value", value}};
    Json& env = container["env"];
    if (!env.is_array()) env = Json::array();
    bool placed = false;
    for (auto& entry : env) {
        if (placed || !isEntry(entry, name)) continue;
        entry = ours;
        placed = true;
    }
    if (!placed) {
        env.push_back(ours);
        return;
    }
    bool first = true;
    kube::removeIf(env, [&](const Json& entry) {
        if (!isEntry(entry, name)) return false;
        return !std::exchange(first, false);
    });
}

void unsetVariable(Json& container, const std::string& name, std::vector<Notice>& notices) {
    if (!kube::array(container, {"envFrom"}).empty()) {
        setVariable(container, name, "");
        notices.push_back(
            {"unset-is-empty",
             fmt::format("{} is set empty, not removed: envFrom could bring it back", name)});
        return;
    }
    if (kube::member(container, {"env"}) != nullptr)
        kube::removeIf(container["env"], [&](const Json& entry) { return isEntry(entry, name); });
}

std::optional<Bytes> memoryOf(const Json& container, std::string_view list) {
    const auto quantity = parseQuantity(kube::text(container, {"resources", list, "memory"}));
    if (!quantity) return std::nullopt;
    return quantity->bytes;
}

/// The scheduler shall find room as it does for the workload; see TrialPodPlan::request.
std::optional<Bytes> requestOfUnlimitedRun(const Json& container, const TrialPodPlan& plan) {
    auto request = plan.request;
    if (!request) request = memoryOf(container, "requests");
    if (!request) request = memoryOf(container, "limits");
    if (plan.leastRequest > 0) request = std::max(request.value_or(0), plan.leastRequest);
    if (plan.ceiling) request = std::min(request.value_or(0), *plan.ceiling);
    return request;
}

void setQuantity(Json& container, const char* list, std::optional<Bytes> bytes) {
    Json& resources = container["resources"];
    if (!resources.is_object()) resources = Json::object();
    if (bytes) {
        resources[list]["memory"] = formatQuantity(*bytes);
        return;
    }
    if (!resources.contains(list)) return;
    resources[list].erase("memory");
    if (resources[list].empty()) resources.erase(list);
}

bool setsGo(const TrialPodPlan& plan, std::string_view name) {
    return (name == "GOMEMLIMIT" && plan.gomemlimit) || (name == "GOGC" && plan.gogc);
}

std::optional<Error> checkName(const TrialPodPlan& plan, const std::string& name,
                               std::string_view flag) {
    if (name.empty() || name.find('=') != std::string::npos)
        return usageError(
            fmt::format("{} names the variable {}, which cannot be", flag, memfit::quoted(name)),
            "write --env NAME=VALUE or --unset-env NAME");
    if (setsGo(plan, name))
        return usageError(
            fmt::format("{} {} does not go with a trial that sets {} itself", flag, name, name),
            "--keep-env leaves the Go settings to the workload");
    return std::nullopt;
}

}  // namespace

std::optional<Error> checkOverrides(const TrialPodPlan& plan) {
    for (const auto& [name, value] : plan.env)
        if (auto error = checkName(plan, name, "--env")) return error;
    for (const auto& name : plan.unsetEnv)
        if (auto error = checkName(plan, name, "--unset-env")) return error;
    return std::nullopt;
}

void setMemory(Json& container, std::optional<Bytes> limit, std::optional<Bytes> request) {
    setQuantity(container, "limits", limit);
    setQuantity(container, "requests", request);
}

void applySettings(Json& container, const TrialPodPlan& plan, std::vector<Notice>& notices) {
    if (plan.limit)
        setMemory(container, plan.limit, plan.limit);
    else
        setMemory(container, plan.ceiling, requestOfUnlimitedRun(container, plan));
    for (const auto& name : plan.unsetEnv) unsetVariable(container, name, notices);
    for (const auto& [name, value] : plan.env) setVariable(container, name, value);
    if (plan.gomemlimit) setVariable(container, "GOMEMLIMIT", *plan.gomemlimit);
    if (plan.gogc) setVariable(container, "GOGC", *plan.gogc);
}

void makeHarmless(Json& container, std::vector<Notice>& notices) {
    container.erase("livenessProbe");
    if (!container.contains("ports") || !container["ports"].is_array()) return;
    for (auto& port : container["ports"]) {
        if (!port.is_object() || !port.contains("hostPort")) continue;
        notices.push_back(
            {"host-port-dropped", fmt::format("port {} of container {} is not opened on the node",
                                              kube::integer(port, {"hostPort"}).value_or(0),
                                              kube::text(container, {"name"}))});
        port.erase("hostPort");
        port.erase("hostIP");
    }
}

}  // namespace memfit
