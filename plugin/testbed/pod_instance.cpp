#include "testbed/pod_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "load/redact.h"
#include "memfit/observe/kubelet_usage.h"

namespace memfit::plugin {
namespace {

/// Until the container runs: pulling an image takes what it takes.
constexpr double startSeconds = 300;
/// The scheduler may find room a little later; an image that fails is tried again by the kubelet.
constexpr double unschedulableSeconds = 10;
constexpr double imageSeconds = 10;
/// Seen: a killed container reads Running for up to a second. A loaded kubelet takes longer.
constexpr double killSettlesSeconds = 20;
/// A sidecar may answer in the program's place, so that an answer proves nothing.
constexpr double sidecarSettlesSeconds = 2;
/// SIGKILL by whoever may turn into OOMKilled late [containerd #12260].
constexpr double ambiguousSeconds = 5;
constexpr double pollSeconds = 0.2;
constexpr double readAgainSeconds = 1;
constexpr double answerSeconds = 2;
constexpr std::chrono::milliseconds usageEvery{1000};

bool isFinal(PodState state) {
    return state != PodState::starting && state != PodState::running && state != PodState::ready &&
           state != PodState::ambiguous137;
}

double secondsUntil(std::chrono::steady_clock::time_point moment) {
    return std::max(
        0.0, std::chrono::duration<double>(moment - std::chrono::steady_clock::now()).count());
}

std::chrono::steady_clock::time_point in(double seconds) {
    return std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::steady_clock::duration>(
               std::chrono::duration<double>(seconds));
}

}  // namespace

InstanceStatus instanceStatus(const PodVerdict& verdict) {
    InstanceStatus status;
    status.detail = redactText(verdict.detail);
    status.exitCode = static_cast<int>(verdict.exitCode.value_or(0));
    switch (verdict.state) {
        case PodState::starting:
        case PodState::running:
        case PodState::ready:
            return status;
        case PodState::oomKilled:
        case PodState::oomAtStart:
            status.oomKilled = true;
            break;
        case PodState::crashed:
        case PodState::completed:
        case PodState::initFailed:
        case PodState::configError:
            break;
        case PodState::ambiguous137:
        case PodState::deadline:
        case PodState::deleted:
        case PodState::unknown:
            status.foreign = Outcome::inconclusive;
            break;
        case PodState::evicted:
            status.foreign = Outcome::evicted;
            break;
        case PodState::unschedulable:
            status.foreign = Outcome::unschedulable;
            break;
        case PodState::imageError:
            status.foreign = Outcome::imageError;
            break;
    }
    status.running = false;
    return status;
}

PodInstance::PodInstance(PodTestbed& testbed, std::string pod)
    : testbed_(testbed),
      pod_(std::move(pod)),
      route_(testbed.loop_, testbed.api_, testbed.options_.ns, pod_, testbed.findings_),
      stats_(testbed.loop_, testbed.options_.statsPort, testbed.options_.statsPath,
             [this](int port) { return route_.toStats(port); }) {
    if (testbed.findings_.statsPlace) stats_.expectAt(*testbed.findings_.statsPlace);
}

PodInstance::~PodInstance() {
    testbed_.remove(pod_);
}

const PodVerdict& PodInstance::verdict() {
    const auto* const seen = testbed_.watch_->find(pod_);
    if (seen == nullptr || seen->version == version_) return verdict_;
    version_ = seen->version;
    auto read = readPodStatus(seen->json, testbed_.options_.container);
    if (!read) return verdict_;
    status_ = *std::move(read);
    const auto before = verdict_;
    verdict_ = judgePod(status_);
    // The pod's end is known already: that it is removed then is no news.
    if (seen->deleted && !isFinal(verdict_.state)) {
        verdict_ = {PodState::deleted, "somebody deleted the trial pod", std::nullopt};
    }
    if (isFinal(before.state) && !isFinal(verdict_.state)) verdict_ = before;
    route_.setIp(status_.podIp);
    if (!status_.node.empty()) testbed_.node_ = status_.node;
    return verdict_;
}

void PodInstance::readAgain() {
    const auto body =
        testbed_.api_.read(fmt::format("/api/v1/namespaces/{}/pods/{}", testbed_.options_.ns, pod_),
                           "reading the pod");
    if (body) {
        testbed_.watch_->note(pod_, *body, false);
    } else if (isFailure(body.error(), CallFailure::notFound) && !isFinal(verdict_.state)) {
        verdict_ = {PodState::deleted, "somebody deleted the trial pod", std::nullopt};
    }
}

/// The container runs, or never will.
Result<bool> PodInstance::awaitStart() {
    const auto deadline = in(startSeconds);
    constexpr auto never = Clock::time_point::max();
    auto giveUp = never;
    for (;;) {
        const auto& now = verdict();
        const bool unschedulable = now.state == PodState::unschedulable;
        const bool noImage = now.state == PodState::imageError;
        if (unschedulable || noImage) {
            if (giveUp == never) giveUp = in(unschedulable ? unschedulableSeconds : imageSeconds);
            if (Clock::now() >= giveUp) return false;
        } else {
            giveUp = never;
            if (isFinal(now.state)) return false;
            if (now.state != PodState::starting) return true;
        }
        if (Clock::now() >= deadline) return false;
        const auto version = version_;
        const auto news = [&] { return verdict().state != now.state || version_ != version; };
        if (testbed_.loop_.waitUntil(news, pollSeconds) == WaitEnd::interrupted) {
            return EventLoop::interruption();
        }
    }
}

Result<bool> PodInstance::answersReadyPath() const {
    if (!testbed_.options_.readyPath) return true;
    const auto& service = route_.service();
    HttpClient client(testbed_.loop_,
                      TcpAddress{service.host, static_cast<std::uint16_t>(service.port)});
    const auto response = client.get(*testbed_.options_.readyPath, answerSeconds);
    if (!response && response.error().kind == ErrorKind::interrupted) return response.error();
    return response && response->success();
}

Result<bool> PodInstance::becomesReady(Clock::time_point deadline) {
    for (;;) {
        const auto& now = verdict();
        if (isFinal(now.state)) return false;
        if (now.state == PodState::ready) {
            const auto opened = route_.openService(testbed_.options_.via, testbed_.options_.port);
            if (!opened) {
                // A pod that ended meanwhile takes its port-forward along.
                if (opened.error().kind == ErrorKind::interrupted) return opened;
                readAgain();
                if (isFinal(verdict().state)) return false;
                return opened;
            }
            if (*opened) {
                const auto answers = answersReadyPath();
                if (!answers || *answers) return answers;
            }
        }
        if (Clock::now() >= deadline) return false;
        const auto news = [&] { return isFinal(verdict().state); };
        const double pause = now.state == PodState::ready ? pollSeconds / 4 : pollSeconds;
        if (testbed_.loop_.waitUntil(news, std::min(pause, secondsUntil(deadline))) ==
            WaitEnd::interrupted) {
            return EventLoop::interruption();
        }
    }
}

Result<bool> PodInstance::waitReady(double timeoutSeconds) {
    if (everReady_) {
        if (isFinal(verdict().state)) return false;
        return route_.serviceAnswers();
    }
    const auto started = awaitStart();
    if (!started || !*started) return started;
    auto ready = becomesReady(in(timeoutSeconds));
    if (ready && *ready) {
        everReady_ = true;
        testbed_.forwarded_ = testbed_.forwarded_ || route_.forwarded();
    }
    return ready;
}

Result<MemorySnapshot> PodInstance::memory() {
    if (Clock::now() - usageAt_ >= usageEvery) readUsage();
    std::vector<int> ports;
    for (const auto& container : testbed_.options_.workload.containers) {
        if (container.name != testbed_.options_.container) continue;
        for (const auto& port : container.ports) ports.push_back(port.port);
    }
    auto snapshot = stats_.read(ports);
    if (snapshot) testbed_.findings_.statsPlace = stats_.place();
    return snapshot;
}

void PodInstance::readUsage() {
    usageAt_ = Clock::now();
    if (testbed_.kubeletForbidden_ || status_.node.empty()) return;
    const auto response = testbed_.api_.get(
        fmt::format("/api/v1/nodes/{}/proxy/stats/summary?only_cpu_and_memory=true", status_.node),
        answerSeconds);
    if (!response) return;
    constexpr unsigned forbidden = 403;
    if (response->status == forbidden) {
        testbed_.kubeletForbidden_ = true;
        return;
    }
    if (!response->success()) return;
    const auto read = readStatsSummary(
        response->body, {testbed_.options_.ns, pod_, testbed_.options_.container, status_.uid});
    if (!read || !*read) return;
    const auto& seen = **read;
    Usage usage = usage_.value_or(Usage{});
    usage.current = seen.usage ? seen.usage : seen.workingSet;
    usage.anon = seen.rss;
    usage_ = usage;
}

InstanceStatus PodInstance::status() {
    return instanceStatus(verdict());
}

bool PodInstance::stillRunsAndAnswers() {
    const auto answers = route_.serviceAnswers();
    if (!answers || !*answers) return false;
    readAgain();
    return !isFinal(verdict().state) && verdict().state != PodState::ambiguous137;
}

InstanceStatus PodInstance::settledStatus() {
    auto& loop = testbed_.loop_;
    const auto decided = [this] { return isFinal(verdict().state); };
    if (everReady_ && !decided()) readUsage();
    const bool alone = status_.otherContainers.empty();
    const auto deadline =
        in(alone ? killSettlesSeconds : killSettlesSeconds + sidecarSettlesSeconds);
    const auto trust = in(alone ? 0 : sidecarSettlesSeconds);
    auto ambiguousUntil = Clock::time_point::max();
    while (!decided() && Clock::now() < deadline) {
        if (loop.signal()) break;
        if (!everReady_) {
            // It never answered, so that only the status can tell; what it says now is what it is.
            readAgain();
            if (decided() || verdict().state != PodState::ambiguous137) break;
        } else if (Clock::now() >= trust && stillRunsAndAnswers()) {
            break;
        }
        if (verdict().state == PodState::ambiguous137) {
            ambiguousUntil = std::min(ambiguousUntil, in(ambiguousSeconds));
            if (Clock::now() >= ambiguousUntil) break;
        }
        if (loop.waitUntil(decided, everReady_ ? pollSeconds : readAgainSeconds) ==
            WaitEnd::interrupted) {
            break;
        }
        if (!decided()) readAgain();
    }
    return instanceStatus(verdict());
}

}  // namespace memfit::plugin
