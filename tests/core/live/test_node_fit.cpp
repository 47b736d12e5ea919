#include <doctest/doctest.h>

#include <string>

#include "memfit/live/node_fit.h"

using namespace memfit;

namespace {

ListedPod pod(const std::string& name, Bytes request, Bytes limits, bool limited) {
    ListedPod pod;
    pod.nameSpace = "ns";
    pod.name = name;
    pod.uid = "uid-" + name;
    pod.node = "n1";
    pod.memoryRequest = request;
    pod.memoryLimits = limits;
    pod.limited = limited;
    pod.requestIsLimit = limited && request == limits;
    return pod;
}

}  // namespace

TEST_CASE("a node's pods are added up, and those of others that can take more are named") {
    auto ended = pod("job", 500, 500, true);
    ended.ended = true;
    auto elsewhere = pod("far", 500, 500, true);
    elsewhere.node = "n2";
    const auto fit =
        fitOnNode("n1", 1000,
                  {pod("own", 100, 300, true), pod("good", 200, 200, true),
                   pod("burst", 100, 600, true), pod("wild", 0, 0, false), ended, elsewhere},
                  {"uid-own"});
    CHECK(fit == NodeFit{"n1", 1000, 400, 1100, 4, 1, 1, 2, {"ns/burst", "ns/wild"}});
    CHECK(fit.overcommitted());
}

TEST_CASE("limits that come to exactly what the node can give are no over-commitment") {
    CHECK_FALSE(fitOnNode("n1", 300, {pod("a", 100, 300, true)}, {}).overcommitted());
}

TEST_CASE("only the first neighbours are named, all are counted") {
    std::vector<ListedPod> pods;
    for (int i = 0; i < 9; ++i) pods.push_back(pod("p" + std::to_string(i), 0, 0, false));
    const auto fit = fitOnNode("n1", 1, pods, {});
    CHECK(fit.neighbours.size() == maxNeighbours);
    CHECK(fit.unguaranteed == 9);
}

TEST_CASE("what a node can give is its allocatable memory, not its capacity") {
    const auto memory = readAllocatable(
        R"({"status":{"capacity":{"memory":"16Gi"},"allocatable":{"memory":"15Gi"}}})");
    REQUIRE(memory.has_value());
    CHECK(*memory == 15 * GiB);
    CHECK(readAllocatable("{}").error().message() ==
          "the node: its allocatable memory is not in it");
}
