#include "cluster/kubectl_streams.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace memfit::plugin {
namespace {

constexpr double startSeconds = 15;
/// What the stream has brought is kept by the child; a new one starts empty.
constexpr std::size_t mostEventBytes = std::size_t{32} * 1024 * 1024;
constexpr std::size_t longestLog = std::size_t{64} * 1024 * 1024;

class KubectlEvents final : public PodEvents {
public:
    explicit KubectlEvents(std::unique_ptr<Child> child) : child_(std::move(child)) {}

    std::optional<std::string> next() override {
        const auto text = child_->out();
        const auto end = text.find('\n', consumed_);
        if (end == std::string_view::npos) return std::nullopt;
        std::string line(text.substr(consumed_, end - consumed_));
        consumed_ = end + 1;
        return line;
    }
    bool running() override { return child_->running() && consumed_ <= mostEventBytes; }

private:
    std::unique_ptr<Child> child_;
    std::size_t consumed_ = 0;
};

class KubectlForward final : public PortForward {
public:
    KubectlForward(std::unique_ptr<Child> child, int localPort, int remotePort)
        : PortForward(localPort, remotePort), child_(std::move(child)) {}
    [[nodiscard]] bool running() const override { return child_->running(); }

private:
    std::unique_ptr<Child> child_;
};

class KubectlLog final : public PodLog {
public:
    explicit KubectlLog(std::unique_ptr<Child> child) : child_(std::move(child)) {}

    [[nodiscard]] bool running() const override { return child_->running(); }
    void drain(double seconds) override { child_->drain(seconds); }
    [[nodiscard]] std::string text() const override { return std::string(child_->out()); }
    [[nodiscard]] bool cut() const override { return child_->outDropped() > 0; }
    [[nodiscard]] std::chrono::steady_clock::time_point endedAt() const override {
        return child_->endedAt();
    }
    [[nodiscard]] std::optional<CallError> problem() const override {
        const auto exit = child_->exit();
        if (!exit || exit->success()) return std::nullopt;
        return callError("kubectl logs", child_->err());
    }

private:
    std::unique_ptr<Child> child_;
};

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

Call<std::unique_ptr<PodEvents>> watchByKubectl(const Kubectl& kubectl, const std::string& path) {
    // A request time-out of the user would end the watch.
    auto child = kubectl.start({"get", "--raw", path, "--request-timeout=0"},
                               {OutputTo::capture, 2 * mostEventBytes});
    if (!child) return child.error();
    return std::unique_ptr<PodEvents>(new KubectlEvents(*std::move(child)));
}

Call<std::unique_ptr<PortForward>> forwardByKubectl(EventLoop& loop, const Kubectl& kubectl,
                                                    const PodPort& port) {
    auto child = kubectl.start({"port-forward", "--namespace=" + port.ns, "--address=127.0.0.1",
                                "pod/" + port.pod, fmt::format(":{}", port.port)},
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
        return callError(fmt::format("kubectl port-forward to pod {} port {}", port.pod, port.port),
                         (*child)->err());
    }
    return std::unique_ptr<PortForward>(new KubectlForward(*std::move(child), local, port.port));
}

Call<std::unique_ptr<PodLog>> followByKubectl(const Kubectl& kubectl, const std::string& ns,
                                              const std::string& pod) {
    auto child = kubectl.start({"logs", "--follow", "--namespace=" + ns, "pod/" + pod},
                               {OutputTo::capture, longestLog});
    if (!child) return child.error();
    return std::unique_ptr<PodLog>(new KubectlLog(*std::move(child)));
}

}  // namespace memfit::plugin
