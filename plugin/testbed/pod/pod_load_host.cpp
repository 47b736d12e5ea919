#include "testbed/pod/pod_load_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cluster/pod_removal.h"
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
constexpr std::size_t longestLog = std::size_t{64} * 1024 * 1024;

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
std::optional<Demands> furtherDemands(const std::string& refusal, Demands given) {
    using boost::algorithm::contains;
    if (!given.nonRoot && (contains(refusal, "PodSecurity") || contains(refusal, "runAsNonRoot"))) {
        given.nonRoot = true;
        return given;
    }
    const bool quota = contains(refusal, "must specify") || contains(refusal, "exceeded quota") ||
                       contains(refusal, "resources.limits") ||
                       contains(refusal, "resources.requests");
    if (!given.resources && quota) {
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
    PodLoad(EventLoop& loop, ClusterApi& api, const PodLoadHost::Plan& plan, std::string name)
        : loop_(loop), api_(api), ns_(plan.ns), name_(std::move(name)) {}

    ~PodLoad() override {
        // What is left of it is removed with the run, which says so where it cannot be.
        (void)removePods(loop_, api_.kubectl(), ns_, {"pod", name_});
    }

    /// Waits until the command runs or has ended. Errors: it never will.
    Result<void> awaitStart() {
        const auto deadline = Clock::now() + std::chrono::duration<double>(startSeconds);
        auto imageUntil = Clock::time_point::max();
        for (;;) {
            read();
            const auto state = verdict_.state;
            if (state == PodState::running || state == PodState::ready) break;
            if (state == PodState::completed || state == PodState::crashed) break;
            if (state == PodState::imageError || state == PodState::unschedulable) {
                imageUntil =
                    std::min(imageUntil, Clock::now() + std::chrono::milliseconds(
                                                            static_cast<int>(imageSeconds * 1000)));
            }
            const bool waits = state == PodState::starting || Clock::now() < imageUntil;
            if (!waits || Clock::now() >= deadline) {
                return failure(fmt::format("the load pod did not start: {}: {}", toString(state),
                                           verdict_.detail),
                               "check --load-image and that the command is in it");
            }
            if (!loop_.pause(pollSeconds)) return EventLoop::interruption();
        }
        startedAt_ = Clock::now();
        lastRead_ = startedAt_;
        auto log = api_.kubectl().start({"logs", "--follow", "--namespace=" + ns_, "pod/" + name_},
                                        {OutputTo::capture, longestLog});
        if (!log) return log.error();
        log_ = *std::move(log);
        return {};
    }

    /// The log ends with the command.
    bool running() override {
        if (log_->running()) return true;
        if (endedAt_) return false;
        if (Clock::now() - lastRead_ > std::chrono::milliseconds(200)) {
            lastRead_ = Clock::now();
            read();
        }
        const bool runs = verdict_.state == PodState::running ||
                          verdict_.state == PodState::ready || verdict_.state == PodState::starting;
        if (!runs) endedAt_ = Clock::now();
        return runs;
    }

    void stop() override {
        if (!log_->running()) return;
        // SIGTERM to the command; its report goes to the log that is being followed.
        (void)api_.kubectl().runThroughSignals(
            {"delete", "pod", name_, "--namespace=" + ns_, "--wait=false", "--ignore-not-found"},
            std::nullopt, startSeconds);
        (void)loop_.waitThroughSignals([this] { return !log_->running(); }, stopSeconds);
    }

    LoadOutput output() override {
        log_->drain(pollSeconds);
        LoadOutput output;
        output.out = log_->out();
        output.exitCode = static_cast<int>(verdict_.exitCode.value_or(0));
        auto end = endedAt_.value_or(Clock::now());
        const auto followed = log_->exit();
        if (followed && followed->success()) {
            end = log_->endedAt();
        } else if (followed && output.out.empty()) {
            // Without its log the load has no report, whatever became of it.
            output.exitCode = std::max(1, output.exitCode);
            output.err = callError("kubectl logs", log_->err()).message();
        }
        output.wallSeconds = std::chrono::duration<double>(end - startedAt_).count();
        return output;
    }

    [[nodiscard]] bool outputCut() const override { return log_->outDropped() > 0; }

private:
    void read() {
        const auto body =
            api_.read(fmt::format("/api/v1/namespaces/{}/pods/{}", ns_, name_), "reading the pod");
        if (!body) {
            if (isFailure(body.error(), CallFailure::notFound)) {
                verdict_ = {PodState::deleted, "somebody deleted it", std::nullopt};
            }
            return;
        }
        const auto status = readPodStatus(*body, containerName);
        if (status) verdict_ = judgePod(*status);
    }

    EventLoop& loop_;
    ClusterApi& api_;
    std::string ns_;
    std::string name_;
    PodVerdict verdict_;
    std::unique_ptr<Child> log_;
    Clock::time_point startedAt_;
    Clock::time_point lastRead_;
    std::optional<Clock::time_point> endedAt_;
};

}  // namespace

PodLoadHost::PodLoadHost(EventLoop& loop, ClusterApi& api, Plan plan)
    : loop_(loop), api_(api), plan_(std::move(plan)) {}

Result<void> PodLoadHost::check(const std::string& /*program*/) {
    return {};
}

Result<std::unique_ptr<RunningLoad>> PodLoadHost::start(const std::vector<std::string>& words) {
    const auto name = fmt::format("memfit-load-{}-{}", plan_.runId, ++number_);
    auto load = std::make_unique<PodLoad>(loop_, api_, plan_, name);
    Demands demands;
    for (;;) {
        const auto created = throughRestarts(loop_, [&] {
            return api_.kubectl().text(
                {"create", "--namespace=" + plan_.ns, "--filename=-", "--output=name"},
                loadPod(plan_, name, words, demands).dump());
        });
        if (created) break;
        const auto further = isFailure(created.error(), CallFailure::forbidden)
                                 ? furtherDemands(created.error().what, demands)
                                 : std::nullopt;
        if (!further) return created.error();
        demands = *further;
    }
    if (auto started = load->awaitStart(); !started) return started.error();
    return std::unique_ptr<RunningLoad>(std::move(load));
}

}  // namespace memfit::plugin
