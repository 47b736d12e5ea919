#pragma once

#include <memory>
#include <string>

#include "cluster/cluster.h"
#include "cluster/kubectl.h"

namespace memfit::plugin {

// Calls of kubectl that go on, as the streams of a Cluster.

/// One long-lived `kubectl get --raw PATH`; it ends also when it has brought very much.
[[nodiscard]] Call<std::unique_ptr<PodEvents>> watchByKubectl(const Kubectl& kubectl,
                                                              const std::string& path);

/// `kubectl port-forward`. Returns when it listens.
[[nodiscard]] Call<std::unique_ptr<PortForward>> forwardByKubectl(EventLoop& loop,
                                                                  const Kubectl& kubectl,
                                                                  const PodPort& port);

/// `kubectl logs --follow`.
[[nodiscard]] Call<std::unique_ptr<PodLog>> followByKubectl(const Kubectl& kubectl,
                                                            const std::string& ns,
                                                            const std::string& pod);

}  // namespace memfit::plugin
