#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/child.h"
#include "process/event_loop.h"
#include "support/world.h"

namespace memfit::e2e {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

/// How a program ended, as a shell tells it.
struct End {
    int code = 0;
    std::string out;
    std::string err;
};

/// The kubectl-memfit under test.
[[nodiscard]] std::string binary();

/// Any program, to its end; `input` is its standard input.
[[nodiscard]] End runProgram(const Words& words, const std::string& input = {});

/// kubectl of PATH, on the cluster of $KUBECONFIG; `input` is its standard input.
[[nodiscard]] End kubectl(const Words& arguments, const std::string& input = {});

/// A pod that the load reaches: the text of examples/sales-api with its namespace replaced, and
/// with little CPU requested, so that trials find room on a small node.
[[nodiscard]] std::string salesApi(const std::string& ns);

/// A Deployment of sales-api without a replica, whose container and pod spec are changed by the
/// given JSON merge patches (RFC 7396).
[[nodiscard]] Json deployment(const std::string& name, const Json& container = Json::object(),
                              const Json& podSpec = Json::object());

/// A namespace that lives as long as this object.
class Namespace {
public:
    Namespace();
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;
    ~Namespace();

    [[nodiscard]] const std::string& name() const { return name_; }
    /// kubectl in this namespace, which has to succeed. Returns its standard output.
    std::string kubectl(Words arguments, const std::string& input = {}) const;
    [[nodiscard]] Json get(const Words& what) const;
    void apply(const Json& object) const;
    /// sales-api with its Service, ready.
    void deploySalesApi() const;
    /// Names of the pods that memfit made and that are there now.
    [[nodiscard]] std::vector<std::string> trialPods() const;
    /// All of the Deployment that is not status: it is byte-identical unless somebody changed it.
    [[nodiscard]] std::string live(const std::string& workload = "deploy/sales-api") const;
    /// The only pod that is ready and not about to go.
    [[nodiscard]] Json readyPod() const;
    /// Name of the context of $KUBECONFIG.
    [[nodiscard]] static std::string context();
    /// A folder for the journals of runs in this namespace.
    [[nodiscard]] std::string stateFolder() const { return folder_.path().string(); }

private:
    std::string name_;
    test::TemporaryFolder folder_;
};

/// A run of kubectl-memfit in a namespace, in the background.
class Memfit {
public:
    Memfit(const Namespace& ns, Words arguments, std::optional<std::string> input = {});

    [[nodiscard]] bool running() const { return child_ && child_->running(); }
    void signal(int number) const { REQUIRE(::kill(child_->pid(), number) == 0); }
    /// Lets the program run on for so long, or until it ends.
    void runFor(double seconds);
    /// Waits until a pod of the run is there that fulfils the condition; returns it.
    template <class Condition>
    Json awaitPod(Condition condition);
    [[nodiscard]] End end(double patienceSeconds = 180);

private:
    const Namespace& ns_;
    plugin::EventLoop loop_;
    std::unique_ptr<plugin::Child> child_;
};

template <class Condition>
Json Memfit::awaitPod(Condition condition) {
    constexpr int looks = 300;
    constexpr double pauseSeconds = 0.1;
    for (int look = 0; look < looks && running(); ++look) {
        const auto pods =
            ns_.get({"pods", "--selector=app.kubernetes.io/managed-by=kubectl-memfit"});
        for (const auto& pod : pods.at("items")) {
            if (condition(pod)) return pod;
        }
        runFor(pauseSeconds);
    }
    FAIL("no pod of the run became what was waited for; it "
         << (running() ? "goes on" : "ended: " + std::string(child_->err())));
    return {};
}

/// The pod is there at all.
[[nodiscard]] inline bool anyPod(const Json& /*pod*/) {
    return true;
}
[[nodiscard]] bool isReady(const Json& pod);
/// Its program answers its readiness probe; a trial pod is never ready to serve.
[[nodiscard]] bool containersReady(const Json& pod);

/// Runs kubectl-memfit in the namespace to its end.
[[nodiscard]] End measure(const Namespace& ns, const Words& arguments);

/// The document on standard output of a run that had to exit with 0.
[[nodiscard]] Json document(const End& end);

/// A load of so many requests that sales-api answers in about a second.
[[nodiscard]] std::string load(int requests = 100);

/// `squeeze` with little confirmation: it takes about six trials.
[[nodiscard]] Words quickSqueeze(const std::string& target, const Words& more = {});

}  // namespace memfit::e2e
