#include "cluster/pod_removal.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cluster/kubectl_cluster.h"
#include "process/event_loop.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

std::optional<std::string> problemWith(const std::string& body) {
    const test::StandInKubectl standIn(body);
    EventLoop loop;
    KubectlCluster cluster(loop, standIn.connect(loop));
    return removePods(loop, cluster, {"shop", "memfit-api-1", ""});
}

}  // namespace

TEST_CASE("a pod is removed when it was seen to be gone") {
    const test::StandInKubectl standIn("exit 0");
    EventLoop loop;
    KubectlCluster cluster(loop, standIn.connect(loop));
    CHECK(removePods(loop, cluster, {"shop", "", "a=b"}) == std::nullopt);
    CHECK(standIn.words() ==
          std::vector<std::string>{"delete", "pods", "--selector=a=b", "--namespace=shop",
                                   "--grace-period=0", "--force", "--wait=false",
                                   "--ignore-not-found", "get", "pods", "--selector=a=b",
                                   "--namespace=shop", "--ignore-not-found", "--output=name"});
}

TEST_CASE("a delete that kubectl cancels, and calls a success, removes nothing") {
    CHECK(problemWith(
              "case $1 in delete) echo 'deletion is cancelled';; get) echo pod/memfit-api-1;; "
              "esac") ==
          "kubectl delete succeeded (\"deletion is cancelled\"), but pod/memfit-api-1 is still "
          "there");
}

TEST_CASE("a pod that is gone a moment later is removed") {
    CHECK(problemWith(
              "case $1 in get) test -e $0.seen || echo pod/memfit-api-1; touch $0.seen;; esac") ==
          std::nullopt);
}

TEST_CASE("a delete or a look that fails is told in kubectl's words") {
    CHECK(problemWith("echo 'error: no today' >&2; exit 1") == "error: no today");
    CHECK(problemWith("case $1 in get) echo 'error: may not look' >&2; exit 1;; esac") ==
          "error: may not look");
}

TEST_CASE("the user's preferences of kubectl reach no call") {
    const test::StandInKubectl standIn("echo \"kuberc: $KUBECTL_KUBERC\"");
    EventLoop loop;
    const auto kubectl = standIn.connect(loop);
    CHECK(kubectl.text({"version"}).value() == "kuberc: false\n");
    CHECK(kubectl.runThroughSignals({"version"}, std::nullopt, 5).value().out == "kuberc: false\n");
}
