#include "testbed/pod/pod_load_host.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cluster/kubectl_cluster.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

/// A namespace that refuses pods which lack what it asks for: `demands` are lines of a shell script
/// that look at the pod in $0.pod and may `refuse`.
std::string namespaceThat(const std::string& demands) {
    return R"(
refuse() { echo "Error from server (Forbidden): pods \"p\" is forbidden: $1" >&2; exit 1; }
case "$1 $*" in
proxy*) exit 1 ;;
create*) cat >"$0.pod"; )" +
           demands + R"(; echo pod/p ;;
*--raw*) echo '{"kind":"Pod","metadata":{"name":"p"},"status":{"phase":"Succeeded",
    "containerStatuses":[{"name":"load","state":{"terminated":{"exitCode":0}}}]}}' ;;
logs*) echo report ;;
esac)";
}

struct Tried {
    std::string error;  ///< empty: the load ran
    nlohmann::json container;
};

Tried tryIn(const std::string& demands) {
    const test::StandInKubectl standIn(namespaceThat(demands));
    EventLoop loop;
    KubectlCluster api(loop, standIn.connect(loop));
    PodLoadHost host(loop, api, {"shop", "run1", "hey:1", 60});
    auto load = host.start({"hey", "-n", "5"});
    Tried tried;
    const auto pod = nlohmann::json::parse(test::readText(standIn.path() + ".pod"));
    tried.container = pod.at("spec").at("containers").at(0);
    if (!load) {
        tried.error = load.error().message();
        return tried;
    }
    REQUIRE(loop.waitUntil([&] { return !(*load)->running(); }, 10) == WaitEnd::ready);
    CHECK((*load)->output().out == "report\n");
    return tried;
}

const std::string restricted =
    "grep -q runAsNonRoot \"$0.pod\" || refuse 'violates PodSecurity \"restricted:latest\"'";
const std::string quota =
    "grep -q '\"512Mi\"' \"$0.pod\" || refuse 'failed quota: q: must specify limits.memory'";

}  // namespace

TEST_CASE("a load pod has no privileges, and no limits that nobody asks for") {
    const auto tried = tryIn("true");
    CHECK(tried.error.empty());
    CHECK(tried.container == nlohmann::json::parse(R"({"name": "load", "image": "hey:1",
              "command": ["hey", "-n", "5"], "resources": {},
              "securityContext": {"allowPrivilegeEscalation": false,
                                  "capabilities": {"drop": ["ALL"]},
                                  "seccompProfile": {"type": "RuntimeDefault"}}})"));
}

TEST_CASE("a load pod gives what its namespace asks for: no root, requests and limits, or both") {
    const auto strict = tryIn(restricted);
    CHECK(strict.error.empty());
    CHECK(strict.container.at("securityContext").at("runAsNonRoot") == true);
    CHECK(strict.container.at("resources").empty());
    const auto bounded = tryIn(quota);
    CHECK(bounded.error.empty());
    CHECK(bounded.container.at("resources") ==
          nlohmann::json::parse(R"({"requests": {"cpu": "100m", "memory": "128Mi"},
                                    "limits": {"cpu": "1", "memory": "512Mi"}})"));
    CHECK_FALSE(bounded.container.at("securityContext").contains("runAsNonRoot"));
    const auto both = tryIn(restricted + "; " + quota);
    CHECK(both.error.empty());
    CHECK(both.container.at("securityContext").at("runAsUser") == 65534);
    CHECK(both.container.at("resources").contains("limits"));
}

TEST_CASE("a refusal that a load pod cannot mend is told as it is") {
    CHECK(tryIn("refuse 'no pods today'").error.find("no pods today") != std::string::npos);
    CHECK(tryIn("refuse 'exceeded quota: q, requested: pods=1'")
              .error.find("exceeded quota: q, requested: pods=1") != std::string::npos);
}
