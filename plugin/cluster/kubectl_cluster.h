#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster.h"
#include "cluster/kubectl.h"
#include "http/client.h"
#include "journal/private_folder.h"

namespace memfit::plugin {

/// A cluster by way of kubectl. One long-lived `kubectl proxy` on a unix socket in a private folder
/// carries the reads over kept-open connections; where it cannot be started, each read is a
/// `kubectl get --raw`. Nothing is ever written through it: everything else, and what signals do
/// not end, is a process of its own.
class KubectlCluster final : public Cluster {
public:
    KubectlCluster(EventLoop& loop, Kubectl kubectl);
    ~KubectlCluster() override;

    /// Why there is no proxy; empty where there is one. Starts it.
    [[nodiscard]] const std::string& whyNoProxy();

    using Cluster::read;
    [[nodiscard]] Call<std::string> read(const std::string& path, const std::string& what,
                                         Patience patience) override;
    [[nodiscard]] Call<HttpResponse> page(const PodPort& port, const std::string& page,
                                          double seconds) override;
    [[nodiscard]] std::unique_ptr<HttpGet> connection() override;
    [[nodiscard]] Call<std::string> create(const std::string& ns, const std::string& object,
                                           bool dryRun) override;
    [[nodiscard]] Call<std::string> patch(const Patch& patch) override;
    [[nodiscard]] Call<void> awaitRollout(const std::string& ns, const std::string& object,
                                          double seconds) override;
    [[nodiscard]] Call<std::string> deletePods(const PodChoice& which, bool now) override;
    [[nodiscard]] Call<std::vector<std::string>> podsLeft(const PodChoice& which) override;
    [[nodiscard]] Call<void> remove(const ReadObject& object, Patience patience) override;
    [[nodiscard]] Call<bool> may(const std::string& ns, const Right& right) override;
    [[nodiscard]] Call<std::unique_ptr<PodEvents>> watchPods(const std::string& ns,
                                                             const std::string& selector) override;
    [[nodiscard]] Call<std::unique_ptr<PortForward>> forward(const PodPort& port) override;
    [[nodiscard]] Call<std::unique_ptr<PodLog>> followLog(const std::string& ns,
                                                          const std::string& pod) override;

private:
    void startProxy();
    [[nodiscard]] Call<HttpResponse> askProxy(const std::string& path, double seconds);
    [[nodiscard]] Call<std::string> readRaw(const std::string& path, const std::string& what,
                                            Patience patience) const;
    [[nodiscard]] Result<Finished> run(const std::vector<std::string>& words,
                                       std::optional<std::string> input, Patience patience) const;
    [[nodiscard]] bool hasProxy();

    EventLoop& loop_;
    Kubectl kubectl_;
    bool tried_ = false;  ///< to start the proxy
    std::optional<PrivateFolder> folder_;
    std::unique_ptr<Child> proxy_;
    /// Connections that no read uses now: reads may overlap.
    std::vector<std::unique_ptr<HttpGet>> idle_;
    std::string whyNoProxy_;
};

/// The message of an API server's Status object, as kubectl would print it; the body itself,
/// shortened, when it is none.
[[nodiscard]] std::string statusMessage(const HttpResponse& response);

}  // namespace memfit::plugin
