// Each input below tests/fixtures/{memstats,kubelet,pods} against the document beside it.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "memfit/documents/documents.h"
#include "memfit/kube/pod_list.h"
#include "memfit/live/live_facts.h"
#include "memfit/observe/kubelet_usage.h"
#include "memfit/observe/memstats.h"
#include "memfit/observe/pod_status.h"
#include "support/expectations.h"

namespace {

using namespace memfit;
using nlohmann::json;

TEST_CASE("every memory statistics page gives exactly what is expected of it") {
    test::checkExpectations("memstats", [](const std::string& page) -> json {
        const auto snapshot = parseMemstats(page);
        if (!snapshot) return {{"refused", snapshot.error().what}, {"mayBeGo", mayBeGo(page)}};
        ProbeResult probe;
        probe.idle = *snapshot;
        return json::parse(toJson(probe)).at("idle");
    });
}

TEST_CASE("every answer of a kubelet gives exactly what is expected of it") {
    test::checkExpectations("kubelet", [](const std::string& summary) {
        json containers = json::array();
        const auto read =
            forEachContainer(summary, [&](const ContainerKey& key, const KubeletUsage& usage) {
                json one{{"container", key.nameSpace + "/" + key.pod + "/" + key.container}};
                if (usage.usage) one["usage"] = *usage.usage;
                if (usage.workingSet) one["workingSet"] = *usage.workingSet;
                if (usage.rss) one["rss"] = *usage.rss;
                containers.push_back(one);
            });
        CHECK(read.has_value());
        return containers;
    });
}

TEST_CASE("every pod's status gives exactly what is expected of it") {
    test::checkExpectations("pods", [](const std::string& text) -> json {
        const auto pods = readPodList(text);
        REQUIRE(pods.has_value());
        REQUIRE(pods->size() == 1);
        const auto& pod = pods->front();
        const auto status = readPodStatus(pod.json, "api");
        REQUIRE(status.has_value());
        const auto verdict = judgePod(*status);
        json seen{{"state", toString(verdict.state)}, {"detail", verdict.detail}};
        if (verdict.exitCode) seen["exitCode"] = *verdict.exitCode;
        LiveFacts facts;
        LivePod live;
        live.name = pod.name;
        live.settings = settingsOf(pod.containers, "api", facts.warnings);
        readHistory(*status, live, facts.warnings);
        facts.pods.push_back(live);
        if (live.settings.limit) seen["limitBytes"] = *live.settings.limit;
        seen["oomKilled"] = live.oomKilled;
        if (const auto limit = oomKilledAt(facts)) seen["oomKilledAtBytes"] = *limit;
        seen["warnings"] = json::array();
        for (const auto& warning : facts.warnings) seen["warnings"].push_back(warning.text);
        return seen;
    });
}

}  // namespace
