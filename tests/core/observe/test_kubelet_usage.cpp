#include <doctest/doctest.h>

#include <string>

#include "memfit/observe/kubelet_usage.h"

namespace {

using namespace memfit;

const ContainerKey key{"shop", "api-1", "12-ab", "api"};

const std::string summary = R"({"node":{},"pods":[
    {"podRef":{"name":"api-1","namespace":"other","uid":"x"},"containers":[]},
    {"podRef":{"name":"api-1","namespace":"shop","uid":"12-ab"},"containers":[
        {"name":"side","memory":{"usageBytes":1}},
        {"name":"api","memory":{"time":"2024-01-01T00:00:00Z","usageBytes":3000,
            "workingSetBytes":2000,"rssBytes":1000,"availableBytes":5}},
        {"name":"young","memory":{"time":"2024-01-01T00:00:00Z"}}]}]})";

KubeletUsage usage(std::optional<Bytes> total, std::optional<Bytes> peak, bool podLevel = false) {
    KubeletUsage made;
    made.usage = total;
    made.peak = peak;
    made.podLevel = podLevel;
    return made;
}

std::string series(const std::string& metric, const std::string& labels, const std::string& value) {
    return "container_memory_" + metric + "{" + labels + "} " + value + "\n";
}

const std::string ofApi =
    R"(container="api",id="/kubepods/burstable/pod12-ab/c1",image="i",name="n",namespace="shop",pod="api-1")";
const std::string ofPod =
    R"(container="",id="/kubepods/burstable/pod12-ab",image="",name="",namespace="shop",pod="api-1")";

TEST_CASE("the summary gives a container's memory, and nothing where it has none") {
    KubeletUsage expected;
    expected.usage = 3000;
    expected.workingSet = 2000;
    expected.rss = 1000;
    expected.time = "2024-01-01T00:00:00Z";
    CHECK(*readStatsSummary(summary, key) == expected);
    CHECK(*readStatsSummary(summary, {"shop", "api-1", "", "api"}) == expected);
    CHECK(*readStatsSummary(summary, {"shop", "api-1", "another", "api"}) == std::nullopt);
    CHECK(*readStatsSummary(summary, {"shop", "api-1", "", "young"}) == std::nullopt);
    CHECK(*readStatsSummary(summary, {"shop", "api-1", "", "gone"}) == std::nullopt);
    CHECK(readStatsSummary("{}", key).error() ==
          inputError("the kubelet's statistics: there are no pods in them",
                     "is this /stats/summary?"));
    CHECK(readStatsSummary("Forbidden", key).has_error());
}

TEST_CASE(
    "the container's own series are read, with exponents, time stamps and any order of labels") {
    KubeletUsage expected;
    expected.usage = 17825792;
    expected.workingSet = 16777216;
    expected.rss = 9;
    expected.cache = 8;
    expected.peak = 20971520;
    expected.peakAt = 1700000009000;
    CHECK(readCadvisor("# HELP container_memory_usage_bytes x\n" +
                           series("usage_bytes", ofApi, "1.7825792e+07 1700000000000") +
                           series("working_set_bytes",
                                  R"(pod="api-1",namespace="shop",container="api")", "16777216") +
                           series("rss", ofApi, "9\r") + series("cache", ofApi, "8") +
                           series("max_usage_bytes", ofApi, "2.097152e+07 1700000009000") +
                           series("usage_bytes", ofPod, "99999999"),
                       key) == expected);
}

TEST_CASE("a high-water mark of 0 is none") {
    CHECK(readCadvisor(series("usage_bytes", ofApi, "5") + series("max_usage_bytes", ofApi, "0"),
                       key) == usage(5, std::nullopt));
    CHECK(readCadvisor(series("max_usage_bytes", ofApi, "0"), key) == std::nullopt);
}

TEST_CASE("0 bytes of anything but page cache are not known") {
    const auto zeros = series("usage_bytes", ofApi, "0") + series("working_set_bytes", ofApi, "0") +
                       series("rss", ofApi, "0") + series("cache", ofApi, "0");
    CHECK(readCadvisor(zeros, key) == std::nullopt);
    KubeletUsage expected;
    expected.cache = 0;
    expected.workingSet = 5;
    CHECK(readCadvisor(zeros + series("working_set_bytes", ofApi, "5"), key) == expected);
    CHECK(readCadvisor(zeros + series("usage_bytes", ofPod, "6"), key) ==
          usage(6, std::nullopt, true));
}

TEST_CASE("the pod's series count only where the container has none, and are flagged") {
    CHECK(readCadvisor(series("max_usage_bytes", ofPod, "7") + series("usage_bytes", ofPod, "6"),
                       key) == usage(6, 7, true));
}

TEST_CASE("other pods, containers, and an earlier pod of the same name are not taken") {
    const auto others =
        series("usage_bytes", R"(container="side",namespace="shop",pod="api-1")", "1") +
        series("usage_bytes", R"(container="POD",namespace="shop",pod="api-1")", "1") +
        series("usage_bytes", R"(container="api",namespace="other",pod="api-1")", "1") +
        series("usage_bytes", R"(container="api",namespace="shop",pod="api-10")", "1") +
        series("usage_bytes",
               R"(container="api",id="/kubepods/pod99-ff/c",namespace="shop",pod="api-1")", "1");
    CHECK(readCadvisor(others, key) == std::nullopt);
    const auto systemd = series(
        "usage_bytes",
        R"(container="api",id="/kubepods.slice/kubepods-pod12_ab.slice/cri-1.scope",namespace="shop",pod="api-1")",
        "4");
    CHECK(readCadvisor(others + systemd, key) == usage(4, std::nullopt));
}

TEST_CASE("the labels of old kubelets are understood, and a brace within a value") {
    CHECK(
        readCadvisor(
            series("usage_bytes",
                   R"(image="a}b\"c",container_name="api",namespace="shop",pod_name="api-1")", "4"),
            key) == usage(4, std::nullopt));
}

TEST_CASE("malformed lines are passed over") {
    const std::string text =
        "container_memory_usage_bytes\ncontainer_memory_usage_bytes{\n"
        "container_memory_usage_bytes{a=\"b\ncontainer_memory_usage_bytes{a\\\n" +
        series("usage_bytes", ofApi, "NaN") + series("usage_bytes", ofApi, "-1") +
        series("usage_bytes", ofApi, "1e300") + series("usage_bytes", ofApi, "12x") +
        series("usage_bytes", ofApi, "");
    CHECK(readCadvisor(text, key) == std::nullopt);
    CHECK(readCadvisor("", key) == std::nullopt);
    CHECK(readCadvisor(
              R"(container_memory_usage_bytes{container="api",namespace="shop",pod="api-1"} 5)",
              key) == usage(5, std::nullopt));
}

}  // namespace
