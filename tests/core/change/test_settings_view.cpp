#include <doctest/doctest.h>

#include "memfit/change/settings_view.h"

namespace {

using namespace memfit;

Container sales() {
    Container container;
    container.name = "sales";
    container.memoryLimit = 64 * MiB;
    container.memoryRequest = 32 * MiB;
    container.gomemlimit.from = GoVariable::From::literal;
    container.gomemlimit.text = "50MiB";
    return container;
}

MemorySettings advised() {
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, 36 * MiB};
    wanted.request = {MemoryWish::Kind::set, 36 * MiB};
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    wanted.gogc.kind = GogcWish::Kind::off;
    return wanted;
}

TEST_CASE("the settings of a container are shown without the rest of its environment") {
    auto container = sales();
    container.envNames = {"PASSWORD", "GOMEMLIMIT"};
    container.gogc.from = GoVariable::From::other;
    container.gogc.text = "configMapKeyRef";
    CHECK(settingsYaml(container) == R"(name: sales
resources:
  limits:
    memory: 64Mi
  requests:
    memory: 32Mi
env:
  - name: GOMEMLIMIT
    value: 50MiB
  - name: GOGC
    valueFrom:
      configMapKeyRef: {}
)");
}

TEST_CASE("a container without memory settings is shown by its name") {
    Container bare;
    bare.name = "bare";
    CHECK(settingsYaml(bare) == "name: bare\n");
}

TEST_CASE("everything that a container lacks of what is wanted is named") {
    CHECK(unmet(sales(), advised()) ==
          std::vector<std::string>{
              "limits.memory is 64Mi, not 36Mi", "requests.memory is 32Mi, not 36Mi",
              "GOMEMLIMIT is 50MiB, not limits.memory", "GOGC is not set, not off"});
    CHECK(unmet(sales(), MemorySettings{}).empty());
}

TEST_CASE("a reference to the container's own limit is what is wanted, with its name or without") {
    MemorySettings wanted;
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    auto container = sales();
    container.gomemlimit = {};
    container.gomemlimit.from = GoVariable::From::resourceField;
    container.gomemlimit.resource = "limits.memory";
    container.gomemlimit.divisor = "0";
    CHECK(unmet(container, wanted).empty());
    container.gomemlimit.containerName = "sales";
    CHECK(unmet(container, wanted).empty());
    container.gomemlimit.containerName = "proxy";
    CHECK(unmet(container, wanted) ==
          std::vector<std::string>{"GOMEMLIMIT is limits.memory, not limits.memory"});
}

}  // namespace
