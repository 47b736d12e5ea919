// What becomes of the pods and Deployments of a FakeCluster.

#include <fmt/format.h>

#include <algorithm>

#include "cluster/kubectl.h"
#include "memfit/units/quantity.h"
#include "support/fake_cluster.h"

namespace memfit::test {

using Json = nlohmann::json;
using namespace plugin;

namespace {

constexpr auto onlyNode = "node-1";

void setCondition(Json& pod, const std::string& type, bool holds, const std::string& reason = {},
                  const std::string& message = {}) {
    auto& conditions = pod["status"]["conditions"];
    if (!conditions.is_array()) conditions = Json::array();
    for (std::size_t i = conditions.size(); i-- > 0;) {
        if (conditions[i].at("type") == type) conditions.erase(i);
    }
    conditions.push_back({{"type", type},
                          {"status", holds ? "True" : "False"},
                          {"reason", reason},
                          {"message", message}});
}

void setStates(Json& pod, const Json& state, bool ready) {
    auto& statuses = pod["status"]["containerStatuses"];
    if (!statuses.is_array()) statuses = Json::array();
    for (const auto& container : pod.at("spec").at("containers")) {
        const auto same = std::ranges::find_if(statuses, [&](const Json& status) {
            return status.at("name") == container.at("name");
        });
        Json status = same == statuses.end() ? Json{{"name", container.at("name")},
                                                    {"containerID", "fake://1"},
                                                    {"restartCount", 0}}
                                             : *same;
        status["ready"] = ready;
        status["state"] = state;
        if (same == statuses.end())
            statuses.push_back(status);
        else
            *same = status;
    }
    setCondition(pod, "ContainersReady", ready);
}

Json terminated(int exitCode, const std::string& reason) {
    return {{"terminated", {{"exitCode", exitCode}, {"reason", reason}}}};
}

void killForMemory(Json& pod) {
    constexpr int killed = 137;
    const auto end = terminated(killed, "OOMKilled");
    if (pod.at("spec").value("restartPolicy", "Always") == "Never") {
        setStates(pod, end, false);
        pod["status"]["phase"] = "Failed";
        return;
    }
    setStates(pod, {{"waiting", {{"reason", "CrashLoopBackOff"}}}}, false);
    for (auto& status : pod["status"]["containerStatuses"]) {
        status["restartCount"] = status["restartCount"].get<int>() + 1;
        status["lastState"] = end;
    }
}

void endAs(Json& pod, PodLife::Fate fate) {
    constexpr int failed = 2;
    if (fate == PodLife::Fate::crashes) {
        setStates(pod, terminated(failed, "Error"), false);
        pod["status"]["phase"] = "Failed";
    } else if (fate == PodLife::Fate::completes) {
        setStates(pod, terminated(0, "Completed"), false);
        pod["status"]["phase"] = "Succeeded";
    } else if (fate == PodLife::Fate::evicted) {
        pod["status"] = {{"phase", "Failed"},
                         {"reason", "Evicted"},
                         {"message", "The node was low on resource: memory."}};
    }
}

bool hasEnded(const Json& pod) {
    const auto phase = pod.at("status").value("phase", "");
    return phase == "Failed" || phase == "Succeeded";
}

Json withoutHash(Json podTemplate) {
    if (podTemplate.contains("/metadata/labels"_json_pointer))
        podTemplate["metadata"]["labels"].erase("pod-template-hash");
    return podTemplate;
}

int revisionOf(const Json& object) {
    return std::stoi(object.at("metadata")
                         .value("annotations", Json::object())
                         .value("deployment.kubernetes.io/revision", "0"));
}

constexpr auto revisionAnnotation = "deployment.kubernetes.io/revision";

}  // namespace

nlohmann::json fakeDeployment(const std::string& name, const std::string& limit, int replicas) {
    Json container{{"name", name},
                   {"image", name + ":1"},
                   {"ports", {{{"name", "http"}, {"containerPort", 3000}}}}};
    if (!limit.empty())
        container["resources"] = {{"limits", {{"memory", limit}}},
                                  {"requests", {{"memory", limit}}}};
    return {{"kind", "Deployment"},
            {"metadata", {{"name", name}, {"namespace", "shop"}, {"labels", {{"app", name}}}}},
            {"spec",
             {{"replicas", replicas},
              {"revisionHistoryLimit", 10},
              {"selector", {{"matchLabels", {{"app", name}}}}},
              {"template",
               {{"metadata", {{"labels", {{"app", name}}}}},
                {"spec", {{"containers", Json::array({container})}}}}}}}};
}

/// The steps of a new pod's life, each only while it is there and has not ended.
void FakeCluster::live(const Key& key) {
    using Fate = PodLife::Fate;
    const auto plan = life(objects_.at(key));
    const auto uid = objects_.at(key).at("metadata").at("uid");
    double when = 0;
    const auto then = [&](double seconds, std::function<void(Json & pod)> change) {
        when += seconds;
        after(when, [this, key, uid, change = std::move(change)] {
            const auto found = objects_.find(key);
            if (found == objects_.end() || found->second.at("metadata").at("uid") != uid) return;
            if (hasEnded(found->second)) return;
            change(found->second);
            changed(found->second);
        });
    };
    if (plan.fate == Fate::unschedulable) {
        then(plan.scheduled, [](Json& pod) {
            setCondition(pod, "PodScheduled", false, "Unschedulable",
                         "0/1 nodes are available: 1 Insufficient memory.");
        });
        return;
    }
    then(plan.scheduled, [](Json& pod) {
        pod["spec"]["nodeName"] = onlyNode;
        setCondition(pod, "PodScheduled", true);
        setStates(pod, {{"waiting", {{"reason", "ContainerCreating"}}}}, false);
    });
    if (plan.fate == Fate::badImage) {
        then(plan.running, [](Json& pod) {
            setStates(pod,
                      {{"waiting", {{"reason", "ImagePullBackOff"}, {"message", "no such image"}}}},
                      false);
        });
        return;
    }
    if (plan.fate == Fate::tooSmall) {
        then(plan.running, [this](Json& pod) {
            const std::string name = pod.at("metadata").at("name");
            add({{"kind", "Event"},
                 {"metadata", {{"name", name + ".1"}}},
                 {"involvedObject", {{"name", name}}},
                 {"reason", "FailedCreatePodSandBox"},
                 {"message", "container init was OOM-killed (memory limit too low?)"}});
        });
        return;
    }
    then(plan.running, [](Json& pod) {
        setStates(pod, {{"running", Json::object()}}, false);
        pod["status"]["phase"] = "Running";
    });
    if (key.name.starts_with("memfit-load-")) after(when + plan.end / 2, [this] { load(); });
    if (plan.fate != Fate::runs) {
        then(plan.end, [fate = plan.fate](Json& pod) { endAs(pod, fate); });
        return;
    }
    then(plan.ready, [](Json& pod) { setStates(pod, {{"running", Json::object()}}, true); });
}

void FakeCluster::load() {
    for (auto& [key, pod] : objects_) {
        if (key.resource != Resource::pods || pod.at("status").value("phase", "") != "Running")
            continue;
        for (const auto& container : pod.at("spec").at("containers")) {
            const auto limit = container.value("/resources/limits/memory"_json_pointer, "");
            const auto quantity = parseQuantity(limit);
            if (limit.empty() || !quantity || quantity->bytes >= edge) continue;
            killForMemory(pod);
            changed(pod);
            break;
        }
    }
}

void FakeCluster::end(const std::string& pod, PodLife::Fate fate) {
    auto* const object = find(Resource::pods, pod);
    endAs(*object, fate);
    changed(*object);
}

void FakeCluster::scheduleRollout(const Key& key) {
    constexpr double controllerSeconds = 0.2;
    after(controllerSeconds, [this, key] { rollOut(key); });
}

/// As the Deployment controller, in one step: the ReplicaSet of the template gets all pods, the
/// others none, and more than the history holds are removed.
void FakeCluster::rollOut(const Key& key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return;
    auto& deployment = found->second;
    const auto uid = deployment.at("metadata").at("uid");
    const auto& podTemplate = deployment.at("spec").at("template");
    const int replicas = deployment.at("spec").value("replicas", 1);

    std::vector<Key> sets;
    std::optional<Key> current;
    int revision = 0;
    for (const auto& [setKey, set] : objects_) {
        if (setKey.resource != Resource::replicaSets || setKey.ns != key.ns) continue;
        const auto owner = set.at("metadata").value("/ownerReferences/0/uid"_json_pointer, "");
        if (uid != owner) continue;
        sets.push_back(setKey);
        revision = std::max(revision, revisionOf(set));
        if (withoutHash(set.at("spec").at("template")) == podTemplate) current = setKey;
    }
    if (!current) {
        const auto hash = fmt::format("h{}", ++hashes_);
        auto hashed = podTemplate;
        hashed["metadata"]["labels"]["pod-template-hash"] = hash;
        current = Key{Resource::replicaSets, key.ns, key.name + "-" + hash};
        add({{"kind", "ReplicaSet"},
             {"metadata",
              {{"name", current->name},
               {"namespace", key.ns},
               {"labels", hashed["metadata"]["labels"]},
               {"ownerReferences",
                {{{"kind", "Deployment"},
                  {"name", key.name},
                  {"uid", uid},
                  {"controller", true}}}}}},
             {"spec", {{"replicas", 0}, {"template", hashed}}},
             {"status", {{"replicas", 0}, {"observedGeneration", 1}}}});
        sets.push_back(*current);
    }
    if (revisionOf(objects_.at(*current)) < std::max(revision, 1)) {
        objects_.at(*current)["metadata"]["annotations"][revisionAnnotation] =
            std::to_string(revision + 1);
    }
    for (const auto& setKey : sets) {
        auto& set = objects_.at(setKey);
        const int pods = setKey == *current ? replicas : 0;
        set["spec"]["replicas"] = pods;
        set["status"]["replicas"] = pods;
        changed(set);
        std::vector<Key> theirs;
        for (const auto& [podKey, pod] : objects_) {
            const auto owner = pod.at("metadata").value("/ownerReferences/0/uid"_json_pointer, "");
            if (podKey.resource == Resource::pods && set.at("metadata").at("uid") == owner)
                theirs.push_back(podKey);
        }
        if (pods == 0) {
            for (const auto& podKey : theirs) removeObject(podKey);
            continue;
        }
        for (int number = static_cast<int>(theirs.size()); number < pods; ++number) {
            auto pod = set.at("spec").at("template");
            pod["kind"] = "Pod";
            pod["metadata"]["namespace"] = key.ns;
            pod["metadata"]["name"] = fmt::format("{}-{}", setKey.name, number);
            pod["metadata"]["ownerReferences"] = {{{"kind", "ReplicaSet"},
                                                   {"name", setKey.name},
                                                   {"uid", set.at("metadata").at("uid")},
                                                   {"controller", true}}};
            pod["status"] = {{"phase", "Pending"}};
            const Key podKey{Resource::pods, key.ns, pod["metadata"]["name"]};
            // Like one that the quota or a policy of the namespace refuses: it does not come.
            if (refusalOf(pod)) continue;
            add(std::move(pod));
            live(podKey);
        }
    }
    deployment["metadata"]["annotations"][revisionAnnotation] =
        std::to_string(revisionOf(objects_.at(*current)));
    deployment["status"]["observedGeneration"] = deployment.at("metadata").at("generation");
    changed(deployment);

    std::erase(sets, *current);
    std::ranges::sort(sets, {}, [&](const Key& one) { return revisionOf(objects_.at(one)); });
    const auto most = deployment.at("spec").value("revisionHistoryLimit", std::size_t{10});
    for (std::size_t i = 0; i + most < sets.size(); ++i) removeObject(sets[i]);
}

Call<void> FakeCluster::awaitRollout(const std::string& ns, const std::string& object,
                                     double seconds) {
    if (auto error = trouble("rollout " + object, "get deployments.apps", "kubectl rollout"))
        return *error;
    const auto name = object.substr(object.find('/') + 1);
    const auto done = [&] {
        const auto* const deployment = find(Resource::deployments, name, ns);
        if (deployment == nullptr) return false;
        if (deployment->at("status").at("observedGeneration") !=
            deployment->at("metadata").at("generation"))
            return false;
        int ready = 0;
        for (const auto& [key, pod] : objects_) {
            if (key.resource != Resource::pods || key.ns != ns || !key.name.starts_with(name + "-"))
                continue;
            const auto statuses = pod.at("status").value("containerStatuses", Json::array());
            ready += !statuses.empty() && statuses[0].value("ready", false) ? 1 : 0;
        }
        return ready >= deployment->at("spec").value("replicas", 1);
    };
    const auto end = loop_.waitUntil(done, seconds);
    if (end == WaitEnd::interrupted) return EventLoop::interruption();
    if (end == WaitEnd::ready) return {};
    return callError("kubectl rollout", "error: timed out waiting for the condition");
}

}  // namespace memfit::test
