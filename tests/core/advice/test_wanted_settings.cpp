#include <doctest/doctest.h>

#include "memfit/advice/wanted_settings.h"

namespace {

using namespace memfit;

TEST_CASE("advised settings become what a manifest is to say") {
    AdvisedSettings advised;
    advised.limit = 36 * MiB;
    advised.request = 36 * MiB;
    advised.gomemlimit.kind = GomemlimitAdvice::Kind::limitsMemory;
    advised.gogc = "off";
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, 36 * MiB};
    wanted.request = {MemoryWish::Kind::set, 36 * MiB};
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    wanted.gogc.kind = GogcWish::Kind::off;
    CHECK((wantedSettings(advised) == wanted));
}

TEST_CASE("a check lets stay what is above the advice by no more than the tolerance") {
    AdvisedSettings advised;
    advised.limit = 100 * MiB;
    const auto limit = wantedSettings(advised, 0.05).limit;
    CHECK((limit == MemoryWish{MemoryWish::Kind::set, 100 * MiB, 5 * MiB}));
    CHECK(limit.metBy(105 * MiB));
    CHECK_FALSE(limit.metBy(105 * MiB + 1));
    CHECK_FALSE(limit.metBy(100 * MiB - 1));
}

TEST_CASE("variables that the advice leaves as they are stay as they are") {
    AdvisedSettings advised;
    advised.gomemlimit.kind = GomemlimitAdvice::Kind::leave;
    advised.gogc = "50";
    advised.leaveGogc = true;
    MemorySettings wanted;
    wanted.limit.kind = MemoryWish::Kind::remove;
    CHECK((wantedSettings(advised) == wanted));
}

TEST_CASE("a limit stays where none is known to be needed") {
    AdvisedSettings advised;
    advised.leaveLimit = true;
    CHECK((wantedSettings(advised).limit == MemoryWish{}));
    CHECK((wantedSettings(advised, 0.05).limit == MemoryWish{}));
}

TEST_CASE("the limit of a manifest outlives advice that knows of none") {
    AdviceOptions options;
    options.current = CurrentSettings{};
    const auto found = recommend({}, options);
    REQUIRE(found.has_value());
    const std::string manifest = R"(apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
  - name: app
    resources: {limits: {memory: 64Mi}}
)";
    const auto edit = editManifest(manifest, "f.yaml", {}, "", wantedSettings(found->advised));
    REQUIRE(edit.has_value());
    CHECK(edit->text == manifest);
}

TEST_CASE("where nothing is advised the limit and the variables go, and the request stays") {
    MemorySettings wanted;
    wanted.limit.kind = MemoryWish::Kind::remove;
    wanted.gomemlimit.kind = GomemlimitWish::Kind::unset;
    wanted.gogc.kind = GogcWish::Kind::unset;
    CHECK((wantedSettings({}) == wanted));
}

TEST_CASE("a measured workload is named as a manifest names it, and a process is any") {
    Target target;
    target.type = "statefulset";
    target.name = "db";
    target.ns = "prod";
    CHECK((workloadSelector(target) == WorkloadSelector{"StatefulSet", "db", "prod"}));
    CHECK(apiVersionOfKind("StatefulSet") == "apps/v1");
    CHECK(apiVersionOfKind("CronJob") == "batch/v1");
    CHECK(apiVersionOfKind("Pod") == "v1");
    target.type = "process";
    CHECK((workloadSelector(target) == WorkloadSelector{}));
}

}  // namespace
