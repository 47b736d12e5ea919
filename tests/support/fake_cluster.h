#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "memfit/kube/resources.h"
#include "memfit/units/bytes.h"
#include "process/event_loop.h"

namespace memfit::test {

/// What becomes of a pod once it is made. Each time in seconds after the one before.
struct PodLife {
    enum class Fate {
        runs,           ///< until somebody ends it
        unschedulable,  ///< no node takes it
        badImage,       ///< its image cannot be pulled
        tooSmall,       ///< its limit is too small for a container; only its events say so
        crashes,        ///< ends with exit code 2
        completes,      ///< ends with exit code 0
        evicted,        ///< the kubelet ends it
    };
    Fate fate = Fate::runs;
    double scheduled = 0.1;
    double running = 0.5;
    double ready = 0.5;
    double end = 1;  ///< of those that end, after it runs
};

/// A cluster in memory, for tests: objects as JSON behind the calls of plugin::Cluster, with pods,
/// Deployments and an API server that behave, or misbehave, as they are told. Its time is simulated
/// and goes on only while everything waits, so that a trial of minutes takes milliseconds.
///
/// It knows the API of Kubernetes only as far as this project asks: lists with label and field
/// selectors and pages, create, JSON and strategic merge patches, deletes by name, label, uid and
/// version, watches of pods, logs, pages of pods and kubelets.
class FakeCluster final : public plugin::Cluster, public plugin::SimulatedTime {
public:
    using Json = nlohmann::json;

    /// The waits of `loop` go by the time of this cluster from now on.
    explicit FakeCluster(plugin::EventLoop& loop);

    // What is there. Objects without a namespace get `shop`.

    /// Puts an object there as it is, with a uid and a version where it has none. A Deployment is
    /// rolled out a moment later, unless it has its ReplicaSets already.
    Json& add(Json object);
    /// Null when it is not there.
    [[nodiscard]] Json* find(Resource resource, const std::string& name,
                             const std::string& ns = "shop");
    [[nodiscard]] std::vector<std::string> names(Resource resource);
    /// The object was changed by the test: gives it its next version and tells the watches.
    void changed(Json& object);
    void erase(Resource resource, const std::string& name);

    // How it behaves.

    /// The life of each new pod. By default pods of a load complete and put the load on all others
    /// while they run; everything else runs.
    std::function<PodLife(const Json& pod)> life;
    /// Under load a container with a smaller memory limit is OOM-killed.
    Bytes edge = 0;
    /// The load reaches all pods that run now.
    void load();
    /// Ends a pod that runs, as this fate does.
    void end(const std::string& pod, PodLife::Fate fate);

    /// `create pods`, `get pods/log`, `patch deployments.apps`: this user may not.
    std::set<std::string> forbidden;
    /// What admission says against a pod; nullopt: it is admitted. Beside it, the LimitRanges and
    /// ResourceQuotas that are there count.
    std::function<std::optional<std::string>(const Json& pod)> admission;
    /// So many patches come upon an object that somebody has just changed.
    int conflicts = 0;
    /// Pods are deleted, but something (a finalizer) keeps them.
    bool holdDeletes = false;
    /// Nobody reaches the API server for so long.
    void goAway(double seconds);
    /// The API server ends all watches.
    void breakWatches();
    /// API versions that it does not serve: `apis/autoscaling/v2`.
    std::set<std::string> unserved{"apis/autoscaling.k8s.io/v1"};
    /// What programs answer, by port and path; a port without one is closed.
    std::map<int, std::map<std::string, plugin::HttpResponse>> pages;
    /// What the kubelet of every node answers, by page; else nothing.
    std::map<std::string, std::string> kubelet;
    std::map<std::string, std::string> logs;  ///< by pod
    std::string loadReport;                   ///< the log of every pod of a load
    /// So many pods are made without that the answer arrives.
    int lostAnswers = 0;

    /// Every call, before it does anything: `create pods/p`, `create pods/p (dry run)`,
    /// `get PATH`, `patch deployment/api`, `delete pods/p`, `delete pods a=b`, `may VERB RESOURCE`,
    /// `watch pods`, `follow p`, `forward p:80`.
    std::vector<std::string> calls;
    /// Called with each of them; an error that it returns is the answer.
    std::function<std::optional<plugin::CallError>(const std::string& call)> before;

    /// Has something happen in so many seconds.
    void after(double seconds, std::function<void()> what);
    [[nodiscard]] double seconds() const;  ///< since it was made

    // plugin::Cluster
    using plugin::Cluster::read;
    plugin::Call<std::string> read(const std::string& path, const std::string& what,
                                   plugin::Patience patience) override;
    plugin::Call<plugin::HttpResponse> page(const plugin::PodPort& port, const std::string& page,
                                            double seconds) override;
    std::unique_ptr<plugin::HttpGet> connection() override;
    plugin::Call<std::string> create(const std::string& ns, const std::string& object,
                                     bool dryRun) override;
    plugin::Call<std::string> patch(const plugin::Patch& patch) override;
    plugin::Call<void> awaitRollout(const std::string& ns, const std::string& object,
                                    double seconds) override;
    plugin::Call<std::string> deletePods(const plugin::PodChoice& which, bool now) override;
    plugin::Call<std::vector<std::string>> podsLeft(const plugin::PodChoice& which) override;
    plugin::Call<void> remove(const plugin::ReadObject& object, plugin::Patience patience) override;
    plugin::Call<bool> may(const std::string& ns, const plugin::Right& right) override;
    plugin::Call<std::unique_ptr<plugin::PodEvents>> watchPods(
        const std::string& ns, const std::string& selector) override;
    plugin::Call<std::unique_ptr<plugin::PortForward>> forward(
        const plugin::PodPort& port) override;
    plugin::Call<std::unique_ptr<plugin::PodLog>> followLog(const std::string& ns,
                                                            const std::string& pod) override;

    // plugin::SimulatedTime
    [[nodiscard]] Moment now() const override { return now_; }
    void leap(std::optional<Moment> until) override;

private:
    struct Key {
        Resource resource;
        std::string ns, name;
        auto operator<=>(const Key&) const = default;
    };
    /// What a path names.
    struct Place;
    struct Watch {
        std::string ns, selector;
        std::vector<std::string> events;
        bool open = true;
    };
    class Events;
    class Log;
    class Connection;

    [[nodiscard]] std::optional<plugin::CallError> trouble(const std::string& call,
                                                           const std::string& right,
                                                           const std::string& what,
                                                           bool throughSignals = false);
    [[nodiscard]] Place placeOf(const std::string& path) const;
    [[nodiscard]] std::string list(const Place& place) const;
    [[nodiscard]] std::optional<std::string> refusalOf(Json& pod) const;
    [[nodiscard]] std::vector<Key> chosen(const plugin::PodChoice& which) const;
    void tell(const char* type, const Json& pod);
    void removeObject(const Key& key);
    [[nodiscard]] std::string timestamp() const;
    [[nodiscard]] std::string logOf(const std::string& pod) const;

    // The lives of pods and Deployments (fake_lives.cpp).
    void live(const Key& key);
    void rollOut(const Key& key);
    void scheduleRollout(const Key& key);

    plugin::EventLoop& loop_;
    std::map<Key, Json> objects_;
    std::multimap<Moment, std::function<void()>> agenda_;
    std::vector<std::weak_ptr<Watch>> watches_;
    Moment begin_ = Moment(std::chrono::hours(1));
    Moment now_ = begin_;
    Moment backAt_ = begin_;
    std::int64_t versions_ = 0;
    int hashes_ = 0;
};

/// A container with a memory limit, and a pod template around it, as parts of test objects.
[[nodiscard]] nlohmann::json fakeDeployment(const std::string& name, const std::string& limit,
                                            int replicas = 1);

/// The failure that the API server's words and status stand for.
[[nodiscard]] plugin::CallError refusalBy(unsigned status, const std::string& words);

}  // namespace memfit::test
