#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/call.h"
#include "http/client.h"

namespace memfit::plugin {

/// How long a call may take, and whether a signal ends it.
struct Patience {
    double seconds = 10;
    bool throughSignals = false;  ///< for clean-up: signals do not end it
};

/// A verb on a resource of a namespace.
struct Right {
    std::string verb;
    std::string resource;     ///< `pods`, `replicasets.apps`
    std::string subresource;  ///< `log`; empty: the resource itself
};

/// A change of one object.
struct Patch {
    enum class Type { json, strategic };

    std::string ns;
    std::string object;  ///< `deployment/api`
    Type type = Type::json;
    std::string text;
    bool dryRun = false;                 ///< the server says what it would do, and does nothing
    std::string what = "kubectl patch";  ///< names the call in errors
    Patience patience{60};
};

/// An object as it was read.
struct ReadObject {
    std::string path;  ///< `/apis/apps/v1/namespaces/shop/replicasets/api-5f7`
    std::string uid;
    std::string resourceVersion;
};

/// One pod by its name, or all that a selector selects.
struct PodChoice {
    std::string ns;
    std::string name;      ///< empty: `selector` counts
    std::string selector;  ///< `name=value`
};

/// The port of a pod on which a program answers.
struct PodPort {
    std::string ns;
    std::string pod;
    int port = 0;
};

/// Events of pods, as they come: `{"type":"MODIFIED","object":{...}}`.
class PodEvents {
public:
    PodEvents() = default;
    PodEvents(const PodEvents&) = delete;
    PodEvents& operator=(const PodEvents&) = delete;
    virtual ~PodEvents() = default;

    /// The next event; nullopt while there is none. Never waits.
    [[nodiscard]] virtual std::optional<std::string> next() = 0;
    /// The API server ends it now and then; what was read up to then is still there.
    [[nodiscard]] virtual bool running() = 0;
};

/// A way from a port of 127.0.0.1 to a port of a pod. Its end (it dies with the container, and
/// under heavy load [kubernetes #74551, #78446]) shows in running(). Destroying it ends it.
class PortForward {
public:
    PortForward(int localPort, int remotePort) : localPort_(localPort), remotePort_(remotePort) {}
    PortForward(const PortForward&) = delete;
    PortForward& operator=(const PortForward&) = delete;
    virtual ~PortForward() = default;

    [[nodiscard]] int localPort() const { return localPort_; }
    [[nodiscard]] int remotePort() const { return remotePort_; }
    [[nodiscard]] virtual bool running() const = 0;

private:
    int localPort_;
    int remotePort_;
};

/// The log of a pod, followed to its end. Destroying it ends it.
class PodLog {
public:
    PodLog() = default;
    PodLog(const PodLog&) = delete;
    PodLog& operator=(const PodLog&) = delete;
    virtual ~PodLog() = default;

    [[nodiscard]] virtual bool running() const = 0;
    /// Gives its last output a moment to arrive, at most `seconds`.
    virtual void drain(double seconds) = 0;
    [[nodiscard]] virtual std::string text() const = 0;
    /// Part of it was too much to keep.
    [[nodiscard]] virtual bool cut() const = 0;
    /// When it ended; meaningless while it runs.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point endedAt() const = 0;
    /// Why it ended, where that was not the end of the pod; nullopt while it runs.
    [[nodiscard]] virtual std::optional<CallError> problem() const = 0;
};

/// Everything that is asked of a cluster. Paths are those of memfit/kube/resources.h. Errors of
/// every call: the API server's words, or kubectl's; still running when its patience is over; kind
/// interrupted.
class Cluster {
public:
    Cluster() = default;
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;
    virtual ~Cluster() = default;

    /// The body of a GET. `what` names the read in errors: `reading deployment/api`.
    [[nodiscard]] virtual Call<std::string> read(const std::string& path, const std::string& what,
                                                 Patience patience) = 0;
    [[nodiscard]] Call<std::string> read(const std::string& path, const std::string& what) {
        return read(path, what, Patience{});
    }
    /// As read(), with nullopt for what is not there or may not be read.
    [[nodiscard]] Call<std::optional<std::string>> readIfAllowed(const std::string& path,
                                                                 const std::string& what);

    /// What a program in a pod answers through the API server: any status is an answer. `page` from
    /// its slash on. Errors: with a status, the API server's own answer; without, none came.
    [[nodiscard]] virtual Call<HttpResponse> page(const PodPort& port, const std::string& page,
                                                  double seconds) = 0;
    /// A connection of its own to the API server, for reads many times a second; null where there
    /// is none.
    [[nodiscard]] virtual std::unique_ptr<HttpGet> connection() = 0;

    /// Makes an object. Returns it as the API server took it. `dryRun`: it would be admitted like
    /// that, and is not made.
    [[nodiscard]] virtual Call<std::string> create(const std::string& ns, const std::string& object,
                                                   bool dryRun) = 0;
    /// Returns the object as it is then.
    [[nodiscard]] virtual Call<std::string> patch(const Patch& patch) = 0;
    /// Waits until all pods of a workload (`deployment/api`) follow its template.
    [[nodiscard]] virtual Call<void> awaitRollout(const std::string& ns, const std::string& object,
                                                  double seconds) = 0;

    /// Has pods deleted and does not wait until they are gone; that there are none is no error.
    /// `now`: without their grace. Returns what kubectl says. Signals do not end it.
    [[nodiscard]] virtual Call<std::string> deletePods(const PodChoice& which, bool now) = 0;
    /// Those that are there, as `pod/NAME`. Signals do not end it.
    [[nodiscard]] virtual Call<std::vector<std::string>> podsLeft(const PodChoice& which) = 0;
    /// Deletes an object only as it was read: conflict where it is not that any more.
    [[nodiscard]] virtual Call<void> remove(const ReadObject& object, Patience patience) = 0;

    [[nodiscard]] virtual Call<bool> may(const std::string& ns, const Right& right) = 0;

    /// Events of the pods that `selector` selects, first one of each that is there.
    [[nodiscard]] virtual Call<std::unique_ptr<PodEvents>> watchPods(
        const std::string& ns, const std::string& selector) = 0;
    /// Returns when it listens.
    [[nodiscard]] virtual Call<std::unique_ptr<PortForward>> forward(const PodPort& port) = 0;
    [[nodiscard]] virtual Call<std::unique_ptr<PodLog>> followLog(const std::string& ns,
                                                                  const std::string& pod) = 0;
};

}  // namespace memfit::plugin
