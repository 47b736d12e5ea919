#include "session/cluster.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace memfit;
using namespace memfit::plugin;

using Words = std::vector<std::string>;

namespace {

/// `path/plural/name` of what the words name, or the error's message.
std::string named(const Words& words) {
    const auto workload = workloadWords(words);
    if (workload) {
        return fmt::format("{}/{}/{}", apiPath(workload->resource),
                           kindOf(workload->resource).plural, workload->name);
    }
    CHECK((workload.error().kind == ErrorKind::usage));
    return workload.error().message();
}

}  // namespace

TEST_CASE("a workload is named as kubectl names it, in one word or two") {
    for (const std::string type :
         {"deploy", "deployment", "deployments", "deployment.apps", "deployments.apps",
          "deployment.v1.apps", "deployments.v1.apps", "Deployment", "DEPLOY"}) {
        CAPTURE(type);
        CHECK(named({type + "/api"}) == "apis/apps/v1/deployments/api");
        CHECK(named({type, "api"}) == "apis/apps/v1/deployments/api");
    }
}

TEST_CASE("every type that has pods is known by its short, single and plural name") {
    const auto all = [](const Words& types, const std::string& place) {
        for (const auto& type : types) {
            CAPTURE(type);
            CHECK(named({type + "/x"}) == place + "/x");
        }
    };
    all({"sts", "statefulset", "statefulsets", "statefulsets.apps", "statefulset.v1.apps"},
        "apis/apps/v1/statefulsets");
    all({"ds", "daemonset", "daemonsets", "daemonsets.apps"}, "apis/apps/v1/daemonsets");
    all({"rs", "replicaset", "replicasets", "replicasets.apps"}, "apis/apps/v1/replicasets");
    all({"po", "pod", "pods", "Pod"}, "api/v1/pods");
}

TEST_CASE("the name is kept as it is written") {
    CHECK(named({"deploy/My.App-1"}) == "apis/apps/v1/deployments/My.App-1");
}

TEST_CASE("words that name no workload are refused with how to write one") {
    const auto refused = [](const std::string& shown) {
        return fmt::format("'{}' names no workload; write TYPE/NAME: deploy/sales-api", shown);
    };
    for (const std::string word : {"x", "deploy", "deploy/", "a/b/c", "deploy/a/b", "", "/"}) {
        CAPTURE(word);
        CHECK(named({word}) == refused(word));
    }
    CHECK(named({}) == refused(""));
    CHECK(named({"deploy", ""}) == refused("deploy "));
    CHECK(named({"deploy", "a/b"}) == refused("deploy a/b"));
    CHECK(named({"deploy", "a", "b"}) == refused("deploy a b"));
}

TEST_CASE("a type without pods is refused with those that have some") {
    for (const std::string type :
         {"cm", "svc", "cronjobs", "deployments.extensions", ".apps", ""}) {
        CAPTURE(type);
        CHECK(named({type + "/x"}) ==
              fmt::format("'{}' is no type of workload; it is one of deploy, sts, ds, rs, pod",
                          type));
    }
    CHECK(named({"deploy/x", "y"}) ==
          "'deploy/x' is no type of workload; it is one of deploy, sts, ds, rs, pod");
}
