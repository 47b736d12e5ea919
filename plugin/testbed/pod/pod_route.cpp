#include "testbed/pod/pod_route.h"

#include <fmt/format.h>

#include <utility>

#include "memfit/kube/resources.h"

namespace memfit::plugin {
namespace {

/// A pod network that is not routed from here swallows packets, so this is what a first try costs.
constexpr double directSeconds = 1;
constexpr double answerSeconds = 2;

}  // namespace

PodRoute::PodRoute(EventLoop& loop, Cluster& cluster, std::string ns, std::string pod,
                   PodRouteFindings& findings)
    : loop_(loop),
      cluster_(cluster),
      ns_(std::move(ns)),
      pod_(std::move(pod)),
      findings_(findings) {}

PodRoute::~PodRoute() = default;

Result<bool> PodRoute::directAnswers(int port) const {
    if (ip_.empty()) return false;
    return acceptsConnections(loop_, TcpAddress{ip_, static_cast<std::uint16_t>(port)},
                              directSeconds);
}

Result<std::optional<bool>> PodRoute::answersThroughApi(int port) {
    if (findings_.apiProxyForbidden) return std::optional<bool>();
    const auto answer = cluster_.page({ns_, pod_, port}, "/", answerSeconds);
    if (answer) return std::optional(true);
    if (answer.error().kind == ErrorKind::interrupted) return answer.error();
    if (answer.error().failure != CallFailure::forbidden) return std::optional(false);
    findings_.apiProxyForbidden = true;
    return std::optional<bool>();
}

/// The end of a port-forward on this side accepts whether or not the pod's port does: only an
/// answer counts.
Result<bool> PodRoute::answersHttp(int localPort) const {
    HttpClient client(loop_, TcpAddress{"127.0.0.1", static_cast<std::uint16_t>(localPort)});
    const auto response = client.get("/", answerSeconds);
    if (!response && response.error().kind == ErrorKind::interrupted) return response.error();
    return response.has_value();
}

Result<bool> PodRoute::openForward(int port) {
    if (!serviceForward_ || !serviceForward_->running()) {
        serviceForward_.reset();
        auto forward = cluster_.forward({ns_, pod_, port});
        if (!forward) return forward.error();
        serviceForward_ = *std::move(forward);
    }
    const auto answers = answersHttp(serviceForward_->localPort());
    if (!answers || !*answers) return answers;
    service_ = {"http", "127.0.0.1", serviceForward_->localPort()};
    opened_ = Via::portForward;
    return true;
}

Result<bool> PodRoute::openService(Via via, int port) {
    if (via == Via::pod) {
        const auto answers = answersThroughApi(port);
        if (!answers) return answers.error();
        service_ = {"http", ip_, port};
        opened_ = Via::pod;
        return answers->value_or(true);
    }
    if (via == Via::portForward) return openForward(port);
    const bool tryDirect = via == Via::direct || findings_.directWorks.value_or(true);
    if (tryDirect) {
        const auto answers = directAnswers(port);
        if (!answers) return answers.error();
        if (*answers) {
            findings_.directWorks = true;
            service_ = {"http", ip_, port};
            opened_ = Via::direct;
            return true;
        }
        if (via == Via::direct || findings_.directWorks.value_or(false)) return false;
    }
    // Not from here, or not yet: the API server stands on the other side and knows which.
    const auto answers = answersThroughApi(port);
    if (!answers) return answers.error();
    if (*answers && !**answers) return false;
    const auto forwarded = openForward(port);
    if (forwarded && *forwarded) findings_.directWorks = false;
    return forwarded;
}

Result<bool> PodRoute::serviceAnswers() {
    switch (opened_) {
        case Via::direct:
            return directAnswers(service_.port);
        case Via::portForward:
            // It may have broken under the load; that says nothing about the program.
            return openForward(serviceForward_->remotePort());
        case Via::pod:
        case Via::automatic:
            break;
    }
    const auto answers = answersThroughApi(service_.port);
    if (!answers) return answers.error();
    return answers->value_or(true);
}

Result<StatsRoute> PodRoute::toStats(int port) {
    if (findings_.directWorks.value_or(true)) {
        const auto direct = directAnswers(port);
        if (!direct) return direct.error();
        if (*direct) {
            const TcpAddress address{ip_, static_cast<std::uint16_t>(port)};
            return StatsRoute{std::make_unique<HttpClient>(loop_, address), {}};
        }
    }
    const auto proxied = answersThroughApi(port);
    if (!proxied) return proxied.error();
    if (*proxied && **proxied) {
        if (auto client = cluster_.connection())
            return StatsRoute{std::move(client), podPagePath(ns_, pod_, port, "")};
    }
    // The program may listen on the container's loopback only, which just a port-forward reaches.
    statsForward_.reset();
    auto forward = cluster_.forward({ns_, pod_, port});
    if (!forward) return forward.error();
    const auto answers = answersHttp((*forward)->localPort());
    if (!answers) return answers.error();
    if (!*answers) return failure(fmt::format("nothing answers on port {} of pod {}", port, pod_));
    statsForward_ = *std::move(forward);
    const TcpAddress address{"127.0.0.1", static_cast<std::uint16_t>(statsForward_->localPort())};
    return StatsRoute{std::make_unique<HttpClient>(loop_, address), {}};
}

}  // namespace memfit::plugin
