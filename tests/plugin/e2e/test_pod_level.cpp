#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/fixtures.h"
#include "support/memfit_binary.h"
#include "support/stand_in_kubectl.h"

using namespace memfit::test;

namespace {

using Json = nlohmann::json;

/// The workload of the published experiment, whose pods as a whole have these resources.
Json workload(const std::string& resources) {
    auto object = Json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"name":"sales-api","namespace":"sales-system","uid":"u-1",
                    "resourceVersion":"7"},
        "spec":{"selector":{"matchLabels":{"app":"sales-api"}},
          "template":{"metadata":{"labels":{"app":"sales-api"}},
            "spec":{"containers":[{"name":"sales-api","image":"sales-api:dev",
              "ports":[{"name":"http","containerPort":3000}]}]}}}})");
    object["spec"]["template"]["spec"]["resources"] = Json::parse(resources);
    return object;
}

/// A cluster that has the workload, and nothing else.
StandInKubectl clusterWith(const Json& object, const TemporaryFolder& folder,
                           const std::string& limitRanges = "") {
    const auto file = folder.file("workload.json", object.dump()).string();
    return StandInKubectl(
        "case \"$*\" in\n"
        "*'config view'*) echo '{}' ;;\n"
        "*'get --raw /apis/apps/v1/namespaces/sales-system/deployments/"
        "sales-api'*) cat '" +
        file +
        "' ;;\n"
        "*'get deployment/sales-api'*) cat '" +
        file +
        "' ;;\n"
        "*'get --raw /api/v1/namespaces/sales-system/limitranges'*) echo '{\"items\": [" +
        limitRanges +
        "]}' ;;\n"
        "*'get --raw'*) echo '{\"metadata\": {}, \"items\": []}' ;;\n"
        "*) echo 'unexpected:' \"$@\" >&2; exit 1 ;;\n"
        "esac");
}

BinaryEnd recommend(std::vector<std::string> more) {
    std::vector<std::string> words{"recommend", "deploy/sales-api",
                                   "-n",        "sales-system",
                                   "-f",        fixturePath("replay/seed-bench.json")};
    words.insert(words.end(), more.begin(), more.end());
    return memfitRun(words);
}

constexpr auto refused =
    "error: deployment/sales-api cannot have the advised settings in container sales-api: the "
    "memory limit, 36Mi, is above the pod's, 32Mi, which Kubernetes refuses; raise the pod's limit "
    "first: spec.resources.limits.memory of its template\n";

}  // namespace

TEST_CASE("a patch that Kubernetes would refuse beside the pod's own memory is not made") {
    const TemporaryFolder folder;
    const auto standIn = clusterWith(workload(R"({"limits":{"memory":"32Mi"}})"), folder);
    const auto end = recommend({"-o", "patch", "-q"});
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err.ends_with(refused));
}

TEST_CASE("advice for which the pod leaves no room is printed with that, and not applied") {
    const TemporaryFolder folder;
    const auto standIn = clusterWith(workload(R"({"limits":{"memory":"32Mi"}})"), folder);
    const auto end = recommend({"--apply", "--yes", "-o", "json", "-q"});
    CHECK(end.code == 1);
    CHECK(end.err.ends_with(refused));
    const auto document = Json::parse(end.out);
    CHECK(document["recommendation"]["limitBytes"] == 36 << 20);
    CHECK(
        document["warnings"].back() ==
        Json{
            {"code", "limit-above-pod"},
            {"text",
             "with the advice the memory limit, 36Mi, is above the pod's, 32Mi, which "
             "Kubernetes refuses; raise the pod's limit first: spec.resources.limits.memory of its "
             "template"}});
}

TEST_CASE("--edit leaves a manifest alone whose pod has no room, --check says what differs") {
    const TemporaryFolder folder;
    const std::string manifest =
        "kind: Deployment\nmetadata: {name: sales-api, namespace: sales-system}\n"
        "spec: {template: {spec: {\n  resources: {limits: {memory: 32Mi}},\n"
        "  containers: [{name: sales-api, image: x}]}}}\n";
    const auto file = folder.file("deploy.yaml", manifest);
    const auto edit = [&](const std::string& how) {
        return memfitRun({"recommend", "-f", fixturePath("replay/seed-bench.json"), "--edit",
                          file.string(), how});
    };
    const auto end = edit("--diff");
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err ==
          "error: " + file.string() +
              ":4: the memory limit, 36Mi, is above the pod's, 32Mi, which Kubernetes "
              "refuses; raise the pod's limit first: spec.resources.limits.memory of its "
              "template\n");
    CHECK(edit("-q").code == 1);
    std::ifstream now(file);
    CHECK(std::string(std::istreambuf_iterator<char>(now), {}) == manifest);
    CHECK(edit("--check").code == 3);
}

TEST_CASE("a trial in place above the memory of the whole pod is refused before the first") {
    const TemporaryFolder folder;
    const auto standIn = clusterWith(
        workload(R"({"limits":{"memory":"64Mi"},"requests":{"memory":"32Mi"}})"), folder);
    for (const auto& [flag, size] : {std::pair{"--ceiling", "128Mi"}, std::pair{"--to", "65Mi"}}) {
        const auto end = memfitRun({"squeeze", "deploy/sales-api", "-n", "sales-system",
                                    "--in-place", "--yes", "-q", "--load", "true", flag, size});
        CHECK(end.code == 1);
        CHECK(end.err.ends_with(
            std::string("error: a trial in place with the limit ") + size +
            " is above the memory limit of the whole pod of deployment/sales-api, 64Mi; measure "
            "copies, which have none (leave out --in-place), or ask for no limit above it\n"));
    }
    for (const auto& word : standIn.words()) CHECK(word != "patch");
}

TEST_CASE("a patch whose pods a LimitRange would refuse is not made") {
    const TemporaryFolder folder;
    const auto standIn = clusterWith(workload("{}"), folder,
                                     R"({"metadata":{"name":"sizes"},"spec":{"limits":[
        {"type":"Container","min":{"memory":"64Mi"}}]}})");
    const auto end = recommend({"-o", "patch", "-q"});
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err.ends_with(
        "error: deployment/sales-api would have no pods with the advised memory limit, 36Mi: the "
        "namespace admits no memory limit below 64Mi (LimitRange sizes); change that LimitRange, "
        "or set a limit within it\n"));
}
