#include "memfit/scan/scan.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sstream>

#include "memfit/describe/describe_scan.h"
#include "memfit/observe/memstats.h"
#include "support/fixtures.h"

using namespace memfit;
using memfit::test::readFixture;

namespace {

/// The recorded namespace `shop` (see tests/fixtures/scan), all but Go's statistics.
WorkloadScan recorded(std::optional<std::string> container = std::nullopt, bool lonePods = false) {
    WorkloadScan scan(std::move(container), lonePods);
    CHECK(
        scan.addWorkloads(readFixture("scan/deployments.json"), WorkloadKind::deployment).value() ==
        "");
    CHECK(scan.addNodes(readFixture("scan/nodes.json")).value() == "");
    CHECK(scan.addPods(readFixture("scan/pods.json")).value() == "");
    REQUIRE(scan.addUsage(readFixture("scan/summary.json")).has_value());
    return scan;
}

std::string names(const std::vector<StatisticsSource>& sources) {
    std::string text;
    for (const auto& source : sources)
        text += fmt::format("{}/{} {}\n", source.nameSpace, source.pod, source.ports.size());
    return text;
}

/// Answers for the pod of sales-api, and tells the pod without ports to show nothing.
void answer(WorkloadScan& scan) {
    for (const auto& source : scan.statisticsSources(1)) {
        if (source.pod.starts_with("sales-api"))
            scan.addStatistics(source, parseMemstats(R"({"memstats":{"Sys":19398656}})").value());
        if (source.pod.starts_with("quiet")) scan.addStatistics(source, std::nullopt);
    }
}

}  // namespace

TEST_CASE("many workloads come out as one table, the most urgent first") {
    auto scan = recorded();
    answer(scan);
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    CHECK(renderText(describe(*result), {}) == readFixture("scan/table.txt"));
}

TEST_CASE("many workloads come out as one document") {
    auto scan = recorded();
    answer(scan);
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    CHECK(toJson(*result) == readFixture("scan/result.json"));
}

TEST_CASE("a list that is streamed gives what the same list in memory gives") {
    auto whole = recorded();
    WorkloadScan streamed;
    REQUIRE(streamed.addWorkloads(readFixture("scan/deployments.json"), WorkloadKind::deployment)
                .has_value());
    REQUIRE(streamed.addNodes(readFixture("scan/nodes.json")).has_value());
    std::istringstream pods(readFixture("scan/pods.json"));
    CHECK(streamed.addPods(pods).value() == "");
    REQUIRE(streamed.addUsage(readFixture("scan/summary.json")).has_value());
    CHECK((streamed.finish({}, {}).value() == whole.finish({}, {}).value()));
}

TEST_CASE("of each workload the newest pods that run are asked for their statistics") {
    const auto scan = recorded();
    CHECK(names(scan.statisticsSources(1)) == readFixture("scan/sources.txt"));
    CHECK(scan.nodes() == std::vector<std::string>{"localhost"});
}

TEST_CASE("only the container that is asked for is judged") {
    auto scan = recorded("sales-api");
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    REQUIRE(result->items.size() == 1);
    CHECK(result->items[0].header.target.name == "sales-api");
    CHECK(result->workloads == 7);
}

TEST_CASE("of sidecars only one that is asked for is judged, with what lint finds in it") {
    const auto judgedContainers = [](std::optional<std::string> container) {
        WorkloadScan scan(std::move(container), false);
        REQUIRE(scan.addWorkloads(R"({"kind":"DeploymentList","items":[
            {"metadata":{"namespace":"shop","name":"api","uid":"u"},
             "spec":{"selector":{"matchLabels":{"app":"api"}},"template":{"spec":{
               "containers":[{"name":"main","image":"m"}],
               "initContainers":[{"name":"mesh","image":"i","restartPolicy":"Always",
                 "env":[{"name":"GOGC","value":"of"}]}]}}}}]})",
                                  WorkloadKind::deployment)
                    .has_value());
        const auto result = scan.finish({}, {});
        REQUIRE(result.has_value());
        std::vector<std::string> found;
        for (const auto& item : result->items)
            found.push_back(item.header.target.container.value_or(""));
        if (toJson(*result).find("gogc-malformed") != std::string::npos)
            found.emplace_back("gogc-malformed");
        return found;
    };
    CHECK(judgedContainers(std::nullopt) == std::vector<std::string>{"main"});
    CHECK(judgedContainers("mesh") == std::vector<std::string>{"mesh", "gogc-malformed"});
}

TEST_CASE("a page of a list says how it goes on") {
    WorkloadScan scan;
    CHECK(scan.addPods(R"({"metadata":{"continue":"abc"},"items":[]})").value() == "abc");
    CHECK(scan.addPods(R"({"metadata":{},"items":null})").value() == "");
}

TEST_CASE("a lone pod is a workload where pods are asked for, and one of a controller is not") {
    WorkloadScan scan(std::nullopt, true);
    REQUIRE(scan.addPods(R"({"items":[
        {"metadata":{"namespace":"a","name":"alone","uid":"1"},
         "spec":{"containers":[{"name":"c","env":[{"name":"GOGC","value":"off"}]}]}},
        {"metadata":{"namespace":"a","name":"made","uid":"2",
                     "ownerReferences":[{"kind":"Job","name":"j","uid":"3","controller":true}]},
         "spec":{"containers":[{"name":"c"}]}}]})")
                .has_value());
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    REQUIRE(result->items.size() == 1);
    CHECK(result->items[0].header.target.type == "pod");
    CHECK(result->items[0].header.target.name == "alone");
    REQUIRE(result->items[0].live);
    REQUIRE(result->items[0].live->findings.size() == 1);
    CHECK(result->items[0].live->findings[0].code == "gogc-off-unbounded");
}

namespace {

std::string pod(int number, const std::string& deployment, std::string_view status = "{}") {
    return fmt::format(
        R"({{"metadata":{{"namespace":"a","name":"p{0}","uid":"u{0}",)"
        R"("creationTimestamp":"2026-11-24T00:{0:02}:00Z","labels":{{"pod-template-hash":"x"}},)"
        R"("ownerReferences":[{{"kind":"ReplicaSet","name":"{1}-x","uid":"r","controller":true}}]}},)"
        R"("spec":{{"nodeName":"n","containers":[{{"name":"c",)"
        R"("resources":{{"limits":{{"memory":"64Mi"}}}}}}]}},"status":{2}}})",
        number, deployment, status);
}

constexpr std::string_view apiDeployment = R"({"items":[{"metadata":{"namespace":"a","name":"api"},
    "spec":{"selector":{"matchLabels":{"app":"api"}},"template":{"spec":{"containers":[
    {"name":"c","resources":{"limits":{"memory":"64Mi"}}}]}}}}]})";

constexpr std::string_view killed = R"({"containerStatuses":[{"name":"c","restartCount":1,
    "state":{"running":{}},"lastState":{"terminated":{"reason":"OOMKilled","exitCode":137,
    "finishedAt":"2026-11-24T00:59:00Z"}}}]})";

}  // namespace

TEST_CASE("of many pods the newest, those that were killed and the one that holds most are kept") {
    WorkloadScan scan;
    REQUIRE(scan.addWorkloads(apiDeployment, WorkloadKind::deployment).has_value());
    std::string items;
    for (int i = 0; i < 20; ++i)
        items += (i > 0 ? "," : "") + pod(i, "api", i == 3 ? killed : "{}");
    REQUIRE(scan.addPods("{\"items\":[" + items + "]}").has_value());
    REQUIRE(scan.addUsage(R"({"pods":[
        {"podRef":{"namespace":"a","name":"p1","uid":"u1"},
         "containers":[{"name":"c","memory":{"workingSetBytes":50000000}}]},
        {"podRef":{"namespace":"a","name":"p19","uid":"u19"},
         "containers":[{"name":"c","memory":{"workingSetBytes":40000000}}]}]})")
                .has_value());
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    REQUIRE(result->items.size() == 1);
    const auto& live = *result->items[0].live;
    std::string kept;
    for (const auto& each : live.pods) kept += each.name + " ";
    CHECK(kept == "p19 p18 p17 p16 p15 p14 p13 p3 p1 ");
    CHECK(live.morePods == 11);
    CHECK(liveUsage(live) == 50000000);
    CHECK(savedBytes(result->items[0]) ==
          -20 * (Bytes{80} * 1024 * 1024 - Bytes{64} * 1024 * 1024));
    CHECK(idleBytes(result->items[0]) == 20 * (Bytes{64} * 1024 * 1024 - 50000000));
}

TEST_CASE(
    "of many nodes those with the highest limits for their size are judged, and a warning says "
    "so") {
    WorkloadScan scan;
    REQUIRE(scan.addWorkloads(apiDeployment, WorkloadKind::deployment).has_value());
    std::string nodes, pods;
    for (int i = 0; i < 6; ++i) {
        const std::string separator = i > 0 ? "," : "";
        nodes +=
            separator + fmt::format(R"({{"metadata":{{"name":"n{}"}},"status":{{"allocatable":)"
                                    R"({{"memory":"{}Mi"}}}}}})",
                                    i, i == 3 ? 4000 : 1000 - 100 * i);
        auto each = pod(i, "api");
        const std::string_view anywhere = R"("nodeName":"n")";
        each.replace(each.find(anywhere), anywhere.size(), fmt::format(R"("nodeName":"n{}")", i));
        pods += separator + each;
    }
    REQUIRE(scan.addNodes("{\"items\":[" + nodes + "]}").has_value());
    REQUIRE(scan.addPods("{\"items\":[" + pods + "]}").has_value());
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    REQUIRE(result->items.size() == 1);
    std::string judged;
    for (const auto& fit : result->items[0].live->nodes) judged += fit.node + " ";
    CHECK(judged == "n1 n2 n4 n5 ");
    CHECK(result->items[0].header.warnings ==
          std::vector<Warning>{{"more-nodes",
                                "the pods are on 6 nodes, and only the 4 with the highest memory "
                                "limits for their size are judged"}});
}

TEST_CASE("a VerticalPodAutoscaler counts for the workload and container that it is for") {
    WorkloadScan scan;
    REQUIRE(scan.addWorkloads(apiDeployment, WorkloadKind::deployment).has_value());
    REQUIRE(scan.addPods("{\"items\":[" + pod(1, "api") + "]}").has_value());
    VerticalAutoscaler one;
    one.name = "ours";
    one.nameSpace = "a";
    one.kind = "Deployment";
    one.workload = "api";
    auto elsewhere = one, off = one, cpu = one;
    elsewhere.nameSpace = "b";
    off.changesPods = false;
    cpu.memory["c"] = false;
    scan.addVerticalAutoscalers({elsewhere, off, one, cpu});
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    REQUIRE(result->items.size() == 1);
    CHECK(result->items[0].live->verticalAutoscalers == std::vector<std::string>{"ours"});
}

TEST_CASE("a scan finds what lint finds of the same workload") {
    WorkloadScan scan;
    REQUIRE(scan.addWorkloads(R"({"items":[{"metadata":{"namespace":"a","name":"api"},
        "spec":{"selector":{"matchLabels":{"app":"api"}},"template":{"spec":{
        "volumes":[{"name":"cache","emptyDir":{"medium":"Memory"}},
                   {"name":"disk","emptyDir":{}},{"name":"settings","configMap":{"name":"s"}}],
        "containers":[
          {"name":"elsewhere","env":[{"name":"GOGC","value":"off"}],
           "envFrom":[{"configMapRef":{"name":"s"}}]},
          {"name":"cached","env":[{"name":"GOMEMLIMIT","value":"64MiB"}],
           "volumeMounts":[{"name":"cache","mountPath":"/cache"}],
           "resources":{"limits":{"memory":"64Mi"},"requests":{"memory":"64Mi"}}},
          {"name":"stored","env":[{"name":"GOMEMLIMIT","value":"64MiB"}],
           "volumeMounts":[{"name":"disk","mountPath":"/disk"}],
           "resources":{"limits":{"memory":"64Mi"},"requests":{"memory":"64Mi"}}}]}}}}]})",
                              WorkloadKind::deployment)
                .has_value());
    const auto result = scan.finish({}, {});
    REQUIRE(result.has_value());
    std::string found;
    for (const auto& item : result->items) {
        found += item.header.target.container.value_or("") + ":";
        for (const auto& finding : item.live->findings) found += " " + finding.code;
        found += "\n";
    }
    CHECK(found == "cached: gomemlimit-no-room\nelsewhere:\nstored: gomemlimit-is-limit\n");
}

TEST_CASE("what cannot be read as a list is said") {
    WorkloadScan scan;
    const auto refusal = [&](std::string_view text) {
        return scan.addPods(text).error().message();
    };
    CHECK(refusal("{}") ==
          "the list of pods: this is not a list; give what `kubectl get -o json` prints");
    CHECK(refusal("nonsense") ==
          "the list of pods: this is not a list; give what `kubectl get -o json` prints");
    const std::string misshapenPods =
        "the list of pods: a field has a type that Kubernetes does not use there; give what "
        "`kubectl get -o json` prints";
    CHECK(refusal(R"({"items":[1]})") == misshapenPods);
    CHECK(refusal(R"({"items":{}})") == misshapenPods);
    CHECK(refusal("{\"items\":[{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}]}") ==
          "the list of pods: the JSON is nested deeper than 64 levels, which no Kubernetes object "
          "is");
}
