#include <doctest/doctest.h>

#include <string>

#include "memfit/change/merge_patch.h"

namespace {

using namespace memfit;

const WorkloadName api{"apps/v1", "Deployment", "prod", "api"};

Container container() {
    Container now;
    now.name = "app";
    return now;
}

MemorySettings byReference() {
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, 36 * MiB};
    wanted.request = {MemoryWish::Kind::set, 36 * MiB};
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    wanted.gogc.kind = GogcWish::Kind::off;
    return wanted;
}

MemorySettings only(GomemlimitWish gomemlimit) {
    MemorySettings wanted;
    wanted.gomemlimit = gomemlimit;
    return wanted;
}

std::string inContainer(const std::string& rest) {
    return R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: prod
spec:
  template:
    spec:
      containers:
        - name: app
)" + rest;
}

TEST_CASE("a sidecar is patched where it stands") {
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, 36 * MiB};
    const std::string expected = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: prod
spec:
  template:
    spec:
      initContainers:
        - name: app
          resources:
            limits:
              memory: 36Mi
)";
    auto sidecar = container();
    sidecar.sidecar = true;
    CHECK(mergePatchYaml(api, sidecar, wanted) == expected);
    CHECK(mergePatchYaml(api, "app", wanted, true) == expected);
}

TEST_CASE("a patch names the object, the container and what is wanted") {
    CHECK(mergePatchYaml(api, container(), byReference()) == inContainer(R"(          env:
            - name: GOMEMLIMIT
              valueFrom:
                resourceFieldRef:
                  containerName: app
                  resource: limits.memory
            - name: GOGC
              value: "off"
          resources:
            limits:
              memory: 36Mi
            requests:
              memory: 36Mi
)"));
}

TEST_CASE("a literal that is there would contradict the reference and is removed") {
    Container now = container();
    now.gomemlimit = {GoVariable::From::literal, "1GiB", "", "", ""};
    CHECK(mergePatchYaml(api, now, only({GomemlimitWish::Kind::limitsMemory, 0})) ==
          inContainer(R"(          env:
            - name: GOMEMLIMIT
              value: null
              valueFrom:
                resourceFieldRef:
                  containerName: app
                  resource: limits.memory
)"));
}

TEST_CASE("an old divisor and an old source go too") {
    Container now = container();
    now.gomemlimit = {GoVariable::From::resourceField, "", "limits.memory", "app", "1Mi"};
    CHECK(mergePatchYaml(api, now, only({GomemlimitWish::Kind::limitsMemory, 0})) ==
          inContainer(R"(          env:
            - name: GOMEMLIMIT
              valueFrom:
                resourceFieldRef:
                  containerName: app
                  resource: limits.memory
                  divisor: null
)"));
    now.gomemlimit = {GoVariable::From::other, "configMapKeyRef", "", "", ""};
    CHECK(mergePatchYaml(api, now, only({GomemlimitWish::Kind::limitsMemory, 0})) ==
          inContainer(R"(          env:
            - name: GOMEMLIMIT
              valueFrom:
                resourceFieldRef:
                  containerName: app
                  resource: limits.memory
                configMapKeyRef: null
)"));
    CHECK(mergePatchYaml(api, now, only({GomemlimitWish::Kind::bytes, 30 * MiB})) ==
          inContainer(R"(          env:
            - name: GOMEMLIMIT
              value: 30MiB
              valueFrom: null
)"));
}

TEST_CASE("only what is there is removed") {
    MemorySettings nothing;
    nothing.limit.kind = MemoryWish::Kind::remove;
    nothing.request.kind = MemoryWish::Kind::remove;
    nothing.gomemlimit.kind = GomemlimitWish::Kind::unset;
    nothing.gogc.kind = GogcWish::Kind::unset;
    CHECK(mergePatchYaml(api, container(), nothing) == inContainer(""));
    Container now = container();
    now.memoryLimit = GiB;
    now.gogc = {GoVariable::From::literal, "50", "", "", ""};
    CHECK(mergePatchYaml(api, now, nothing) == inContainer(R"(          env:
            - name: GOGC
              $patch: delete
          resources:
            limits:
              memory: null
)"));
}

TEST_CASE("a patch of an unknown container removes whatever could contradict") {
    MemorySettings wanted;
    wanted.limit.kind = MemoryWish::Kind::remove;
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    wanted.gogc.kind = GogcWish::Kind::unset;
    CHECK(mergePatchYaml({"apps/v1", "Deployment", "", "api"}, "app", wanted) ==
          R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
        - name: app
          env:
            - name: GOMEMLIMIT
              value: null
              valueFrom:
                resourceFieldRef:
                  containerName: app
                  resource: limits.memory
                  divisor: null
                configMapKeyRef: null
                fieldRef: null
                secretKeyRef: null
            - name: GOGC
              $patch: delete
          resources:
            limits:
              memory: null
)");
}

TEST_CASE("each kind has its place for containers, and odd names are quoted") {
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, 1000};
    wanted.gogc = {GogcWish::Kind::percent, 50};
    Container now = container();
    now.name = "1e3";
    CHECK(mergePatchYaml({"v1", "Pod", "", "on"}, now, wanted) == R"(apiVersion: v1
kind: Pod
metadata:
  name: "on"
spec:
  containers:
    - name: "1e3"
      env:
        - name: GOGC
          value: "50"
      resources:
        limits:
          memory: 1000
)");
    wanted.gogc = {};
    CHECK(mergePatchYaml({"batch/v1", "CronJob", "", "api"}, now, wanted) == R"(apiVersion: batch/v1
kind: CronJob
metadata:
  name: api
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: "1e3"
              resources:
                limits:
                  memory: 1000
)");
}

TEST_CASE("a guarded patch names the object's uid and the version that it was made for") {
    const auto patch = mergePatchYaml(api, container(), only({}), {"u-1", "42"});
    CHECK(patch.find("  name: api\n  namespace: prod\n  uid: u-1\n  resourceVersion: \"42\"\n") !=
          std::string::npos);
}

}  // namespace
