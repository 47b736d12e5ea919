#include "testbed/pod/pod_load_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cluster/pod_removal.h"
#include "memfit/kube/resources.h"
#include "memfit/observe/pod_status.h"
#include "memfit/pod/trial_pod.h"
#include "testbed/pod/pod_world.h"

namespace memfit::plugin {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr std::string_view containerName = "load";
constexpr double startSeconds = 300;
constexpr double imageSeconds = 10;
constexpr double pollSeconds = 0.2;
constexpr double stopSeconds = 5;
constexpr std::int64_t graceSeconds = 2;

/// What a namespace may ask of every pod.
struct Demands {
    bool nonRoot = false;    ///< Pod Security "restricted"
    bool resources = false;  ///< a quota, or an admission policy
};

Json securityOf(const Demands& demands) {
    Json security{{"allowPrivilegeEscalation", false},
                  {"capabilities", {{"drop", {"ALL"}}}},
                  {"seccompProfile", {{"type", "RuntimeDefault"}}}};
    if (demands.nonRoot) {
        // `nobody`: an image that names no user would be root.
        constexpr int nobody = 65534;
        security["runAsNonRoot"] = true;
        security["runAsUser"] = nobody;
        security["runAsGroup"] = nobody;
    }
    return security;
}

Json resourcesOf(const Demands& demands) {
    if (!demands.resources) return Json::object();
    return {{"requests", {{"cpu", "100m"}, {"memory", "128Mi"}}},
            {"limits", {{"cpu", "1"}, {"memory", "512Mi"}}}};
}

/// What a refusal of the API server asks for beside what was given; nullopt: nothing that a load
/// pod can give.
std::optional<Demands> furtherDemands(const CallError& error, Demands given) {
    if (error.failure != CallFailure::forbidden) return std::nullopt;
    if (!given.nonRoot && error.refusal.security) {
        given.nonRoot = true;
        return given;
    }
    if (!given.resources && (error.refusal.resources || error.refusal.quota)) {
        given.resources = true;
        return given;
    }
    return std::nullopt;
}

Json loadPod(const PodLoadHost::Plan& plan, const std::string& name,
             const std::vector<std::string>& words, const Demands& demands) {
    return Json{{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata",
                 {{"name", name},
                  {"labels",
                   {{std::string(managedByLabel), std::string(managedByValue)},
                    {std::string(runIdLabel), plan.runId}}}}},
                {"spec",
                 {{"restartPolicy", "Never"},
                  {"activeDeadlineSeconds", plan.deadlineSeconds},
                  {"automountServiceAccountToken", false},
                  {"enableServiceLinks", false},
                  {"terminationGracePeriodSeconds", graceSeconds},
                  {"containers",
                   {{{"name", std::string(containerName)},
                     {"image", plan.image},
                     {"command", words},
                     {"resources", resourcesOf(demands)},
                     {"securityContext", securityOf(demands)}}}}}}};
}

/// A load pod, followed by re-reading it.
class PodLoad final : public RunningLoad {
public:
    PodLoad(EventLoop& loop, Cluster& cluster, const PodLoadHost::Plan& plan, std::string name)
        : loop_(loop), cluster_(cluster), ns_(plan.ns), name_(std::move(name)) {}

    ~PodLoad() override {
        // What is left of it is removed with the run, which says so where it cannot be.
        (void)removePods(loop_, cluster_, {ns_, name_, ""});
    }

    /// Waits until the command runs or has ended. Errors: it never will.
    Result<void> awaitStart() {
        const auto deadline = loop_.now() + std::chrono::duration<double>(startSeconds);
        auto imageUntil = Clock::time_point::max();
        for (;;) {
            read();
            const auto state = verdict_.state;
            if (state == PodState::running || state == PodState::ready) break;
            if (state == PodState::completed || state == PodState::crashed) break;
            if (state == PodState::imageError || state == PodState::unschedulable) {
                imageUntil = std::min(
                    imageUntil,
                    loop_.now() + std::chrono::milliseconds(static_cast<int>(imageSeconds * 1000)));
            }
            const bool waits = state == PodState::starting || loop_.now() < imageUntil;
            if (!waits || loop_.now() >= deadline) {
                return failure(fmt::format("the load pod did not start: {}: {}", toString(state),
                                           verdict_.detail),
                               "check --load-image and that the command is in it");
            }
            if (!loop_.pause(pollSeconds)) return EventLoop::interruption();
        }
        startedAt_ = loop_.now();
        lastRead_ = startedAt_;
        auto log = cluster_.followLog(ns_, name_);
        if (!log) return log.error();
        log_ = *std::move(log);
        return {};
    }

    /// The log ends with the command.
    bool running() override {
        if (log_->running()) return true;
        if (endedAt_) return false;
        if (loop_.now() - lastRead_ > std::chrono::milliseconds(200)) {
            lastRead_ = loop_.now();
            read();
        }
        const bool runs = verdict_.state == PodState::running ||
                          verdict_.state == PodState::ready || verdict_.state == PodState::starting;
        if (!runs) endedAt_ = loop_.now();
        return runs;
    }

    void stop() override {
        if (!log_->running()) return;
        // SIGTERM to the command; its report goes to the log that is being followed.
        (void)cluster_.deletePods({ns_, name_, ""}, false);
        (void)loop_.waitThroughSignals([this] { return !log_->running(); }, stopSeconds);
    }

    LoadOutput output() override {
        log_->drain(pollSeconds);
        LoadOutput output;
        output.out = log_->text();
        output.exitCode = static_cast<int>(verdict_.exitCode.value_or(0));
        auto end = endedAt_.value_or(loop_.now());
        const auto problem = log_->problem();
        if (!log_->running() && !problem) {
            end = log_->endedAt();
        } else if (problem && output.out.empty()) {
            // Without its log the load has no report, whatever became of it.
            output.exitCode = std::max(1, output.exitCode);
            output.err = problem->message();
        }
        output.wallSeconds = std::chrono::duration<double>(end - startedAt_).count();
        return output;
    }

    [[nodiscard]] bool outputCut() const override { return log_->cut(); }

private:
    void read() {
        const auto body = cluster_.read(objectPath(Resource::pods, ns_, name_), "reading the pod");
        if (!body) {
            if (body.error().failure == CallFailure::notFound) {
                verdict_ = {PodState::deleted, "somebody deleted it", std::nullopt};
            }
            return;
        }
        const auto status = readPodStatus(*body, containerName);
        if (status) verdict_ = judgePod(*status);
    }

    EventLoop& loop_;
    Cluster& cluster_;
    std::string ns_;
    std::string name_;
    PodVerdict verdict_;
    std::unique_ptr<PodLog> log_;
    Clock::time_point startedAt_;
    Clock::time_point lastRead_;
    std::optional<Clock::time_point> endedAt_;
};

}  // namespace

PodLoadHost::PodLoadHost(EventLoop& loop, Cluster& cluster, Plan plan)
    : loop_(loop), cluster_(cluster), plan_(std::move(plan)) {}

Result<void> PodLoadHost::check(const std::string& /*program*/) {
    return {};
}

Result<std::unique_ptr<RunningLoad>> PodLoadHost::start(const std::vector<std::string>& words) {
    const auto name = fmt::format("memfit-load-{}-{}", plan_.runId, ++number_);
    auto load = std::make_unique<PodLoad>(loop_, cluster_, plan_, name);
    Demands demands;
    for (;;) {
        const auto created =
            createPod(loop_, cluster_, plan_.ns, name, loadPod(plan_, name, words, demands).dump());
        if (created) break;
        const auto further = furtherDemands(created.error(), demands);
        if (!further) return created.error();
        demands = *further;
    }
    if (auto started = load->awaitStart(); !started) return started.error();
    return std::unique_ptr<RunningLoad>(std::move(load));
}

}  // namespace memfit::plugin
