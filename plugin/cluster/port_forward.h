#pragma once

#include <memory>
#include <string>

#include "cluster/kubectl.h"

namespace memfit::plugin {

/// A `kubectl port-forward` to one port of a pod, from a port of 127.0.0.1 that it chose. Its end
/// (it dies with the container, and under heavy load [kubernetes #74551, #78446]) shows in
/// running().
class PortForward {
public:
    /// Returns when it listens. Errors: kubectl's own text; kind interrupted.
    [[nodiscard]] static Result<std::unique_ptr<PortForward>> open(EventLoop& loop,
                                                                   const Kubectl& kubectl,
                                                                   const std::string& ns,
                                                                   const std::string& pod,
                                                                   int port);

    [[nodiscard]] int localPort() const { return localPort_; }
    [[nodiscard]] int remotePort() const { return remotePort_; }
    [[nodiscard]] bool running() const { return child_->running(); }

private:
    PortForward(std::unique_ptr<Child> child, int localPort, int remotePort)
        : child_(std::move(child)), localPort_(localPort), remotePort_(remotePort) {}
    std::unique_ptr<Child> child_;
    int localPort_;
    int remotePort_;
};

}  // namespace memfit::plugin
