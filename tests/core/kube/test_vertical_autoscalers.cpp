#include "memfit/kube/vertical_autoscalers.h"

#include <doctest/doctest.h>

#include <string>

using namespace memfit;

namespace {

/// `spec`: what follows the targetRef, with a comma before it.
VerticalAutoscaler read(const std::string& spec) {
    const auto all = readVerticalAutoscalers(
        R"({"items":[{"metadata":{"name":"v","namespace":"shop"},
            "spec":{"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"api"})" +
        spec + "}}]}");
    REQUIRE_MESSAGE(all.has_value(), (all ? "" : all.error().message()));
    REQUIRE(all->size() == 1);
    return all->front();
}

}  // namespace

TEST_CASE("a VerticalPodAutoscaler that says no more sets the memory of every container") {
    const auto one = read("");
    VerticalAutoscaler wanted;
    wanted.name = "v";
    wanted.nameSpace = "shop";
    wanted.kind = "Deployment";
    wanted.workload = "api";
    CHECK((one == wanted));
    CHECK(one.setsMemory("app"));
}

TEST_CASE("one that only recommends changes nothing, and one that acts at the start does") {
    CHECK_FALSE(read(R"(,"updatePolicy":{"updateMode":"Off"})").setsMemory("app"));
    for (const auto* mode : {"Initial", "Recreate", "Auto", "InPlaceOrRecreate"})
        CHECK(read(R"(,"updatePolicy":{"updateMode":")" + std::string(mode) + "\"}")
                  .setsMemory("app"));
}

TEST_CASE("a container's own policy counts before the one for all") {
    const auto one = read(R"(,"resourcePolicy":{"containerPolicies":[
        {"containerName":"*","controlledResources":["cpu"]},
        {"containerName":"app","controlledResources":["cpu","memory"]},
        {"containerName":"proxy","mode":"Off"},
        {"containerName":"log","controlledValues":"RequestsOnly"}]})");
    CHECK(one.setsMemory("app"));
    CHECK(one.setsMemory("log"));
    CHECK_FALSE(one.setsMemory("proxy"));
    CHECK_FALSE(one.setsMemory("other"));
}

TEST_CASE("what is no list of VerticalPodAutoscalers is said") {
    CHECK(readVerticalAutoscalers(R"({"items":[]})")->empty());
    CHECK(readVerticalAutoscalers("[]").has_error());
    CHECK(readVerticalAutoscalers("{").has_error());
}
