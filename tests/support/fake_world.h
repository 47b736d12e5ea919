#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "journal/run_journal.h"
#include "session/cluster.h"
#include "session/session.h"
#include "support/environment.h"
#include "support/fake_cluster.h"
#include "support/world.h"
#include "testbed/pod/pod_world.h"
#include "trial/progress.h"

namespace memfit::test {

/// A simulated cluster, and a journal of its own.
struct FakeWorld {
    TemporaryFolder state;
    EnvironmentVariable variable{"XDG_STATE_HOME", state.path().string()};
    plugin::EventLoop loop;
    FakeCluster cluster{loop};
    std::vector<std::string> notes;

    [[nodiscard]] std::function<void(const std::string&)> note() {
        return [this](const std::string& text) { notes.push_back(text); };
    }

    /// Of the Deployment `api`, which has to be there. Everything goes through the API server:
    /// connections to pods would be real ones.
    [[nodiscard]] plugin::PodOptions podOptions() {
        plugin::PodOptions options;
        options.workloadJson = cluster.find(Resource::deployments, "api")->dump();
        options.workload = readWorkload(options.workloadJson, "api").value();
        options.container = "api";
        options.ns = "shop";
        options.context = "fake";
        options.runId = "r1";
        options.port = 3000;
        options.via = plugin::Via::pod;
        return options;
    }

    /// Has a signal arrive, or an error come, at the call of this number (from 0 on).
    void interruptAt(std::size_t number) {
        cluster.before = [this, number](const std::string&) -> std::optional<plugin::CallError> {
            if (cluster.calls.size() != number + 1) return std::nullopt;
            (void)std::raise(SIGINT);
            // Seen now, so that it cannot reach the loop of the next test.
            (void)loop.signal();
            return std::nullopt;
        };
    }
    void failAt(std::size_t number, plugin::CallError error) {
        cluster.before = [this, number, error = std::move(error)](
                             const std::string&) -> std::optional<plugin::CallError> {
            if (cluster.calls.size() == number + 1) return error;
            return std::nullopt;
        };
    }
};

/// The same for a whole command.
struct FakeCommand : FakeWorld {
    plugin::Options options;
    std::ostringstream out, err;
    plugin::Streams streams{out, err};
    plugin::Progress progress{err, {}};

    [[nodiscard]] std::unique_ptr<plugin::ClusterTarget> connected() {
        auto target = std::make_unique<plugin::ClusterTarget>(
            std::shared_ptr<plugin::Cluster>(&cluster, [](plugin::Cluster*) {}));
        target->context = {"fake", "shop"};
        target->runId = "r1";
        return target;
    }
    [[nodiscard]] plugin::Context context() {
        return {plugin::CommandKind::recommend,
                options,
                streams,
                loop,
                progress,
                [this]() -> Result<std::unique_ptr<plugin::ClusterTarget>> { return connected(); }};
    }
};

}  // namespace memfit::test
