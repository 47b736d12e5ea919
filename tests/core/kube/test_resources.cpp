#include "memfit/kube/resources.h"

#include <doctest/doctest.h>

#include <set>

using namespace memfit;

TEST_CASE("the table of kinds has a row for every resource, in their order") {
    std::size_t place = 0;
    std::set<std::string_view> plurals;
    for (const auto& kind : allResourceKinds()) {
        CHECK(static_cast<std::size_t>(kind.resource) == place++);
        CHECK(kindOf(kind.resource).plural == kind.plural);
        CHECK_FALSE(kind.versions[0].empty());
        plurals.insert(kind.plural);
    }
    CHECK(plurals.size() == place);
    CHECK(place == static_cast<std::size_t>(Resource::verticalPodAutoscalers) + 1);
}

TEST_CASE("every kind of workload is a resource") {
    CHECK(kindOf(resourceOf(WorkloadKind::deployment)).plural == "deployments");
    CHECK(kindOf(resourceOf(WorkloadKind::statefulSet)).plural == "statefulsets");
    CHECK(kindOf(resourceOf(WorkloadKind::daemonSet)).plural == "daemonsets");
    CHECK(kindOf(resourceOf(WorkloadKind::replicaSet)).plural == "replicasets");
    CHECK(kindOf(resourceOf(WorkloadKind::job)).plural == "jobs");
    CHECK(kindOf(resourceOf(WorkloadKind::cronJob)).plural == "cronjobs");
    CHECK(kindOf(resourceOf(WorkloadKind::pod)).plural == "pods");
}

TEST_CASE("a list is under its group, in one namespace or in all") {
    CHECK(listPath(Resource::deployments, "shop") == "/apis/apps/v1/namespaces/shop/deployments");
    CHECK(listPath(Resource::deployments, std::nullopt) == "/apis/apps/v1/deployments");
    CHECK(listPath(Resource::pods, "shop") == "/api/v1/namespaces/shop/pods");
    CHECK(listPath(Resource::nodes, std::nullopt) == "/api/v1/nodes");
    CHECK(groupPath(Resource::verticalPodAutoscalers) == "/apis/autoscaling.k8s.io");
}

TEST_CASE("a list of an older version is asked for by its place in the table") {
    CHECK(listPath(Resource::horizontalPodAutoscalers, "shop", {}, 1) ==
          "/apis/autoscaling/v2beta2/namespaces/shop/horizontalpodautoscalers");
    CHECK(apiPath(Resource::podDisruptionBudgets, 1) == "apis/policy/v1beta1");
}

TEST_CASE("the conditions of a list are encoded") {
    CHECK(listPath(Resource::pods, "shop", {.labels = "app in (a,b)"}) ==
          "/api/v1/namespaces/shop/pods?labelSelector=app%20in%20%28a%2Cb%29");
    CHECK(listPath(Resource::pods, std::nullopt,
                   {.fields = "spec.nodeName=n&1", .limit = 500, .token = "a=="}) ==
          "/api/v1/pods?fieldSelector=spec.nodeName%3Dn%261&limit=500&continue=a%3D%3D");
    CHECK(listPath(Resource::pods, "shop", {.labels = "memfit.dev/run-id=1a", .watch = true}) ==
          "/api/v1/namespaces/shop/pods?watch=1&labelSelector=memfit.dev%2Frun-id%3D1a");
}

TEST_CASE("no name can leave its place in a path") {
    CHECK(objectPath(Resource::pods, "a/b", "../x?y#z") ==
          "/api/v1/namespaces/a%2Fb/pods/..%2Fx%3Fy%23z");
    CHECK(objectPath(Resource::nodes, std::nullopt, "n/1") == "/api/v1/nodes/n%2F1");
    CHECK(logPath("shop", "p/q", "a&b", 50) ==
          "/api/v1/namespaces/shop/pods/p%2Fq/log?container=a%26b&tailLines=50");
    CHECK(podPagePath("shop", "api-1", 3000, "/debug/pprof/heap?debug=1") ==
          "/api/v1/namespaces/shop/pods/api-1:3000/proxy/debug/pprof/heap?debug=1");
    CHECK(kubeletPath("n/1", summaryPage) ==
          "/api/v1/nodes/n%2F1/proxy/stats/summary?only_cpu_and_memory=true");
}

TEST_CASE("roles name a resource with its group") {
    CHECK(qualifiedName(Resource::pods) == "pods");
    CHECK(qualifiedName(Resource::replicaSets) == "replicasets.apps");
}

TEST_CASE("a segment of a path keeps only the characters that mean nothing in a URL") {
    CHECK(urlEncoded("sales-api_1.2~x") == "sales-api_1.2~x");
    CHECK(urlEncoded("a b/../c?d=e&f#g%h+") == "a%20b%2F..%2Fc%3Fd%3De%26f%23g%25h%2B");
    CHECK(urlEncoded("memfit.dev/run=1a") == "memfit.dev%2Frun%3D1a");
    CHECK(urlEncoded("\xC3\xA4\n") == "%C3%A4%0A");
    CHECK(urlEncoded("").empty());
}
