#include <csignal>
#include <random>
#include <regex>

#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

/// Signals a run at a moment that nothing is tied to. The seed is shown when a check fails.
End stopAtRandom(const Namespace& ns, const Words& words, int signal, unsigned seed) {
    constexpr double latestSeconds = 9;
    std::mt19937 random(seed);
    Memfit run(ns, words);
    run.runFor(std::uniform_real_distribution<>(0, latestSeconds)(random));
    REQUIRE(run.running());
    run.signal(signal);
    return run.end(60);
}

const Words inPlace{"squeeze", "deploy/sales-api", "--in-place", "--load", load(), "--yes",
                    "-q",      "--from",           "8Mi",        "--to",   "48Mi", "-o",
                    "json"};

}  // namespace

TEST_CASE("a run that is interrupted at any moment leaves nothing behind") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto before = ns.live();
    const unsigned seed = std::random_device()();
    for (unsigned i = 0; i < 4; ++i) {
        CAPTURE(seed + i);
        const int signal = i % 2 == 0 ? SIGINT : SIGTERM;
        const auto end = stopAtRandom(ns, quickSqueeze("deploy/sales-api"), signal, seed + i);
        CHECK(end.code == 128 + signal);
        CHECK(ns.trialPods() == std::vector<std::string>{});
        CHECK(ns.live() == before);
    }
    CHECK(measure(ns, {"cleanup"}).out == "nothing to clean up\n");
}

TEST_CASE("what a killed run left behind is removed by cleanup, and no earlier") {
    const Namespace ns;
    ns.apply(deployment("api"));
    Memfit killed(ns, quickSqueeze("deploy/api"));
    const auto pod = killed.awaitPod(containersReady).at("metadata").at("name").get<std::string>();
    CHECK(measure(ns, {"cleanup"}).out ==
          "left 1 trial pod of live runs alone; --all removes them too\n");
    CHECK(ns.trialPods() == std::vector{pod});
    killed.signal(SIGKILL);
    CHECK(killed.end().code == 128 + SIGKILL);
    const auto cleanup = measure(ns, {"cleanup"});
    CHECK(cleanup.code == 0);
    // Its private folder on this machine goes too.
    const std::regex removed("(removed folder \\S+/kubectl-memfit-\\S+\n)+removed pod " + pod +
                             " in namespace " + ns.name() + "\n");
    CHECK_MESSAGE(std::regex_match(cleanup.out, removed), cleanup.out);
    CHECK(ns.trialPods() == std::vector<std::string>{});
    CHECK(measure(ns, {"cleanup"}).out == "nothing to clean up\n");
}

TEST_CASE("a run in place that is interrupted restores the workload before it ends") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto before = ns.live();
    const unsigned seed = std::random_device()();
    for (const int signal : {SIGINT, SIGTERM}) {
        CAPTURE(seed);
        const auto end = stopAtRandom(ns, inPlace, signal, seed);
        CHECK(end.code == 128 + signal);
        CHECK(ns.live() == before);
    }
}

TEST_CASE("a workload that a killed run in place left changed is restored by cleanup") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto before = ns.live();
    Memfit killed(ns, inPlace);
    const auto patched = [&] { return ns.live().find("\"memory\"") != std::string::npos; };
    memfit::plugin::EventLoop loop;
    REQUIRE(memfit::test::comesTrue(loop, patched, 30));
    killed.signal(SIGKILL);
    CHECK(killed.end().code == 128 + SIGKILL);
    CHECK(ns.live() != before);
    const auto cleanup = measure(ns, {"cleanup"});
    CHECK(cleanup.code == 0);
    const std::regex restored(
        "(removed folder \\S+/kubectl-memfit-\\S+\n)+restored "
        "deployment/sales-api in namespace " +
        ns.name() +
        "\n(removed from the history of deployment/sales-api what only trials made\n)?");
    CHECK_MESSAGE(std::regex_match(cleanup.out, restored), cleanup.out);
    CHECK(ns.live() == before);
}

TEST_CASE("a squeeze in place finds an edge and leaves the workload as it was") {
    const Namespace ns;
    ns.deploySalesApi();
    const auto before = ns.live();
    const auto result = document(measure(ns, quickSqueeze("deploy/sales-api", {"--in-place"})));
    CHECK(result.at("environment").at("testbed") == "in-place");
    CHECK(result.at("minimumBytes") >= result.at("edge").at("lowBytes"));
    CHECK(ns.live() == before);
    (void)ns.kubectl({"rollout", "status", "deploy/sales-api", "--timeout=60s"});
    CHECK(ns.get({"deploy/sales-api"}).at("status").at("readyReplicas") == 1);
}
