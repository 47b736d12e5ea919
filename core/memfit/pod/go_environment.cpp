#include "memfit/pod/go_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "memfit/units/bytes.h"
#include "memfit/units/quantity.h"
#include "memfit/units/quoted.h"

namespace memfit {

namespace {

/// One variable: its value, or that it is not known, and what is to be said of it.
struct Resolved {
    std::optional<std::string> value;
    bool unknown = false;
    std::vector<Notice> notices;
};

Resolved unknownValue(std::string code, std::string text) {
    return {std::nullopt, true, {{std::move(code), std::move(text)}}};
}

/// A divisor of 0 or none counts as 1.
std::optional<Bytes> divisorOf(const GoVariable& variable) {
    if (variable.divisor.empty()) return 1;
    const auto divisor = parseQuantity(variable.divisor);
    if (!divisor) return std::nullopt;
    return std::max<Bytes>(divisor->bytes, 1);
}

Resolved divided(std::string_view name, const GoVariable& variable, Bytes size) {
    const auto divisor = divisorOf(variable);
    if (!divisor)
        return unknownValue("go-setting-unknown",
                            fmt::format("{} has the divisor {}, which Kubernetes does not read",
                                        name, quoted(variable.divisor)));
    const Bytes value = size / *divisor + (size % *divisor == 0 ? 0 : 1);
    Resolved resolved{std::to_string(value), false, {}};
    if (*divisor != 1)
        resolved.notices.push_back(
            {"gomemlimit-divisor",
             fmt::format("{} is {} with the divisor {}, so the program gets {}, which Go reads as "
                         "that many bytes; leave the divisor out",
                         name, variable.resource, formatQuantity(*divisor), value)});
    return resolved;
}

Resolved ofResource(std::string_view name, const GoVariable& variable,
                    const std::vector<Container>& containers, const Container& own) {
    const bool foreign = !variable.containerName.empty() && variable.containerName != own.name;
    const auto found = std::ranges::find(containers, foreign ? variable.containerName : own.name,
                                         &Container::name);
    const bool isLimit = variable.resource == "limits.memory";
    if (found == containers.end() || (!isLimit && variable.resource != "requests.memory"))
        return unknownValue("go-setting-unknown",
                            fmt::format("{} refers to {} of container {}, which is not known", name,
                                        quoted(variable.resource),
                                        quoted(foreign ? variable.containerName : own.name)));
    if (isLimit && !found->memoryLimit)
        return unknownValue(
            "gomemlimit-of-node",
            fmt::format("{} refers to the memory limit of container {}, which has none: it becomes "
                        "what the whole node can allocate, and bounds nothing",
                        name, found->name));
    auto resolved =
        divided(name, variable, isLimit ? *found->memoryLimit : found->memoryRequest.value_or(0));
    if (foreign)
        resolved.notices.push_back({"gomemlimit-other-container",
                                    fmt::format("{} of container {} is the {} of container {}",
                                                name, own.name, variable.resource, found->name)});
    return resolved;
}

Resolved resolve(std::string_view name, const GoVariable& variable,
                 const std::vector<Container>& containers, const Container& own) {
    switch (variable.from) {
        case GoVariable::From::unset:
            if (!own.envFrom) return {};
            return unknownValue(
                "go-setting-unknown",
                fmt::format("{} may come from a whole ConfigMap or Secret (envFrom), which was not "
                            "read",
                            name));
        case GoVariable::From::literal:
            return {variable.text, false, {}};
        case GoVariable::From::resourceField:
            return ofResource(name, variable, containers, own);
        case GoVariable::From::other:
            return unknownValue(
                "go-setting-unknown",
                fmt::format("{} comes from {}, which was not read", name, quoted(variable.text)));
    }
    return {};
}

}  // namespace

GoEnvironment resolveGoEnvironment(const std::vector<Container>& containers,
                                   const Container& container) {
    auto gomemlimit = resolve("GOMEMLIMIT", container.gomemlimit, containers, container);
    auto gogc = resolve("GOGC", container.gogc, containers, container);
    GoEnvironment environment{std::move(gomemlimit.value), std::move(gogc.value),
                              gomemlimit.unknown, gogc.unknown, std::move(gomemlimit.notices)};
    environment.notices.insert(environment.notices.end(), gogc.notices.begin(), gogc.notices.end());
    return environment;
}

}  // namespace memfit
