#include "load/load_host.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "process/child.h"

namespace memfit::plugin {
namespace {

constexpr double lateOutputSeconds = 0.2;
/// Most load tools print their report at SIGINT.
constexpr std::array stopLoad{StopStep{SIGINT, 0.3}, StopStep{SIGTERM, 0.2}};

class LocalLoad final : public RunningLoad {
public:
    LocalLoad(std::chrono::steady_clock::time_point start, std::unique_ptr<Child> child)
        : start_(start), child_(std::move(child)) {}

    bool running() override { return child_->running(); }
    void stop() override {
        if (child_->running()) child_->stop(stopLoad);
    }
    LoadOutput output() override {
        child_->drain(lateOutputSeconds);
        const ExitStatus status = child_->exit().value_or(ExitStatus{});
        const std::chrono::duration<double> took = child_->endedAt() - start_;
        return {std::string(child_->out()), std::string(child_->err()), status.shellCode(),
                took.count()};
    }
    [[nodiscard]] bool outputCut() const override {
        return child_->outDropped() + child_->errDropped() > 0;
    }

private:
    std::chrono::steady_clock::time_point start_;
    std::unique_ptr<Child> child_;
};

}  // namespace

Result<void> LocalLoadHost::check(const std::string& program) {
    const char* const path = std::getenv("PATH");
    const auto found = findProgram(program, path != nullptr ? path : "");
    if (!found) return found.error();
    return {};
}

Result<std::unique_ptr<RunningLoad>> LocalLoadHost::start(const std::vector<std::string>& words) {
    const auto now = std::chrono::steady_clock::now();
    auto child = Child::start(loop_, words, {});
    if (!child) return child.error();
    return std::unique_ptr<RunningLoad>(new LocalLoad(now, *std::move(child)));
}

}  // namespace memfit::plugin
