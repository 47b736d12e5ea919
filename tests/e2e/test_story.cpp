#include <cmath>

#include "e2e/cluster.h"
#include "support/fixtures.h"

using namespace memfit::e2e;

namespace {

constexpr std::int64_t mebi = std::int64_t{1024} * 1024;

/// What the documents say about where they were measured, for all commands alike.
void checkHeader(const Json& document, const Namespace& ns, const std::string& kind) {
    const auto live = ns.get({"deploy/sales-api"});
    CHECK(document.at("apiVersion") == "memfit.dev/v1alpha1");
    CHECK(document.at("kind") == kind);
    CHECK(document.at("target") == Json{{"type", "deployment"},
                                        {"namespace", ns.name()},
                                        {"name", "sales-api"},
                                        {"container", "sales-api"},
                                        {"uid", live.at("metadata").at("uid")},
                                        {"generation", live.at("metadata").at("generation")},
                                        {"context", ns.context()}});
    CHECK(document.at("partial") == false);
}

void checkTrialEnvironment(const Json& document) {
    const auto& environment = document.at("environment");
    CHECK(environment.at("testbed") == "pod");
    CHECK(environment.at("enforcement") == "kubelet");
    CHECK(environment.at("cpuLimit") == "250m");
    CHECK(environment.at("kubernetesVersion").get<std::string>().starts_with("v1."));
    CHECK(!environment.at("node").get<std::string>().empty());
    CHECK(document.at("load").at("tool") == "hey");
    CHECK(document.at("load").at("via") == "direct");
}

}  // namespace

TEST_CASE("a squeeze finds an edge with copies and leaves the live workload as it was") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto before = ns.live();
    const auto pods = ns.get({"pods"}).at("items");
    const auto result = document(measure(ns, quickSqueeze("deploy/sales-api")));
    CHECK(ns.live() == before);
    CHECK(ns.trialPods() == std::vector<std::string>{});
    REQUIRE(pods.size() == 1);
    CHECK(ns.get({"pods"}).at("items").at(0).at("status") == pods.at(0).at("status"));

    checkHeader(result, ns, "SqueezeResult");
    checkTrialEnvironment(result);
    const auto& edge = result.at("edge");
    CHECK(edge.at("lowBytes") < edge.at("estimateBytes"));
    CHECK(edge.at("estimateBytes") < edge.at("highBytes"));
    CHECK(edge.at("estimateBytes") > 8 * mebi);
    CHECK(edge.at("estimateBytes") < 32 * mebi);
    CHECK(result.at("minimumBytes").get<std::int64_t>() % mebi == 0);
    CHECK(result.at("minimumBytes") > edge.at("lowBytes"));
    int killed = 0;
    for (const auto& trial : result.at("trials")) {
        killed += trial.at("outcome") == "oomKilled" || trial.at("outcome") == "oomAtStart";
        CHECK(trial.at("mode") == "plain");
    }
    CHECK(killed > 0);
    CHECK(result.at("trials").at(0).at("limitBytes").is_null());
}

TEST_CASE("a probe of a live workload reads its pods and makes none") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto before = ns.live();
    const auto result = document(measure(ns, {"probe", "deploy/sales-api", "-o", "json"}));
    checkHeader(result, ns, "ProbeResult");
    CHECK(result.at("idle").at("source") == "expvar");
    CHECK(result.at("idle").at("sysBytes") > mebi);
    CHECK(!result.contains("loaded"));
    CHECK(!result.contains("load"));
    CHECK(ns.live() == before);
    CHECK(ns.get({"pods"}).at("items").size() == 1);
}

TEST_CASE("a bench compares the limits that it is given") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto result = document(
        measure(ns, {"bench", "deploy/sales-api", "--load", load(), "--runs", "1", "--limits",
                     "none,min", "--min", "32Mi", "--yes", "-q", "-o", "json"}));
    checkHeader(result, ns, "BenchResult");
    checkTrialEnvironment(result);
    Json cells = Json::array();
    for (const auto& cell : result.at("cells")) {
        CHECK(cell.at("runs").size() == 1);
        CHECK(cell.at("runs").at(0).at("outcome") == "survived");
        cells.push_back(Json::array({cell.at("limitBytes"), cell.at("mode")}));
    }
    CHECK(cells == Json{{nullptr, "plain"}, {32 * mebi, "plain"}, {32 * mebi, "gomemlimit"}});
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

TEST_CASE("the advised settings, put into the workload, carry the load twenty times more") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto result =
        document(measure(ns, {"recommend", "deploy/sales-api", "--load", load(), "--runs", "1",
                              "--confirm", "1", "--max-trials", "8", "--limits", "none,min,2x",
                              "--resolution", "10%", "--yes", "-q", "-o", "json"}));
    checkHeader(result, ns, "Recommendation");
    const auto& advice = result.at("recommendation");
    CHECK(result.at("basis") == "measured");
    CHECK(result.at("confirmed").at("killed") == 0);
    REQUIRE(advice.at("limitBytes").is_number_integer());
    CHECK(advice.at("requestBytes") == advice.at("limitBytes"));

    const memfit::test::TemporaryFolder folder;
    const auto file = folder.file("recommendation.json", result.dump()).string();
    const auto patch = measure(ns, {"recommend", "-f", file, "-o", "patch"});
    CHECK(patch.code == 0);
    (void)ns.kubectl({"patch", "deploy/sales-api", "--patch", patch.out});
    (void)ns.kubectl({"rollout", "status", "deploy/sales-api", "--timeout=60s"});
    const auto uid = ns.readyPod().at("metadata").at("uid");
    const auto ip = ns.readyPod().at("status").at("podIP").get<std::string>();
    for (int i = 0; i < 20; ++i) {
        const auto end =
            runProgram({"hey", "-n", "100", "-c", "5", "http://" + ip + ":3000/v1/users"});
        CHECK(end.code == 0);
        CHECK(end.out.find("[200]\t100 responses") != std::string::npos);
    }
    const auto pod = ns.readyPod();
    CHECK(pod.at("metadata").at("uid") == uid);
    CHECK(pod.at("status").at("containerStatuses").at(0).at("restartCount") == 0);
}

TEST_CASE("--apply patches the workload, waits for its pods, and then finds nothing to do") {
    const Namespace ns;
    ns.deploySalesApi();
    auto bench = Json::parse(memfit::test::readFixture("replay/seed-bench.json"));
    bench.at("target").at("namespace") = ns.name();
    const memfit::test::TemporaryFolder folder;
    const auto file = folder.file("bench.json", bench.dump()).string();
    const Words words{
        "recommend", "deploy/sales-api", "-f", file,   "--load", load(), "--confirm", "1",
        "--yes",     "--apply",          "-o", "patch"};
    const auto first = measure(ns, words);
    CHECK(first.code == 0);
    CHECK(first.err.find("+    memory: 36Mi\n") != std::string::npos);
    CHECK(
        first.err.ends_with("deployment/sales-api is changed; waiting for its pods\n"
                            "deployment/sales-api runs with the advised settings\n"));
    const auto container = ns.readyPod().at("spec").at("containers").at(0);
    CHECK(container.at("resources").at("limits").at("memory") == "36Mi");
    CHECK(container.at("resources").at("requests").at("memory") == "36Mi");
    CHECK(container.at("env") ==
          Json::parse(R"([{"name": "GOMEMLIMIT", "valueFrom": {"resourceFieldRef":
                             {"containerName": "sales-api", "resource": "limits.memory",
                              "divisor": "0"}}},
                          {"name": "GOGC", "value": "off"}])"));
    const auto before = ns.live();
    const auto second = measure(ns, words);
    CHECK(second.code == 0);
    CHECK(second.err.ends_with("deployment/sales-api has the advised settings already\n"));
    CHECK(ns.live() == before);
}

TEST_CASE("documents are held against the object that was measured, and no trial is run") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto before = ns.live();
    auto bench = Json::parse(memfit::test::readFixture("replay/seed-bench.json"));
    auto& target = bench.at("target");
    target["namespace"] = ns.name();
    const memfit::test::TemporaryFolder folder;
    const auto patch = [&] {
        const auto file = folder.file("bench.json", bench.dump()).string();
        return measure(ns, {"recommend", "deploy/sales-api", "-f", file, "-o", "patch"});
    };
    target["uid"] = "6c1ad8f4-0000-0000-0000-000000000000";
    const auto other = patch();
    CHECK(other.code == 1);
    CHECK(other.out.empty());
    CHECK(other.err.find("deployment/sales-api is another object than the one that was measured; "
                         "measure it again") != std::string::npos);

    target["uid"] = ns.get({"deploy/sales-api"}).at("metadata").at("uid");
    target["context"] = "another";
    const auto elsewhere = patch();
    CHECK(elsewhere.code == 1);
    CHECK(elsewhere.err.find("was measured in context another, and this is ") != std::string::npos);

    target["context"] = Namespace::context();
    target["generation"] = 0;
    const auto changed = patch();
    CHECK(changed.code == 0);
    CHECK(changed.err.find("deployment/sales-api changed since it was measured (generation 0, "
                           "now ") != std::string::npos);
    CHECK(changed.out.find("              memory: 36Mi\n") != std::string::npos);
    CHECK(ns.live() == before);
    CHECK(ns.trialPods().empty());
}
