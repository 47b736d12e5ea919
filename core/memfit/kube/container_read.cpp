#include "memfit/kube/container_read.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "memfit/units/quantity.h"

namespace memfit {

namespace {

using kube::Json;

/// Hand-written manifests may give a quantity as a number; the API server takes both.
std::optional<std::string> quantityText(const Json& container, std::string_view list,
                                        std::string_view resource) {
    const Json* const value = kube::member(container, {"resources", list, resource});
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    return kube::dump(*value);
}

Error located(Error error, const Container& container, std::string_view field,
              std::string_view where) {
    error.what =
        fmt::format("{}: container {}, resources.{}: {}", where, container.name, field, error.what);
    return error;
}

std::optional<Error> readMemory(const Json& json, std::string_view list, std::string_view where,
                                Container& container, std::optional<Bytes>& into) {
    const auto text = quantityText(json, list, "memory");
    if (!text) return std::nullopt;
    const auto quantity = parseQuantity(*text);
    if (!quantity)
        return located(quantity.error(), container, fmt::format("{}.memory", list), where);
    into = quantity->bytes;
    container.fractionalMemory = container.fractionalMemory || quantity->fractional;
    return std::nullopt;
}

std::optional<Error> readCpu(const Json& json, std::string_view list, std::string_view where,
                             const Container& container, std::optional<std::int64_t>& into) {
    const auto text = quantityText(json, list, "cpu");
    if (!text) return std::nullopt;
    const auto milli = parseMilliCpu(*text);
    if (!milli) return located(milli.error(), container, fmt::format("{}.cpu", list), where);
    into = *milli;
    return std::nullopt;
}

GoVariable readGoVariable(const Json& entry) {
    GoVariable variable;
    const Json& source = kube::object(entry, {"valueFrom"});
    if (source.empty()) {
        variable.from = GoVariable::From::literal;
        variable.text = kube::text(entry, {"value"});
        return variable;
    }
    if (kube::member(source, {"resourceFieldRef"}) == nullptr) {
        variable.from = GoVariable::From::other;
        variable.text = source.begin().key();
        return variable;
    }
    variable.from = GoVariable::From::resourceField;
    variable.resource = kube::text(source, {"resourceFieldRef", "resource"});
    variable.containerName = kube::text(source, {"resourceFieldRef", "containerName"});
    const Json* const divisor = kube::member(source, {"resourceFieldRef", "divisor"});
    if (divisor != nullptr)
        variable.divisor =
            divisor->is_string() ? divisor->get<std::string>() : kube::dump(*divisor);
    return variable;
}

void readEnvironment(const Json& json, Container& container) {
    for (const auto& entry : kube::array(json, {"env"})) {
        const auto name = kube::text(entry, {"name"});
        if (name == "GOMEMLIMIT") container.gomemlimit = readGoVariable(entry);
        if (name == "GOGC") container.gogc = readGoVariable(entry);
        container.envNames.push_back(name);
    }
    container.envFrom = !kube::array(json, {"envFrom"}).empty();
}

void readPorts(const Json& json, Container& container) {
    for (const auto& port : kube::array(json, {"ports"})) {
        const auto number = kube::integer(port, {"containerPort"});
        if (!number || *number < 1 || *number > std::numeric_limits<std::uint16_t>::max()) continue;
        ContainerPort read{kube::text(port, {"name"}), static_cast<std::int32_t>(*number), "TCP"};
        if (auto protocol = kube::text(port, {"protocol"}); !protocol.empty())
            read.protocol = std::move(protocol);
        container.ports.push_back(std::move(read));
    }
}

bool hasProbe(const Json& json, std::string_view name) {
    return !kube::object(json, {name}).empty();
}

}  // namespace

Result<Container> readContainer(const Json& json, std::string_view where) {
    Container container;
    container.name = kube::text(json, {"name"});
    container.image = kube::text(json, {"image"});
    readPorts(json, container);
    for (const auto& error :
         {readMemory(json, "limits", where, container, container.memoryLimit),
          readMemory(json, "requests", where, container, container.memoryRequest),
          readCpu(json, "limits", where, container, container.cpuLimitMilli),
          readCpu(json, "requests", where, container, container.cpuRequestMilli)})
        if (error) return *error;
    if (container.memoryLimit == 0) container.memoryLimit.reset();
    readEnvironment(json, container);
    container.hasReadinessProbe = hasProbe(json, "readinessProbe");
    container.hasLivenessProbe = hasProbe(json, "livenessProbe");
    container.hasStartupProbe = hasProbe(json, "startupProbe");
    return container;
}

}  // namespace memfit
