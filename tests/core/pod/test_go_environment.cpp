#include <doctest/doctest.h>

#include <string>

#include "memfit/pod/go_environment.h"

using namespace memfit;

namespace {

Container limited(std::string name, std::optional<Bytes> limit) {
    Container container;
    container.name = std::move(name);
    container.memoryLimit = limit;
    return container;
}

GoVariable reference(std::string resource, std::string container = {}, std::string divisor = {}) {
    GoVariable variable;
    variable.from = GoVariable::From::resourceField;
    variable.resource = std::move(resource);
    variable.containerName = std::move(container);
    variable.divisor = std::move(divisor);
    return variable;
}

/// `value: code: text`, with `unknown` and `unset` as values; of GOMEMLIMIT.
std::string resolved(const GoVariable& gomemlimit, std::optional<Bytes> limit = 36 * MiB) {
    auto own = limited("api", limit);
    own.gomemlimit = gomemlimit;
    const auto found = resolveGoEnvironment({own, limited("side", 10 * MiB)}, own);
    std::string text = found.gomemlimitUnknown ? "unknown" : found.gomemlimit.value_or("unset");
    for (const auto& notice : found.notices) text += "; " + notice.code + ": " + notice.text;
    return text;
}

}  // namespace

TEST_CASE("a reference to the limit comes to its bytes") {
    CHECK(resolved(reference("limits.memory")) == "37748736");
    CHECK(resolved(reference("limits.memory", "api", "0")) == "37748736");
    CHECK(resolved(reference("limits.memory", "", "1")) == "37748736");
}

TEST_CASE("with a divisor the program gets the quotient, which Go reads as bytes") {
    CHECK(
        resolved(reference("limits.memory", "", "1Mi")) ==
        "36; gomemlimit-divisor: GOMEMLIMIT is limits.memory with the divisor 1Mi, so the program "
        "gets 36, which Go reads as that many bytes; leave the divisor out");
}

TEST_CASE("a quotient is rounded up") {
    CHECK(resolved(reference("limits.memory", "", "1Mi"), 36 * MiB + 1).substr(0, 3) == "37;");
}

TEST_CASE("a reference to a limit that is not set comes to the whole node") {
    CHECK(resolved(reference("limits.memory"), std::nullopt) ==
          "unknown; gomemlimit-of-node: GOMEMLIMIT refers to the memory limit of container api, "
          "which has none: it becomes what the whole node can allocate, and bounds nothing");
}

TEST_CASE("a reference to another container's limit is followed and reported") {
    CHECK(resolved(reference("limits.memory", "side")) ==
          "10485760; gomemlimit-other-container: GOMEMLIMIT of container api is the "
          "limits.memory of container side");
    CHECK(resolved(reference("limits.memory", "gone")) ==
          "unknown; go-setting-unknown: GOMEMLIMIT refers to \"limits.memory\" of container "
          "\"gone\", which is not known");
}

TEST_CASE("a request that is not set comes to 0") {
    CHECK(resolved(reference("requests.memory")) == "0");
}

TEST_CASE("a value from a ConfigMap or Secret is not known, which is not the same as unset") {
    GoVariable variable;
    CHECK(resolved(variable) == "unset");
    variable.from = GoVariable::From::other;
    variable.text = "configMapKeyRef";
    CHECK(resolved(variable) ==
          "unknown; go-setting-unknown: GOMEMLIMIT comes from \"configMapKeyRef\", which was not "
          "read");
    auto own = limited("api", std::nullopt);
    own.envFrom = true;
    own.gogc.from = GoVariable::From::literal;
    own.gogc.text = "50";
    const auto found = resolveGoEnvironment({own}, own);
    CHECK(found.gomemlimitUnknown);
    CHECK_FALSE(found.gogcUnknown);
    CHECK(found.gogc == "50");
}
