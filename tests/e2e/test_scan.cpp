#include <algorithm>

#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

constexpr std::int64_t mebi = std::int64_t{1024} * 1024;

/// A Deployment without a replica, whose container has these resources and this environment.
Json asleep(const std::string& name, const Json& resources, const Json& env = Json::array()) {
    return deployment(name, {{"resources", resources}, {"env", env}});
}

Json byName(const Json& result) {
    Json items = Json::object();
    for (const auto& item : result.at("items")) {
        items[item.at("target").at("name").get<std::string>()] = item;
    }
    return items;
}

}  // namespace

TEST_CASE("recommend of a type judges every such workload of the namespace, and touches none") {
    const Namespace ns;
    ns.deploySalesApi();
    ns.apply(asleep("wrong", {{"limits", {{"memory", "32Mi"}}}},
                    {{{"name", "GOMEMLIMIT"}, {"value", "2GiB"}}}));
    ns.apply(
        asleep("plain", {{"limits", {{"memory", "48Mi"}}}, {"requests", {{"memory", "48Mi"}}}}));
    const auto before = ns.live() + ns.live("deploy/wrong") + ns.live("deploy/plain");
    const auto result = document(measure(ns, {"recommend", "deploy", "-o", "json"}));
    CHECK(ns.live() + ns.live("deploy/wrong") + ns.live("deploy/plain") == before);

    CHECK(result.at("kind") == "RecommendationList");
    CHECK(result.at("workloads") == 3);
    const auto items = byName(result);
    REQUIRE(items.size() == 3);
    const auto& api = items.at("sales-api");
    CHECK(api.at("basis") == "observed");
    CHECK(api.at("target").at("namespace") == ns.name());
    const auto& pods = api.at("live").at("pods");
    REQUIRE(pods.size() == 1);
    CHECK(pods.at(0).at("memory").at("sysBytes") > mebi);
    CHECK(pods.at(0).at("usage").at("demandBytes") > mebi / 2);
    const auto& findings = items.at("wrong").at("live").at("findings");
    CHECK(std::ranges::any_of(findings, [](const Json& finding) {
        return finding.at("code") == "gomemlimit-above-limit";
    }));
    // A workload that is wrong on sight is more urgent than one that just runs.
    CHECK(result.at("items").at(0).at("target").at("name") == "wrong");
    CHECK(items.at("plain").at("recommendation").at("limitBytes") == 48 * mebi);
}

TEST_CASE("recommend of many workloads takes the labels and the check that it is given") {
    const Namespace ns;
    auto labelled =
        asleep("back", {{"limits", {{"memory", "48Mi"}}}, {"requests", {{"memory", "24Mi"}}}});
    labelled["metadata"]["labels"]["tier"] = "back";
    ns.apply(labelled);
    ns.apply(asleep("front", {{"limits", {{"memory", "48Mi"}}}}));
    const auto checked = measure(ns, {"recommend", "--all", "-l", "tier=back", "--check"});
    CHECK(checked.code == 3);
    CHECK(checked.err.find("deployment/back") != std::string::npos);
    CHECK(checked.out.find("front") == std::string::npos);
    const auto none = measure(ns, {"recommend", "sts"});
    CHECK(none.code == 0);
    CHECK(none.out.starts_with("No Go program was found in 0 workloads."));
}

TEST_CASE("all namespaces are scanned with their nodes, and no more than that is read") {
    const Namespace ns;
    ns.deploySalesApi();
    const Namespace other;
    other.deploySalesApi();
    const auto end = measure(ns, {"recommend", "--all", "-A", "-v", "-o", "json"});
    const auto result = document(end);
    int found = 0;
    for (const auto& item : result.at("items")) {
        const auto in = item.at("target").at("namespace");
        if (in != ns.name() && in != other.name()) continue;
        ++found;
        CHECK(item.at("live").at("nodes").size() == 1);
    }
    CHECK(found == 2);
    const auto lines = std::ranges::count(end.err, '\n');
    CHECK_MESSAGE(lines <= 6, end.err);  // one line a kubectl process
}
