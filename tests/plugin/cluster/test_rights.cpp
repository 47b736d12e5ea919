#include "cluster/rights.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cluster/kubectl_cluster.h"
#include "process/event_loop.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

const std::vector<Right> rights{{"delete", "replicasets.apps", ""}, {"get", "pods", "log"}};

Result<void> checkedBy(const test::StandInKubectl& standIn) {
    EventLoop loop;
    KubectlCluster cluster(loop, standIn.connect(loop));
    const auto checked = checkRights(cluster, "shop", "trial pods", rights);
    if (!checked) return checked.error();
    return {};
}

}  // namespace

TEST_CASE("every right is asked for, of the namespace and of the subresource") {
    const test::StandInKubectl standIn("exit 0");
    CHECK(checkedBy(standIn).has_value());
    CHECK(standIn.words() == std::vector<std::string>{"auth", "can-i", "delete", "replicasets.apps",
                                                      "--namespace=shop", "--quiet", "auth",
                                                      "can-i", "get", "pods", "--namespace=shop",
                                                      "--quiet", "--subresource=log"});
}

TEST_CASE("the first right that is missing is named with its resource") {
    const test::StandInKubectl standIn("case $3 in get) exit 1;; esac");
    CHECK(checkedBy(standIn).error() ==
          failure("trial pods need the verb get on pods/log in namespace shop, which this user may "
                  "not",
                  "ask for that permission; docs/rbac.md has the role each command needs"));
}

TEST_CASE("an API server that cannot be asked is no missing right") {
    const test::StandInKubectl standIn("echo 'dial tcp: connection refused' >&2; exit 1");
    CHECK(checkedBy(standIn).error() == failure("kubectl auth can-i: dial tcp: connection refused",
                                                "check that the cluster answers: kubectl version"));
}
