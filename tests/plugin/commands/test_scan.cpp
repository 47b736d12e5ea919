// Advice for many workloads of a simulated cluster.

#include "commands/scan.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "support/fake_world.h"
#include "support/fixtures.h"

using namespace memfit;
using namespace memfit::plugin;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

struct World : test::FakeCommand {
    explicit World(int replicas = 1) {
        cluster.add(test::fakeDeployment("api", "128Mi", replicas));
        cluster.add(test::fakeDeployment("web", "", replicas));
        cluster.add({{"kind", "Node"},
                     {"metadata", {{"name", "node-1"}}},
                     {"status", {{"allocatable", {{"memory", "1000Mi"}}}}}});
        cluster.pages[3000]["/debug/vars"] = {
            200, test::readText(test::fixturePath("memstats/expvar-go1.19.json"))};
        cluster.kubelet[std::string(summaryPage)] =
            R"({"node": {"nodeName": "node-1"}, "pods": []})";
        (void)loop.pause(10);
        options.target = {"deploy"};
        options.output = OutputFormat::json;
        options.allNamespaces = true;
    }

    /// The document, or `{"error": ...}`.
    [[nodiscard]] Json scan() {
        out.str("");
        const auto code = runScan(context(), {});
        if (!code) return {{"error", code.error().message()}};
        return Json::parse(out.str());
    }
    [[nodiscard]] Strings warnings() {
        Strings texts;
        const auto document = scan();
        REQUIRE_MESSAGE(document.contains("warnings"), document.dump());
        for (const auto& warning : document.at("warnings")) texts.push_back(warning.at("text"));
        return texts;
    }
    [[nodiscard]] Strings warningsWithout(const std::string& right) {
        cluster.forbidden = {right};
        return warnings();
    }
};

}  // namespace

TEST_CASE("a scan reads each list once, touches nothing, and advises every workload") {
    World world;
    world.cluster.calls.clear();
    const auto document = world.scan();
    REQUIRE_MESSAGE(document.contains("items"), document.dump());
    CHECK(document.at("items").size() == 2);
    CHECK(document.at("warnings").empty());
    Strings lists;
    for (const auto& call : world.cluster.calls) {
        CAPTURE(call);
        CHECK((call.starts_with("get ") || call.starts_with("page ")));
        if (call.starts_with("get ")) lists.push_back(call);
    }
    CHECK(lists ==
          Strings{"get /apis/apps/v1/deployments?limit=500", "get /api/v1/nodes?limit=500",
                  "get /api/v1/pods?limit=500", "get /apis/autoscaling/v2/horizontalpodautoscalers",
                  "get /apis/autoscaling.k8s.io/v1/verticalpodautoscalers",
                  "get /api/v1/nodes/node-1/proxy/stats/summary?only_cpu_and_memory=true"});
}

TEST_CASE("long lists are read page by page") {
    World world(260);
    world.cluster.calls.clear();
    (void)world.scan();
    Strings pages;
    for (const auto& call : world.cluster.calls) {
        if (call.starts_with("get /api/v1/pods?")) pages.push_back(call);
    }
    CHECK(pages ==
          Strings{"get /api/v1/pods?limit=500", "get /api/v1/pods?limit=500&continue=500"});
}

TEST_CASE("a scan of one namespace takes the selector of labels") {
    World world;
    world.options.allNamespaces = false;
    world.options.selector = "app=web";
    const auto document = world.scan();
    REQUIRE_MESSAGE(document.contains("items"), document.dump());
    CHECK(document.at("items").size() == 1);
}

TEST_CASE("what a scan may not read is a warning") {
    World world;
    CHECK(world.warningsWithout("list nodes") ==
          Strings{"nodes may not be read, so nothing is said of them"});
    CHECK(world.warningsWithout("list horizontalpodautoscalers.autoscaling") ==
          Strings{"HorizontalPodAutoscalers may not be read, so nothing is said of them"});
    CHECK(world.warningsWithout("get nodes/proxy") ==
          Strings{"what the kubelets say of memory was not read: that takes `get` on nodes/proxy"});
    CHECK(world.warningsWithout("get pods/proxy") ==
          Strings{"Go's statistics were not read: that takes `get` on pods/proxy"});
}

TEST_CASE("a kubelet that does not answer is named") {
    World world;
    world.cluster.kubelet.clear();
    CHECK(world.warnings() == Strings{"what the kubelet says of memory was not read on node-1"});
}

TEST_CASE("a scan without workloads or pods that may be listed is an error") {
    for (const std::string resource : {"deployments.apps", "pods"}) {
        World world;
        world.cluster.forbidden = {"list " + resource};
        const auto plural = resource.substr(0, resource.find('.'));
        CHECK(world.scan() ==
              Json{{"error",
                    fmt::format("reading {}: Error from server (Forbidden): {} is forbidden: User "
                                "\"jane\" cannot list resource \"{}\"; ask for that permission; "
                                "docs/rbac.md has the role each command needs",
                                plural, resource, resource)}});
    }
}

TEST_CASE("an API server that is away ends a scan while it reads lists") {
    World world;
    world.cluster.goAway(1000);
    CHECK(world.scan() ==
          Json{{"error",
                "reading deployments: The connection to the server fake:6443 was refused - did "
                "you specify the right host or port?; check that the cluster answers: kubectl "
                "version"}});
}

TEST_CASE("a signal ends a scan at whichever call it comes, and nothing is printed") {
    World undisturbed;
    undisturbed.cluster.calls.clear();
    (void)undisturbed.scan();
    for (std::size_t number = 0; number < undisturbed.cluster.calls.size(); ++number) {
        World world;
        world.cluster.calls.clear();
        world.interruptAt(number);
        CAPTURE(undisturbed.cluster.calls[number]);
        const auto code = runScan(world.context(), {});
        REQUIRE(code.has_error());
        CHECK((code.error().kind == ErrorKind::interrupted));
        CHECK(world.out.str().empty());
    }
}
