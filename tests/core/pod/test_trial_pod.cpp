#include "core/pod/trial_pod_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

TEST_CASE("a trial pod is the template with the limit, our labels, a deadline and no restarts") {
    CHECK(podOf(deployment(plainSpec)) == Json::parse(R"({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "memfit-api-1", "namespace": "shop",
            "labels": {"app": "api", "team": "a", "memfit.dev/run-id": "r1",
                       "app.kubernetes.io/managed-by": "kubectl-memfit"},
            "annotations": {"memfit.dev/container": "api",
                            "memfit.dev/workload": "deployment/api"}},
        "spec": {
            "activeDeadlineSeconds": 600, "restartPolicy": "Never",
            "readinessGates": [{"conditionType": "memfit.dev/never-serves"}],
            "containers": [{
                "name": "api", "image": "api:1",
                "env": [{"name": "GOMEMLIMIT", "value": "off"}, {"name": "GOGC", "value": "100"}],
                "resources": {"limits": {"memory": "16Mi"}, "requests": {"memory": "16Mi"}}}]}})"));
}

TEST_CASE("the mode's Go settings replace every inherited entry, in its place") {
    const auto spec = Json::parse(R"({"containers":[
        {"name":"api","envFrom":[{"configMapRef":{"name":"go"}}],
         "resources":{"limits":{"cpu":"250m","memory":"1Gi"},"requests":{"cpu":"100m"}},
         "env":[{"name":"A","value":"1"},
                {"name":"GOMEMLIMIT","valueFrom":{"resourceFieldRef":{"resource":"limits.memory"}}},
                {"name":"B","value":"$(GOMEMLIMIT) "},
                {"name":"GOMEMLIMIT","value":"9MiB"}]},
        {"name":"side","env":[{"name":"GOGC","value":"5"}]}]})");
    const auto pod = podOf(deployment(spec));
    CHECK(pod["spec"]["containers"][0]["env"] == Json::parse(R"([
        {"name":"A","value":"1"},{"name":"GOMEMLIMIT","value":"off"},
        {"name":"B","value":"$(GOMEMLIMIT) "},{"name":"GOGC","value":"100"}])"));
    CHECK(pod["spec"]["containers"][0]["resources"] == Json::parse(R"(
        {"limits":{"cpu":"250m","memory":"16Mi"},"requests":{"cpu":"100m","memory":"16Mi"}})"));
    CHECK(pod["spec"]["containers"][1] == spec["containers"][1]);

    auto keep = plan();
    keep.gomemlimit.reset();
    keep.gogc.reset();
    CHECK(podOf(deployment(spec), keep)["spec"]["containers"][0]["env"] ==
          spec["containers"][0]["env"]);
}

TEST_CASE("the unlimited run has the ceiling as its limit and does not reserve it") {
    const auto resources = [](const char* own, std::optional<Bytes> ceiling) {
        auto unlimited = plan();
        unlimited.limit.reset();
        unlimited.ceiling = ceiling;
        auto spec = plainSpec;
        spec["containers"][0]["resources"] = Json::parse(own);
        return podOf(deployment(spec), unlimited)["spec"]["containers"][0]["resources"];
    };
    CHECK(resources("{}", 8 * GiB) ==
          Json::parse(R"({"limits":{"memory":"8Gi"},"requests":{"memory":"0"}})"));
    CHECK(resources(R"({"limits":{"memory":"64Mi"}})", 8 * GiB) ==
          Json::parse(R"({"limits":{"memory":"8Gi"},"requests":{"memory":"64Mi"}})"));
    CHECK(resources(R"({"requests":{"memory":"9Gi"}})", 8 * GiB) ==
          Json::parse(R"({"limits":{"memory":"8Gi"},"requests":{"memory":"8Gi"}})"));
    CHECK(resources(R"({"limits":{"memory":"64Mi"},"requests":{"memory":"32Mi"}})", std::nullopt) ==
          Json::parse(R"({"requests":{"memory":"32Mi"}})"));
}

TEST_CASE("overrides of the environment are set and removed; envFrom cannot bring one back") {
    auto spec = Json::parse(R"({"containers":[{"name":"api","env":[{"name":"A","value":"secret"},
        {"name":"B","value":"1"}]}]})");
    auto wanted = plan();
    wanted.gomemlimit.reset();
    wanted.gogc.reset();
    wanted.env = {{"B", "2"}, {"C", "3"}};
    wanted.unsetEnv = {"A"};
    const auto env = [&] {
        return podOf(deployment(spec), wanted)["spec"]["containers"][0]["env"];
    };
    CHECK(env() == Json::parse(R"([{"name":"B","value":"2"},{"name":"C","value":"3"}])"));
    spec["containers"][0]["envFrom"] = Json::parse(R"([{"secretRef":{"name":"s"}}])");
    CHECK(env() == Json::parse(R"([{"name":"A","value":""},{"name":"B","value":"2"},
        {"name":"C","value":"3"}])"));
    CHECK(codes(make(deployment(spec), wanted)) == std::vector<std::string>{"unset-is-empty"});

    wanted.gogc = "off";
    wanted.env = {{"GOGC", "50"}};
    CHECK(refusal(deployment(spec), wanted) ==
          usageError("--env GOGC does not go with a trial that sets GOGC itself",
                     "--keep-env leaves the Go settings to the workload"));
    wanted.env = {{"", "x"}};
    CHECK(refusal(deployment(spec), wanted).kind == ErrorKind::usage);
}

TEST_CASE("nothing is copied that pushes others aside, pins, spreads or names the pod") {
    const auto spec = Json::parse(R"({
        "priorityClassName":"high","priority":1000,"preemptionPolicy":"PreemptLowerPriority",
        "nodeName":"n1","hostname":"h","subdomain":"s","schedulingGates":[{"name":"g"}],
        "topologySpreadConstraints":[{"maxSkew":1}],"restartPolicy":"Always",
        "readinessGates":[{"conditionType":"lb"}],"resources":{"limits":{"memory":"1Gi"}},
        "affinity":{"podAntiAffinity":{},"nodeAffinity":{"keep":1}},
        "tolerations":[{"key":"t"}],"nodeSelector":{"disk":"ssd"},"serviceAccountName":"sa",
        "runtimeClassName":"rc","imagePullSecrets":[{"name":"pull"}],
        "securityContext":{"runAsUser":1},
        "initContainers":[{"name":"i","livenessProbe":{"exec":{}},"restartPolicy":"Always"}],
        "containers":[{"name":"api","livenessProbe":{"exec":{}},"readinessProbe":{"exec":{}},
            "startupProbe":{"exec":{}},"restartPolicy":"Never",
            "ports":[{"containerPort":80,"hostPort":8080}]}]})");
    const auto made = make(deployment(spec), plan());
    auto pod = Json::parse(made.json)["spec"];
    pod["containers"][0].erase("resources");
    pod["containers"][0].erase("env");
    CHECK(pod == Json::parse(R"({
        "activeDeadlineSeconds":600,"restartPolicy":"Never",
        "readinessGates":[{"conditionType":"memfit.dev/never-serves"}],
        "affinity":{"nodeAffinity":{"keep":1}},
        "tolerations":[{"key":"t"}],"nodeSelector":{"disk":"ssd"},"serviceAccountName":"sa",
        "runtimeClassName":"rc","imagePullSecrets":[{"name":"pull"}],
        "securityContext":{"runAsUser":1},
        "initContainers":[{"name":"i","restartPolicy":"Always"}],
        "containers":[{"name":"api","readinessProbe":{"exec":{}},"startupProbe":{"exec":{}},
            "ports":[{"containerPort":80}]}]})"));
    CHECK(codes(made) ==
          std::vector<std::string>{"identity-dropped", "pod-memory-dropped", "host-port-dropped"});
}

TEST_CASE("reaching into the node is refused without force, reading from it is not") {
    const auto spec = [](const char* readOnly) {
        return Json::parse(std::string(R"({"hostNetwork":true,
            "volumes":[{"name":"logs","hostPath":{"path":"/var/log"}}],
            "containers":[{"name":"api","volumeMounts":[{"name":"logs","mountPath":"/l","readOnly":)") +
                           readOnly + "}]}]}");
    };
    CHECK(
        refusal(deployment(spec("false"))) ==
        failure("a copy of deployment/api would have access to its node: hostNetwork, volume logs "
                "writes to the node's /var/log",
                "--force allows it, if two instances can run on one node"));
    auto force = plan();
    force.force = true;
    CHECK(codes(make(deployment(spec("false")), force)) == std::vector<std::string>{"host-access"});
    auto harmless = spec("true");
    harmless.erase("hostNetwork");
    CHECK(make(deployment(harmless), plan()).notices.empty());
}

TEST_CASE("a StatefulSet's storage starts empty, and a notice says so") {
    auto object = deployment(Json::parse(R"({"containers":[{"name":"api"}],
        "volumes":[{"name":"c","persistentVolumeClaim":{"claimName":"shared"}}]})"));
    object["kind"] = "StatefulSet";
    object["spec"]["volumeClaimTemplates"] = Json::parse(R"([{"metadata":{"name":"data"}}])");
    const auto pod = make(object, plan());
    CHECK(Json::parse(pod.json)["spec"]["volumes"] == Json::parse(R"([
        {"name":"c","persistentVolumeClaim":{"claimName":"shared"}},
        {"name":"data","emptyDir":{}}])"));
    CHECK(codes(pod) == std::vector<std::string>{"storage-is-empty"});
    CHECK(pod.claims == std::vector<std::string>{"shared"});
}

TEST_CASE("init containers are skipped on request, sidecars among them are not") {
    auto wanted = plan();
    wanted.skipInit = true;
    const auto spec = Json::parse(R"({"initContainers":[{"name":"migrate"},
        {"name":"proxy","restartPolicy":"Always"}],"containers":[{"name":"api"}]})");
    CHECK(podOf(deployment(spec), wanted)["spec"]["initContainers"] ==
          Json::parse(R"([{"name":"proxy","restartPolicy":"Always"}])"));
}

TEST_CASE("the limit of a sidecar on trial is set where the sidecar stands, and it stays one") {
    auto wanted = plan();
    wanted.container = "mesh";
    const auto spec = Json::parse(R"({"initContainers":[{"name":"migrate"},
        {"name":"mesh","restartPolicy":"Always","resources":{"limits":{"memory":"1Gi"}}}],
        "containers":[{"name":"api"}]})");
    const auto pod = podOf(deployment(spec), wanted);
    CHECK(pod["spec"]["initContainers"] == Json::parse(R"([{"name":"migrate"},
        {"name":"mesh","restartPolicy":"Always",
         "resources":{"limits":{"memory":"16Mi"},"requests":{"memory":"16Mi"}},
         "env":[{"name":"GOMEMLIMIT","value":"off"},{"name":"GOGC","value":"100"}]}])"));
    CHECK(pod["spec"]["containers"] == Json::parse(R"([{"name":"api"}])"));
    CHECK(pod["metadata"]["annotations"]["memfit.dev/container"] == "mesh");
}

TEST_CASE("the unlimited run requests what the namespace asks for beside its ceiling") {
    auto wanted = plan();
    wanted.limit.reset();
    wanted.ceiling = GiB;
    wanted.leastRequest = 256 * MiB;
    const auto requested = [&](const char* resources) {
        const auto spec = Json::parse(std::string(R"({"containers":[{"name":"api","resources":)") +
                                      resources + "}]}");
        return podOf(deployment(spec), wanted)["spec"]["containers"][0]["resources"]["requests"];
    };
    CHECK(requested("{}") == Json{{"memory", "256Mi"}});
    CHECK(requested(R"({"requests":{"memory":"64Mi"}})") == Json{{"memory", "256Mi"}});
    CHECK(requested(R"({"requests":{"memory":"512Mi"}})") == Json{{"memory", "512Mi"}});
    wanted.ceiling = 128 * MiB;
    CHECK(requested("{}") == Json{{"memory", "128Mi"}});
}

TEST_CASE("a live pod is copied without its owner, node, status and injected token") {
    const auto live = Json::parse(R"({"apiVersion":"v1","kind":"Pod",
        "metadata":{"name":"api-x","namespace":"shop","uid":"u","resourceVersion":"5",
            "annotations":{"cni.projectcalico.org/podIP":"10.0.0.1","keep":"1"},
            "ownerReferences":[{"kind":"ReplicaSet","name":"api","controller":true}]},
        "spec":{"nodeName":"n","priority":0,
            "volumes":[{"name":"kube-api-access-abcde","projected":{}},{"name":"tmp","emptyDir":{}}],
            "containers":[{"name":"api","volumeMounts":[
                {"name":"kube-api-access-abcde",
                 "mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","readOnly":true},
                {"name":"tmp","mountPath":"/tmp"}]}]},
        "status":{"phase":"Running"}})");
    auto pod = podOf(live);
    CHECK(pod["metadata"]["annotations"] == Json::parse(R"({"keep":"1",
        "memfit.dev/container":"api","memfit.dev/workload":"pod/api-x"})"));
    CHECK_FALSE(pod["metadata"].contains("ownerReferences"));
    CHECK_FALSE(pod["metadata"].contains("uid"));
    CHECK_FALSE(pod.contains("status"));
    CHECK_FALSE(pod["spec"].contains("nodeName"));
    CHECK(pod["spec"]["volumes"] == Json::parse(R"([{"name":"tmp","emptyDir":{}}])"));
    CHECK(pod["spec"]["containers"][0]["volumeMounts"] ==
          Json::parse(R"([{"name":"tmp","mountPath":"/tmp"}])"));
}

TEST_CASE("a pinned node is named in each of the alternatives of the node affinity") {
    auto wanted = plan();
    wanted.node = "n1";
    const auto spec = Json::parse(R"({"containers":[{"name":"api"}],"affinity":{"nodeAffinity":{
        "requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
            {"matchExpressions":[1]},{"matchExpressions":[2]}]}}}})");
    const auto here = R"("matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}])";
    const auto terms = [&](const Json& from) {
        return podOf(deployment(from),
                     wanted)["spec"]["affinity"]["nodeAffinity"]
                            ["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
    };
    CHECK(terms(spec) == Json::parse(std::string(R"([{"matchExpressions":[1],)") + here +
                                     R"(},{"matchExpressions":[2],)" + here + "}]"));
    CHECK(terms(plainSpec) == Json::parse(std::string("[{") + here + "}]"));
}

TEST_CASE("what the copy will do is disclosed by name, never by value") {
    const auto spec = Json::parse(R"({"serviceAccountName":"shopkeeper",
        "initContainers":[{"name":"migrate","image":"migrate:2"}],
        "volumes":[{"name":"tls","secret":{"secretName":"cert"}},
                   {"name":"data","persistentVolumeClaim":{"claimName":"orders"}}],
        "containers":[{"name":"api","image":"api:1",
            "volumeMounts":[{"name":"data","mountPath":"/d"}],
            "env":[{"name":"PASSWORD","value":"hunter2"},
                   {"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"tokens","key":"k"}}}],
            "envFrom":[{"configMapRef":{"name":"settings"}}]}]})");
    CHECK(make(deployment(spec), plan()).disclosure ==
          std::vector<std::string>{
              "first runs the init container migrate (image migrate:2)",
              "runs the container api (image api:1)",
              "runs as the service account shopkeeper",
              "reads the secrets cert, tokens",
              "reads the config maps settings",
              "mounts the claim orders as volume data, writable",
              "environment of api: PASSWORD, TOKEN, GOMEMLIMIT, GOGC",
          });
}

TEST_CASE("a variable that is made from a dropped label is named") {
    const auto spec = Json::parse(R"({"containers":[{"name":"api","env":[{"name":"APP",
        "valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['app']"}}}]}]})");
    CHECK(codes(make(deployment(spec), plan(),
                     selecting("Service", {{"selector", {{"app", "api"}}}}))) ==
          std::vector<std::string>{"label-in-environment"});
}

TEST_CASE("a misshapen template is refused, not a crash") {
    const auto spec =
        Json::parse(R"({"affinity":{"nodeAffinity":[1]},"containers":[{"name":"api"}]})");
    auto wanted = plan();
    wanted.node = "n1";
    CHECK(refusal(deployment(spec), wanted).kind == ErrorKind::input);
    wanted.container = "other";
    CHECK(refusal(deployment(spec), wanted).kind == ErrorKind::usage);
}

}  // namespace
