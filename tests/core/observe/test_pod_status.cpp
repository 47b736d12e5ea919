#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "memfit/observe/pod_status.h"
#include "support/fixtures.h"

namespace {

using namespace memfit;

PodStatus read(const std::string& json) {
    const auto status = readPodStatus(json, "api");
    INFO((status ? "" : status.error().message()));
    REQUIRE(status.has_value());
    return *status;
}

/// A pod whose status has these members.
std::string pod(const std::string& status, const std::string& metadata = R"("name":"p")") {
    return R"({"kind":"Pod","metadata":{)" + metadata + R"(},"spec":{"nodeName":"n1"},"status":{)" +
           status + "}}";
}

/// A pod with the container on trial in this state.
std::string inState(const std::string& state, const std::string& more = R"("phase":"Running")") {
    return pod(more +
               R"(,"containerStatuses":[{"name":"api","ready":true,"restartCount":0,"state":)" +
               state + "}]");
}

std::string terminated(const std::string& reason, int exitCode, const std::string& message = "") {
    return R"({"terminated":{"reason":")" + reason + R"(","exitCode":)" + std::to_string(exitCode) +
           R"(,"message":")" + message + R"("}})";
}

std::string judged(const std::string& json, std::int64_t restartsBefore = 0) {
    return std::string(toString(judgePod(read(json), restartsBefore).state));
}

TEST_CASE("a status is read field by field") {
    const auto status = read(R"({"kind":"Pod",
        "metadata":{"name":"p","uid":"u","resourceVersion":"7","deletionTimestamp":"2024-01-01T00:00:00Z"},
        "spec":{"nodeName":"n1"},
        "status":{"phase":"Running","podIP":"10.0.0.7",
            "conditions":[{"type":"Ready","status":"False"},
                          {"type":"ContainersReady","status":"True"}],
            "containerStatuses":[
                {"name":"side","ready":false,"restartCount":0,"state":{"waiting":{"reason":"x"}}},
                {"name":"api","containerID":"containerd://1","ready":true,"restartCount":2,
                 "state":{"running":{"startedAt":"2024-01-01T00:00:01Z"}},
                 "lastState":{"terminated":{"reason":"OOMKilled","exitCode":137,
                     "finishedAt":"2024-01-01T00:00:00Z"}}}]}})");
    ContainerStatus api;
    api.name = "api";
    api.containerId = "containerd://1";
    api.ready = true;
    api.restartCount = 2;
    api.state = {ContainerState::Kind::running, "", "", std::nullopt, "2024-01-01T00:00:01Z", ""};
    api.lastState = {
        ContainerState::Kind::terminated, "OOMKilled", "", 137, "", "2024-01-01T00:00:00Z"};
    ContainerStatus side;
    side.name = "side";
    side.state = {ContainerState::Kind::waiting, "x", "", std::nullopt, "", ""};
    PodStatus expected;
    expected.name = "p";
    expected.uid = "u";
    expected.resourceVersion = "7";
    expected.phase = "Running";
    expected.podIp = "10.0.0.7";
    expected.node = "n1";
    expected.containersReady = true;
    expected.deleted = true;
    expected.container = api;
    expected.otherContainers = {side};
    CHECK(status == expected);
    CHECK(readPodStatus("{}", "api").error() == inputError("the pod: this is a \"\", not a Pod"));
    CHECK(readPodStatus("", "api").has_error());
}

TEST_CASE(
    "an OOM kill is one whatever the exit code, and although a sidecar keeps the pod running") {
    CHECK(judgePod(read(inState(terminated("OOMKilled", 137)))) ==
          PodVerdict{PodState::oomKilled, "the kernel killed it at its memory limit", 137});
    CHECK(judgePod(read(inState(terminated("OOMKilled", 0)))) ==
          PodVerdict{PodState::oomKilled,
                     "a process of the container was killed at its memory limit (exit code 0)", 0});
    CHECK(judged(inState(terminated("OOMKilled", 143))) == "oomKilled");
    CHECK(judged(inState(terminated("OOMKilled", 137), R"("phase":"Failed")")) == "oomKilled");
    // The deadline and our own deletion come after it.
    CHECK(judged(inState(terminated("OOMKilled", 137),
                         R"("phase":"Failed","reason":"DeadlineExceeded")")) == "oomKilled");
}

TEST_CASE("a restarted container counts by its last end, if the restart came since") {
    const auto restarted = pod(
        R"("phase":"Running","conditions":[{"type":"ContainersReady","status":"True"}],
        "containerStatuses":[{"name":"api","ready":true,"restartCount":1,"state":{"running":{}},
        "lastState":{"terminated":{"reason":"OOMKilled","exitCode":137}}}])");
    CHECK(judged(restarted, 0) == "oomKilled");
    CHECK(judged(restarted, 1) == "ready");
    const auto looping = pod(
        R"("phase":"Running","containerStatuses":[{"name":"api","restartCount":3,
        "state":{"waiting":{"reason":"CrashLoopBackOff"}},
        "lastState":{"terminated":{"reason":"Error","exitCode":2}}}])");
    CHECK(judged(looping, 2) == "crashed");
}

TEST_CASE("a native sidecar on trial is judged by its own status, wherever the pod is") {
    const auto sidecar = [](const std::string& phase, const std::string& state,
                            const std::string& last, const std::string& main) {
        return pod(R"("phase":")" + phase +
                   R"(","conditions":[{"type":"ContainersReady","status":"True"}],
            "initContainerStatuses":[{"name":"migrate","state":)" +
                   terminated("Completed", 0) + R"(},{"name":"api","ready":true,"restartCount":)" +
                   (last.empty() ? "0" : "1") + R"(,"state":)" + state +
                   (last.empty() ? "" : R"(,"lastState":)" + last) +
                   R"(}],"containerStatuses":[{"name":"main","state":)" + main + "}]");
    };
    const std::string running = R"({"running":{}})";
    const std::string waiting = R"({"waiting":{"reason":"PodInitializing"}})";
    const auto status = read(sidecar("Running", running, "", running));
    CHECK(status.sidecar);
    REQUIRE(status.container);
    CHECK(status.container->name == "api");
    REQUIRE(status.initContainers.size() == 1);
    CHECK(status.initContainers[0].name == "migrate");
    CHECK((judgePod(status).state == PodState::ready));
    // It runs before the others start, which may never be.
    CHECK(judged(sidecar("Pending", running, "", waiting)) == "starting");
    CHECK(judged(sidecar("Pending", running, "", R"({"waiting":{"reason":"ErrImagePull"}})")) ==
          "imageError");
    // The kubelet starts it again, whatever the pod's restartPolicy.
    CHECK(judged(sidecar("Running", running, terminated("OOMKilled", 137), running)) ==
          "oomKilled");
    CHECK(judged(sidecar("Pending", R"({"waiting":{"reason":"CrashLoopBackOff"}})",
                         terminated("OOMKilled", 137), waiting)) == "oomKilled");
    CHECK(judged(sidecar("Running", running, terminated("Error", 2), running)) == "crashed");
    CHECK(judged(sidecar("Pending", terminated("OOMKilled", 137), "", waiting)) == "oomKilled");
}

TEST_CASE("a limit that is too small to start is told from a program that cannot start") {
    const auto atStart = [](const std::string& reason, const std::string& message) {
        return judged(inState(terminated(reason, 128, message)));
    };
    CHECK(atStart("StartError",
                  "failed to create containerd task: runc create failed: unable to "
                  "start container process: container init was OOM-killed (memory "
                  "limit too low?): unknown") == "oomAtStart");
    CHECK(atStart("ContainerCannotRun", "cannot start a stopped process: unknown") == "oomAtStart");
    CHECK(judged(inState(R"({"waiting":{"reason":"CreateContainerError","message":
        "set memory limit 4194304 too low; should be at least 12582912 bytes"}})",
                         R"("phase":"Pending")")) == "oomAtStart");
    CHECK(judged(inState(R"({"waiting":{"reason":"RunContainerError","message":
        "container init was OOM-killed (memory limit too low?): unknown"}})",
                         R"("phase":"Pending")")) == "oomAtStart");
    CHECK(judged(inState(R"({"waiting":{"reason":"CreateContainerError","message":
        "Error response from daemon: Minimum memory limit allowed is 6MB"}})",
                         R"("phase":"Pending")")) == "oomAtStart");
    CHECK(atStart("StartError", "exec: \\\"api\\\": executable file not found in $PATH") ==
          "configError");
}

TEST_CASE("exit code 137 without OOMKilled is not a verdict yet") {
    CHECK(judgePod(read(inState(terminated("Error", 137)))) ==
          PodVerdict{PodState::ambiguous137,
                     "it was killed (exit code 137), the kubelet does not say by whom", 137});
    CHECK(judged(inState(terminated("ContainerStatusUnknown", 137))) == "unknown");
    CHECK(judged(inState(terminated("Error", 137),
                         R"("phase":"Failed","reason":"DeadlineExceeded")")) == "deadline");
    CHECK(judged(inState(terminated("Error", 137),
                         R"("phase":"Failed","reason":"Evicted","message":"low on memory")")) ==
          "evicted");
    CHECK(judged(inState(terminated("Error", 137),
                         R"("phase":"Failed","conditions":[{"type":"DisruptionTarget",
                         "status":"True"}])")) == "evicted");
}

TEST_CASE("a program that ends by itself crashed or completed") {
    CHECK(judgePod(read(inState(terminated("Error", 2, "panic:\\n\\u001b[31mno\\u00e9")))) ==
          PodVerdict{PodState::crashed, "it ended with exit code 2: panic:  [31mno??", 2});
    CHECK(judged(inState(terminated("Completed", 0))) == "completed");
    CHECK(judged(inState(terminated("Error", 143))) == "crashed");
}

TEST_CASE("ready is what ContainersReady says, since the pod never is Ready") {
    const auto running = [](const std::string& conditions) {
        return judged(
            inState(R"({"running":{}})", R"("phase":"Running","conditions":[)" + conditions + "]"));
    };
    CHECK(running(
              R"({"type":"ContainersReady","status":"True"},{"type":"Ready","status":"False"})") ==
          "ready");
    CHECK(running(
              R"({"type":"ContainersReady","status":"False"},{"type":"Ready","status":"True"})") ==
          "running");
    CHECK(judged(pod("")) == "starting");
    CHECK(judged(inState(R"({"waiting":{"reason":"ContainerCreating"}})",
                         R"("phase":"Pending")")) == "starting");
}

TEST_CASE("a pod that no node takes says why") {
    CHECK(judgePod(read(pod(R"("phase":"Pending","conditions":[{"type":"PodScheduled",
        "status":"False","reason":"Unschedulable","message":"0/1 nodes: Insufficient memory"}])"))) ==
          PodVerdict{PodState::unschedulable,
                     "no node accepts the pod: 0/1 nodes: Insufficient memory", std::nullopt});
    CHECK(judged(pod(R"("phase":"Failed","reason":"OutOfmemory")")) == "unschedulable");
    CHECK(judged(pod(R"("phase":"Pending","conditions":[{"type":"PodScheduled","status":"False",
        "reason":"SchedulingGated"}])")) == "starting");
}

TEST_CASE("images and configuration that are missing are named with their container") {
    CHECK(judgePod(read(inState(R"({"waiting":{"reason":"ImagePullBackOff","message":"Back-off"}})",
                                R"("phase":"Pending")"))) ==
          PodVerdict{PodState::imageError,
                     "the image of container api cannot be pulled (ImagePullBackOff): Back-off",
                     std::nullopt});
    CHECK(judged(inState(R"({"waiting":{"reason":"CreateContainerConfigError"}})",
                         R"("phase":"Pending")")) == "configError");
    CHECK(judgePod(read(pod(R"("phase":"Pending","containerStatuses":[
        {"name":"api","state":{"waiting":{"reason":"ContainerCreating"}}},
        {"name":"side","state":{"waiting":{"reason":"ErrImagePull"}}}])")))
              .detail == "the image of container side cannot be pulled (ErrImagePull)");
}

TEST_CASE("a failed init container is named, one that merely ended is not a failure") {
    const auto withInit = [](const std::string& phase, const std::string& init) {
        return judgePod(read(pod(R"("phase":")" + phase + R"(","initContainerStatuses":[)" + init +
                                 R"(],"containerStatuses":[{"name":"api","state":
                                 {"waiting":{"reason":"PodInitializing"}}}])")));
    };
    CHECK(withInit("Failed", R"({"name":"migrate","state":)" + terminated("Error", 3) + "}") ==
          PodVerdict{PodState::initFailed, "init container migrate failed with exit code 3", 3});
    CHECK(withInit("Pending", R"({"name":"migrate","state":{"waiting":{"reason":
        "CrashLoopBackOff"}},"lastState":)" +
                                  terminated("OOMKilled", 137) + "}") ==
          PodVerdict{PodState::initFailed,
                     "init container migrate was killed at its own memory limit, which no trial "
                     "changes",
                     137});
    CHECK((withInit("Pending", R"({"name":"migrate","state":)" + terminated("Completed", 0) + "}")
               .state == PodState::starting));
    CHECK(
        (withInit("Pending", R"({"name":"proxy","state":)" + terminated("Error", 1) + "}").state ==
         PodState::starting));
}

TEST_CASE("whatever a runtime says of a start that failed, it is a start that failed") {
    const auto all = nlohmann::json::parse(test::readFixture("pod-starts/start-failures.json"));
    REQUIRE(all.size() == 5);
    for (const auto& each : all) {
        CAPTURE(each.at("from").get<std::string>());
        const auto state = judgePod(read(each.at("status").dump())).state;
        // With `ended before it was ready` the experiment knows the rest: a larger limit started.
        CHECK((state == PodState::oomAtStart || state == PodState::configError ||
               state == PodState::crashed));
    }
}

TEST_CASE("a pod that is deleted or lost says nothing about the limit") {
    CHECK(judged(pod(R"("phase":"Running")",
                     R"("name":"p","deletionTimestamp":"2024-01-01T00:00:00Z")")) == "deleted");
    CHECK(judged(pod(R"("phase":"Running","containerStatuses":[{"name":"api","state":)" +
                         terminated("Error", 137) + "}]",
                     R"("name":"p","deletionTimestamp":"2024-01-01T00:00:00Z")")) == "deleted");
    CHECK(judged(pod(R"("phase":"Unknown","reason":"NodeLost")")) == "unknown");
}

TEST_CASE("values of other types than Kubernetes has are taken for missing") {
    CHECK(judged(R"({"kind":"Pod","metadata":[],"status":{"phase":3,"conditions":{},
        "containerStatuses":[1,null,{"name":"api","restartCount":"x","state":[]}]}})") ==
          "starting");
}

TEST_CASE("every state has its own name") {
    CHECK(std::string(toString(PodState::starting)) == "starting");
    CHECK(std::string(toString(PodState::ambiguous137)) == "ambiguous137");
    CHECK(std::string(toString(PodState::unknown)) == "unknown");
}

}  // namespace
