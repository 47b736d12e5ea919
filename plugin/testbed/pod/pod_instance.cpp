#include "testbed/pod/pod_instance.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "memfit/kube/resources.h"
#include "testbed/last_words.h"
#include "text/redact.h"

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
constexpr std::chrono::seconds eventsEvery{3};
/// The kubelet's housekeeping lets up to 15 s pass between samples of a quiet container.
constexpr double sampleSeconds = 20;
constexpr double samplePollSeconds = 0.5;

bool isFinal(PodState state) {
    return state != PodState::starting && state != PodState::running && state != PodState::ready &&
           state != PodState::ambiguous137;
}

}  // namespace

InstanceStatus instanceStatus(const PodVerdict& verdict) {
    InstanceStatus status;
    status.detail = redactText(verdict.detail);
    // Of an init container it is none of the program's.
    if (verdict.exitCode && verdict.state != PodState::initFailed)
        status.exitCode = static_cast<int>(*verdict.exitCode);
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

PodInstance::PodInstance(PodWorld& world, std::string pod, bool unlimited,
                         std::function<void()> release)
    : world_(world),
      pod_(std::move(pod)),
      unlimited_(unlimited),
      release_(std::move(release)),
      route_(world.loop, world.cluster, world.options.ns, pod_, world.findings),
      stats_(world.loop, world.options.statsPort, world.options.statsPath,
             [this](int port) { return route_.toStats(port); }),
      eventsAt_(world.loop.now()) {
    if (world.findings.statsPlace) stats_.expectAt(*world.findings.statsPlace);
}

PodInstance::~PodInstance() {
    release_();
}

PodInstance::Clock::time_point PodInstance::in(double seconds) const {
    return world_.loop.now() +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

const PodVerdict& PodInstance::verdict() {
    const auto* const seen = world_.watch->find(pod_);
    if (seen == nullptr || seen->version == version_) return verdict_;
    version_ = seen->version;
    auto read = readPodStatus(seen->json, world_.options.container);
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
    if (!status_.node.empty()) world_.node = status_.node;
    return verdict_;
}

void PodInstance::readAgain() {
    const auto body =
        world_.cluster.read(objectPath(Resource::pods, world_.options.ns, pod_), "reading the pod");
    if (body) {
        world_.watch->note(pod_, *body, false);
    } else if (body.error().failure == CallFailure::notFound && !isFinal(verdict_.state)) {
        verdict_ = {PodState::deleted, "somebody deleted the trial pod", std::nullopt};
    }
}

/// A limit in which not even the pod's sandbox can be made leaves the pod waiting for good; only
/// its events say why.
void PodInstance::readEvents() {
    eventsAt_ = world_.loop.now();
    const auto body = world_.cluster.read(
        listPath(Resource::events, world_.options.ns, {.fields = "involvedObject.name=" + pod_}),
        "reading the pod's events");
    if (!body) return;
    const auto list = nlohmann::json::parse(*body, nullptr, false);
    if (!list.is_object() || !list.contains("items")) return;
    for (const auto& event : list["items"]) {
        const auto message = event.is_object() ? event.find("message") : event.end();
        if (message == event.end() || !message->is_string()) continue;
        const auto text = message->get<std::string>();
        if (meansLimitTooSmall(text)) {
            verdict_ = {PodState::oomAtStart, "the limit is too small to start the container",
                        std::nullopt};
        }
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
            if (world_.loop.now() >= giveUp) return false;
        } else {
            giveUp = never;
            if (isFinal(now.state)) return false;
            if (now.state != PodState::starting) return true;
        }
        if (world_.loop.now() >= deadline) return false;
        const bool starting = now.state == PodState::starting;
        if (starting && world_.loop.now() - eventsAt_ > eventsEvery) readEvents();
        const auto version = version_;
        const auto news = [&] { return verdict().state != now.state || version_ != version; };
        if (world_.loop.waitUntil(news, pollSeconds) == WaitEnd::interrupted) {
            return EventLoop::interruption();
        }
    }
}

Result<bool> PodInstance::answersReadyPath() const {
    if (!world_.options.readyPath) return true;
    const auto& service = route_.service();
    HttpClient client(world_.loop,
                      TcpAddress{service.host, static_cast<std::uint16_t>(service.port)});
    const auto response = client.get(*world_.options.readyPath, answerSeconds);
    if (!response && response.error().kind == ErrorKind::interrupted) return response.error();
    return response && response->success();
}

Result<bool> PodInstance::becomesReady(Clock::time_point deadline) {
    for (;;) {
        const auto& now = verdict();
        if (isFinal(now.state)) return false;
        if (now.state == PodState::ready) {
            const auto opened = route_.openService(world_.options.via, world_.options.port);
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
        if (world_.loop.now() >= deadline) return false;
        const auto news = [&] { return isFinal(verdict().state); };
        const std::chrono::duration<double> left = deadline - world_.loop.now();
        const double pause = now.state == PodState::ready ? pollSeconds / 4 : pollSeconds;
        if (world_.loop.waitUntil(news, std::min(pause, left.count())) == WaitEnd::interrupted) {
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
        world_.forwarded = world_.forwarded || route_.forwarded();
    }
    return ready;
}

Result<MemorySnapshot> PodInstance::memory() {
    if (world_.loop.now() - usageAt_ >= usageEvery) readUsage();
    std::vector<int> ports;
    if (const auto* const container = world_.container()) {
        for (const auto& port : container->ports) ports.push_back(port.port);
    }
    auto snapshot = stats_.read(ports);
    if (snapshot) world_.findings.statsPlace = stats_.place();
    return snapshot;
}

std::optional<KubeletUsage> PodInstance::readSummary() {
    if (world_.kubeletForbidden || status_.node.empty()) return std::nullopt;
    const auto body = world_.cluster.read(kubeletPath(status_.node, summaryPage),
                                          "reading the kubelet's summary", {answerSeconds});
    if (!body) {
        world_.kubeletForbidden = body.error().failure == CallFailure::forbidden;
        return std::nullopt;
    }
    auto read =
        readStatsSummary(*body, {world_.options.ns, pod_, status_.uid, world_.options.container});
    return read ? *std::move(read) : std::nullopt;
}

void PodInstance::readUsage() {
    usageAt_ = world_.loop.now();
    const auto seen = readSummary();
    if (!seen) return;
    Usage usage = usage_.value_or(Usage{});
    usage.current = seen->usage ? seen->usage : seen->workingSet;
    usage.anon = seen->rss;
    usage_ = usage;
}

/// The container's own figures with the kernel's high-water mark; nullopt where the kubelet does
/// not say when it sampled that.
std::optional<KubeletUsage> PodInstance::readMark() {
    const auto body = world_.cluster.read(kubeletPath(status_.node, cadvisorPage),
                                          "reading the kubelet's metrics", {answerSeconds});
    if (!body) return std::nullopt;
    auto seen =
        readCadvisor(*body, {world_.options.ns, pod_, status_.uid, world_.options.container});
    if (!seen || seen->podLevel || !seen->peak || !seen->peakAt) return std::nullopt;
    return seen;
}

/// The kubelet samples about every ten seconds: only a sample taken after the load holds the high-
/// water mark of all of it. That is worth the wait once: it tells the search where to begin. The
/// clocks of the node and of this machine may differ, so that a sample counts as later when it
/// comes after the one that was there right after the load.
void PodInstance::awaitPeak() {
    // A container that is only seconds old has no sample yet, and its load is over too soon for the
    // wait to pay.
    const auto sampled = readSummary();
    if (!sampled || sampled->time.empty()) return;
    world_.peakAwaited = true;
    const auto before = readMark();
    if (!before) return;
    const auto deadline = in(sampleSeconds);
    while (world_.loop.pause(samplePollSeconds) && world_.loop.now() < deadline) {
        const auto now = readMark();
        if (!now || *now->peakAt <= *before->peakAt) continue;
        Usage usage = usage_.value_or(Usage{});
        usage.current = now->usage;
        usage.anon = now->rss;
        usage.peak = now->peak;
        usage_ = usage;
        return;
    }
}

/// What the program said last; empty where its log may not be read.
std::string PodInstance::lastLogLine() const {
    constexpr int lines = 50;
    const auto log = world_.cluster.read(
        logPath(world_.options.ns, pod_, world_.options.container, lines), "reading the pod's log");
    return log ? lastWords({}, *log) : std::string();
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
    auto& loop = world_.loop;
    const auto decided = [this] { return isFinal(verdict().state); };
    if (everReady_ && !decided()) readUsage();
    const auto runs = [](const ContainerStatus& init) {
        return init.state.kind == ContainerState::Kind::running;
    };
    const bool alone =
        status_.otherContainers.empty() && std::ranges::none_of(status_.initContainers, runs);
    const auto deadline =
        in(alone ? killSettlesSeconds : killSettlesSeconds + sidecarSettlesSeconds);
    const auto trust = in(alone ? 0 : sidecarSettlesSeconds);
    auto ambiguousUntil = Clock::time_point::max();
    while (!decided() && world_.loop.now() < deadline) {
        if (loop.signal()) break;
        if (!everReady_) {
            // It never answered, so that only the status can tell; what it says now is what it is.
            readAgain();
            if (decided() || verdict().state != PodState::ambiguous137) break;
        } else if (world_.loop.now() >= trust && stillRunsAndAnswers()) {
            break;
        }
        if (verdict().state == PodState::ambiguous137) {
            ambiguousUntil = std::min(ambiguousUntil, in(ambiguousSeconds));
            if (world_.loop.now() >= ambiguousUntil) break;
        }
        if (loop.waitUntil(decided, everReady_ ? pollSeconds : readAgainSeconds) ==
            WaitEnd::interrupted) {
            break;
        }
        if (!decided()) readAgain();
    }
    auto status = instanceStatus(verdict());
    if (verdict_.state == PodState::crashed) {
        if (const auto words = lastLogLine(); !words.empty()) status.detail = words;
    }
    if (unlimited_ && everReady_ && status.running && !world_.peakAwaited) awaitPeak();
    return status;
}

}  // namespace memfit::plugin
