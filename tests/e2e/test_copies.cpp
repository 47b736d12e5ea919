#include <algorithm>

#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

const Words trial{"probe", "--load", load(), "--yes", "-q", "-o", "json"};

Words trialOf(const std::string& target, const Words& more = {}) {
    auto words = trial;
    words.insert(words.begin() + 1, target);
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

bool warnsOf(const Json& document, const std::string& code) {
    for (const auto& warning : document.at("warnings")) {
        if (warning.at("code") == code) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a trial pod serves nobody, belongs to nobody, and has all the memory it may use") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto endpoints = ns.get({"endpoints/sales-api"}).at("subsets");
    for (const Words& flags : {Words{}, Words{"--keep-labels"}}) {
        auto words = quickSqueeze("deploy/sales-api", {"--max-trials", "2"});
        words.insert(words.end(), flags.begin(), flags.end());
        Memfit run(ns, words);
        const auto pod = run.awaitPod([](const Json& candidate) {
            const auto name = candidate.at("metadata").at("name").get<std::string>();
            return name.ends_with("-2") && containersReady(candidate);
        });
        for (const auto& subset : ns.get({"endpoints/sales-api"}).at("subsets")) {
            CHECK(subset.at("addresses").size() == 1);
            CHECK(subset.at("addresses") == endpoints.at(0).at("addresses"));
        }
        CHECK(!isReady(pod));
        CHECK(!pod.at("metadata").contains("ownerReferences"));
        const auto& resources = pod.at("spec").at("containers").at(0).at("resources");
        CHECK(resources.at("limits").at("memory") == resources.at("requests").at("memory"));
        (void)run.end();
    }
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

TEST_CASE("a service with a sidecar is measured in the container that is named") {
    const Namespace ns;
    auto both = deployment("api");
    auto& containers = both.at("spec").at("template").at("spec").at("containers");
    auto sidecar = containers.at(0);
    sidecar.merge_patch({{"name", "sidecar"},
                         {"ports", nullptr},
                         {"readinessProbe", nullptr},
                         {"env",
                          {{{"name", "SALES_API_HOST"}, {"value", ":3001"}},
                           {{"name", "SALES_DEBUG_HOST"}, {"value", ":4001"}}}}});
    containers.push_back(sidecar);
    ns.apply(both);
    const auto unnamed = measure(ns, trialOf("deploy/api"));
    CHECK(unnamed.code != 0);
    CHECK(unnamed.err.find("api, sidecar") != std::string::npos);
    const auto result =
        document(measure(ns, quickSqueeze("deploy/api", {"-c", "api", "--load", load(60)})));
    CHECK(result.at("target").at("container") == "api");
    CHECK(result.at("edge").at("estimateBytes") < 32 * 1024 * 1024);
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

TEST_CASE("a copy of a StatefulSet's pod gets a volume of its own in place of the claim") {
    const Namespace ns;
    auto set = deployment(
        "api", {{"volumeMounts", Json::array({{{"name", "data"}, {"mountPath", "/data"}}})}});
    set["kind"] = "StatefulSet";
    set["spec"]["serviceName"] = "api";
    set["spec"]["volumeClaimTemplates"] =
        Json::array({{{"metadata", {{"name", "data"}}},
                      {"spec",
                       {{"accessModes", {"ReadWriteOnce"}},
                        {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}}});
    ns.apply(set);
    const auto result = document(measure(ns, trialOf("sts/api")));
    CHECK(result.at("target").at("type") == "statefulset");
    CHECK(result.at("run").at("errors") == 0);
    CHECK(ns.get({"persistentvolumeclaims"}).at("items").empty());
}

TEST_CASE("statistics on the container's loopback are read through a port-forward") {
    const Namespace ns;
    ns.apply(deployment("api",
                        {{"env", {{{"name", "SALES_DEBUG_HOST"}, {"value", "127.0.0.1:4000"}}}}}));
    const auto result = document(measure(ns, trialOf("deploy/api")));
    CHECK(result.at("loaded").at("source") == "expvar");
    CHECK(result.at("load").at("via") == "direct");
    CHECK(!warnsOf(result, "port-forward"));
}

TEST_CASE("a load through a port-forward is measured, with a warning") {
    const Namespace ns;
    ns.apply(deployment("api"));
    const auto result = document(measure(ns, trialOf("deploy/api", {"--via", "port-forward"})));
    CHECK(result.at("load").at("via") == "port-forward");
    CHECK(result.at("run").at("requests") == 100);
    CHECK(warnsOf(result, "port-forward"));
}

TEST_CASE("a load may come from a pod beside the trial") {
    const Namespace ns;
    ns.apply(deployment("api"));
    const auto result =
        document(measure(ns, {"probe", "deploy/api", "--yes", "-q", "-o", "json", "--load-image",
                              "memfit-e2e-load:1", "--load", "/load -n 100 {url}/v1/users"}));
    CHECK(result.at("load").at("via") == "pod");
    CHECK(result.at("run").at("requests") == 100);
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

TEST_CASE("two trials at a time find the same edge") {
    const Namespace ns;
    ns.apply(deployment("api"));
    auto words = quickSqueeze("deploy/api", {"--parallel", "2"});
    Memfit run(ns, words);
    std::size_t most = 0;
    while (run.running()) {
        most = std::max(most, ns.trialPods().size());
        run.runFor(0.2);
    }
    const auto result = document(run.end());
    CHECK(most == 2);
    CHECK(result.at("edge").at("estimateBytes") > 8 * 1024 * 1024);
    CHECK(result.at("edge").at("estimateBytes") < 32 * 1024 * 1024);
    CHECK(ns.trialPods() == std::vector<std::string>{});
}
