#include "cluster/port_forward.h"

#include <fmt/format.h>

#include <charconv>

namespace memfit::plugin {
namespace {

constexpr double startSeconds = 15;

/// `Forwarding from 127.0.0.1:43211 -> 3000`
int announcedPort(std::string_view text) {
    constexpr std::string_view mark = "Forwarding from 127.0.0.1:";
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return 0;
    const auto rest = text.substr(at + mark.size());
    int port = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    const bool whole = error == std::errc{} && end != rest.data() + rest.size();
    return whole ? port : 0;
}

}  // namespace

Result<std::unique_ptr<PortForward>> PortForward::open(EventLoop& loop, const Kubectl& kubectl,
                                                       const std::string& ns,
                                                       const std::string& pod, int port) {
    auto child = kubectl.start({"port-forward", "--namespace=" + ns, "--address=127.0.0.1",
                                "pod/" + pod, fmt::format(":{}", port)},
                               {OutputTo::capture, std::size_t{1024} * 1024});
    if (!child) return child.error();
    const auto settled = [&] {
        return !(*child)->running() || announcedPort((*child)->out()) != 0;
    };
    if (loop.waitUntil(settled, startSeconds) == WaitEnd::interrupted) {
        return EventLoop::interruption();
    }
    const int local = announcedPort((*child)->out());
    if (local == 0) {
        (*child)->drain(0.2);
        return callError(fmt::format("kubectl port-forward to pod {} port {}", pod, port),
                         (*child)->err());
    }
    return std::unique_ptr<PortForward>(new PortForward(*std::move(child), local, port));
}

}  // namespace memfit::plugin
