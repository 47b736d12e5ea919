#include <doctest/doctest.h>

#include <string>

#include "core/change/edit_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

/// A Deployment with these containers and init containers, in flow style.
std::string manifest(const std::string& containers, const std::string& inits) {
    return "kind: Deployment\nmetadata: {name: api}\nspec: {template: {spec: {\n  containers: [" +
           containers + "],\n  initContainers: [" + inits + "]}}}\n";
}

TEST_CASE("a sidecar is edited where it stands, and nothing else is") {
    const std::string before = R"(kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      initContainers:
      - name: migrate
        image: m
      - name: app   # the mesh
        restartPolicy: Always
        image: a
        resources:
          limits:
            memory: 1Gi
      containers:
      - name: main
        image: x
)";
    const auto edit = edited(before, limitAndRequest(36 * MiB, 36 * MiB));
    CHECK(edit.text == R"(kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      initContainers:
      - name: migrate
        image: m
      - name: app   # the mesh
        restartPolicy: Always
        image: a
        resources:
          limits:
            memory: 36Mi
          requests:
            memory: 36Mi
      containers:
      - name: main
        image: x
)");
    CHECK(edit.changes == std::vector<ManifestChange>{{14, "limits.memory 1Gi -> 36Mi"},
                                                      {15, "requests.memory 36Mi"}});
}

TEST_CASE("a sidecar in flow style and in JSON is found too") {
    CHECK(
        edited(manifest("{name: main}", "{name: app, restartPolicy: Always}"), limitOnly(36 * MiB))
            .text ==
        manifest("{name: main}",
                 "{name: app, restartPolicy: Always, resources: {limits: {memory: 36Mi}}}"));
    const std::string json =
        R"({"kind":"Deployment","metadata":{"name":"api"},"spec":{"template":{"spec":{
"containers":[{"name":"main"}],
"initContainers":[{"name":"app","restartPolicy":"Always","resources":{"limits":{"memory":"1Gi"}}}]}}}})";
    CHECK(edited(json, limitOnly(36 * MiB)).text.find(R"("memory":"36Mi")") != std::string::npos);
}

TEST_CASE("an init container that ends is no sidecar, and a container goes before one") {
    CHECK(refusal(manifest("{name: main}", "{name: app}, {name: mesh, restartPolicy: Always}")) ==
          "deploy.yaml:4: app of Deployment api is an init container, which ends before the others "
          "start; it has main, mesh");
    CHECK(refusal(manifest("{name: main}", "{name: mesh, restartPolicy: Always}")) ==
          "deploy.yaml:4: Deployment api has no container app; it has main, mesh");
    CHECK(refusal(manifest("{name: main}",
                           "{name: app, restartPolicy: Always}, {name: app, image: x}")) ==
          "deploy.yaml:4: Deployment api has 2 containers app; names of containers are unique");
    const auto both = manifest("{name: app}", "{name: app, restartPolicy: Always}");
    CHECK(edited(both, limitOnly(36 * MiB)).text ==
          manifest("{name: app, resources: {limits: {memory: 36Mi}}}",
                   "{name: app, restartPolicy: Always}"));
}

TEST_CASE("a sidecar that comes through an alias is not edited") {
    const auto text =
        "x: &mesh {name: app, restartPolicy: Always}\n" + manifest("{name: main}", "*mesh");
    CHECK(refusal(text) ==
          "deploy.yaml:6: container app is written elsewhere and comes here through an alias or a "
          "merge key; write it out first");
}

}  // namespace
