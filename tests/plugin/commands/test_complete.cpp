#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "commands/complete.h"
#include "support/stand_in_kubectl.h"

using namespace memfit::plugin;
using memfit::test::StandInKubectl;

namespace {

using Words = std::vector<std::string>;

std::string completed(const Words& words) {
    std::ostringstream out, err;
    CHECK(runComplete(words, {out, err, false, false, false}) == 0);
    CHECK(err.str().empty());
    return out.str();
}

}  // namespace

TEST_CASE("a context is offered whole, whatever is in its name") {
    const StandInKubectl kubectl("echo arn:aws:eks:us-east-1:1:cluster/dev; echo 'kind/lab'");
    CHECK(completed({"squeeze", "--context", ""}) ==
          "arn:aws:eks:us-east-1:1:cluster/dev\nkind/lab\n:4\n");
    CHECK(completed({"squeeze", "--context=arn:aws:"}) ==
          "--context=arn:aws:eks:us-east-1:1:cluster/dev\n:4\n");
    CHECK(kubectl.words() == Words{"config", "get-contexts", "--output=name", "config",
                                   "get-contexts", "--output=name"});
}

TEST_CASE("clusters and users of the kubeconfig are offered, and not the header above them") {
    const StandInKubectl kubectl("echo NAME; echo admin@a; echo b/c");
    CHECK(completed({"squeeze", "--cluster", ""}) == "admin@a\nb/c\n:4\n");
    CHECK(completed({"squeeze", "--user=a"}) == "--user=admin@a\n:4\n");
    CHECK(kubectl.words() == Words{"config", "get-clusters", "config", "get-users"});
}

TEST_CASE("workloads and namespaces are offered without their kinds") {
    const StandInKubectl kubectl("echo deployment.apps/api; echo deployment.apps/worker");
    const Words asked{"get", "deployments", "--output=name", "--request-timeout=2s",
                      "--namespace=shop"};
    CHECK(completed({"squeeze", "-n", "shop", "deploy/"}) == "deploy/api\ndeploy/worker\n:4\n");
    CHECK(kubectl.words() == asked);
    CHECK(completed({"squeeze", "deploy", ""}) == "api\nworker\n:4\n");
    CHECK(completed({"squeeze", "deploy", "w"}) == "worker\n:4\n");
    CHECK(completed({"squeeze", "-na"}) == "-napi\n:4\n");
}

TEST_CASE("the containers and sidecars of the workload that is named are offered") {
    const StandInKubectl kubectl("echo api; echo proxy");
    CHECK(completed({"squeeze", "deploy/shop", "-c", ""}) == "api\nproxy\n:4\n");
    const auto names = [](const std::string& spec) {
        return "{range " + spec + R"(.containers[*]}{.name}{"\n"}{end}{range )" + spec +
               R"(.initContainers[?(@.restartPolicy=="Always")]}{.name}{"\n"}{end})";
    };
    CHECK(kubectl.words() ==
          Words{"get", "deployments", "shop", "--request-timeout=2s",
                "--output=jsonpath=" + names(".spec") + names(".spec.template.spec")});
    CHECK(completed({"squeeze", "-c", ""}) == ":4\n");
}

TEST_CASE("kubectl is not asked about a word that is not a type of workload") {
    const StandInKubectl kubectl("echo service/api");
    CHECK(completed({"squeeze", "svc/"}) == ":4\n");
    CHECK(completed({"recommend", "deploy,sts/"}) == ":4\n");
    CHECK(completed({"lint", "deploy.yaml", ""}) == ":0\n");
    CHECK(kubectl.words().empty());
}
