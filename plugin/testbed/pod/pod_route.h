#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cluster/cluster.h"
#include "testbed/stats_page.h"
#include "testbed/testbed.h"

namespace memfit::plugin {

/// What one trial pod finds out about ways for the next.
struct PodRouteFindings {
    std::optional<bool> directWorks;  ///< the pod's IP answers from here
    std::optional<StatsPlace> statsPlace;
    bool apiProxyForbidden = false;  ///< `get` on pods/proxy is not allowed
};

/// The ways to the ports of one pod: its IP, the API server's proxy, a port-forward.
class PodRoute {
public:
    PodRoute(EventLoop& loop, Cluster& cluster, std::string ns, std::string pod,
             PodRouteFindings& findings);
    PodRoute(const PodRoute&) = delete;
    PodRoute& operator=(const PodRoute&) = delete;
    ~PodRoute();

    void setIp(const std::string& ip) { ip_ = ip; }

    /// Opens the way on which the load will reach `port`, as far as something answers there yet.
    /// False: nothing answers (yet). Errors: `via` cannot be had; kind interrupted.
    [[nodiscard]] Result<bool> openService(Via via, int port);
    /// Does the service answer now? Only after openService() said yes. Errors: kind interrupted.
    [[nodiscard]] Result<bool> serviceAnswers();
    [[nodiscard]] const Endpoint& service() const { return service_; }
    /// The load goes through a port-forward.
    [[nodiscard]] bool forwarded() const { return serviceForward_ != nullptr; }

    /// A way to the statistics port: what costs the cluster least and is allowed.
    [[nodiscard]] Result<StatsRoute> toStats(int port);

private:
    [[nodiscard]] Result<bool> directAnswers(int port) const;
    [[nodiscard]] Result<bool> openForward(int port);
    [[nodiscard]] Result<bool> answersHttp(int localPort) const;
    /// nullopt: the API server may not be asked. Otherwise whether the port answers through it.
    [[nodiscard]] Result<std::optional<bool>> answersThroughApi(int port);

    EventLoop& loop_;
    Cluster& cluster_;
    std::string ns_;
    std::string pod_;
    PodRouteFindings& findings_;
    std::string ip_;
    Endpoint service_;
    Via opened_ = Via::automatic;
    std::unique_ptr<PortForward> serviceForward_;
    std::unique_ptr<PortForward> statsForward_;
};

}  // namespace memfit::plugin
