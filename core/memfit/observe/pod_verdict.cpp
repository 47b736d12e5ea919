#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "memfit/observe/pod_status.h"

namespace memfit {

namespace {

using Kind = ContainerState::Kind;

constexpr std::array stateNames{
    std::pair{PodState::starting, std::string_view("starting")},
    std::pair{PodState::running, std::string_view("running")},
    std::pair{PodState::ready, std::string_view("ready")},
    std::pair{PodState::oomKilled, std::string_view("oomKilled")},
    std::pair{PodState::oomAtStart, std::string_view("oomAtStart")},
    std::pair{PodState::crashed, std::string_view("crashed")},
    std::pair{PodState::ambiguous137, std::string_view("ambiguous137")},
    std::pair{PodState::completed, std::string_view("completed")},
    std::pair{PodState::initFailed, std::string_view("initFailed")},
    std::pair{PodState::evicted, std::string_view("evicted")},
    std::pair{PodState::deadline, std::string_view("deadline")},
    std::pair{PodState::unschedulable, std::string_view("unschedulable")},
    std::pair{PodState::imageError, std::string_view("imageError")},
    std::pair{PodState::configError, std::string_view("configError")},
    std::pair{PodState::deleted, std::string_view("deleted")},
    std::pair{PodState::unknown, std::string_view("unknown")},
};

/// runc ("container init was OOM-killed (memory limit too low?)", and how its parent sees a killed
/// init), CRI-O ("set memory limit N too low; should be at least M bytes"), docker ("Minimum memory
/// limit allowed is 6MB"), older runtimes ("cannot start a stopped process").
constexpr std::array<std::string_view, 8> tooSmallMessages{
    "OOM-killed",
    "memory limit too low",
    "inimum memory limit allowed",
    "cannot start a stopped process",
    "can't get final child's PID from pipe: EOF",
    "container init exited prematurely",
    "read init-p: connection reset by peer",
    "error reading from parent: EOF",
};

constexpr std::array<std::string_view, 7> imageReasons{
    "ErrImagePull",      "ImagePullBackOff",    "ErrImageNeverPull",         "InvalidImageName",
    "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
};
constexpr std::array<std::string_view, 5> cannotStartReasons{
    "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
    "PreCreateHookError",         "PostStartHookError",
};
/// Reasons of a pod that its node ended or gave up.
constexpr std::array<std::string_view, 5> evictionReasons{
    "Evicted", "Preempting", "Shutdown", "NodeShutdown", "Terminated",
};
/// Reasons of a pod that the kubelet did not admit; so does everything that starts with OutOf.
constexpr std::array<std::string_view, 4> rejectionReasons{
    "NodeAffinity",
    "NodePorts",
    "UnexpectedAdmissionError",
    "TopologyAffinityError",
};

bool isOneOf(std::string_view text, const auto& list) {
    return std::ranges::find(list, text) != list.end();
}

/// Foreign text as part of one line: no control characters, nothing outside ASCII, not too long.
std::string oneLine(std::string_view text) {
    constexpr std::size_t longest = 240;
    const bool cut = text.size() > longest;
    std::string line(text.substr(0, longest));
    // char is signed on amd64 and unsigned on arm64.
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    std::ranges::replace_if(line, [](char c) { return c < ' ' || c > '~'; }, '?');
    line.erase(line.find_last_not_of(' ') + 1);
    return cut ? line + "..." : line;
}

std::string because(std::string_view what, std::string_view reason, std::string_view message) {
    std::string text(what);
    if (!reason.empty()) text += fmt::format(" ({})", oneLine(reason));
    if (!message.empty()) text += ": " + oneLine(message);
    return text;
}

std::string whichContainer(const ContainerStatus& container, bool init) {
    return fmt::format("{} {}", init ? "init container" : "container", oneLine(container.name));
}

/// How the container ended, in this trial: its own end, or that of the start before.
const ContainerState* endOf(const ContainerStatus& container, std::int64_t restartsBefore) {
    const bool ended = container.state.kind == Kind::terminated;
    const bool endedBefore =
        container.restartCount > restartsBefore && container.lastState.kind == Kind::terminated;
    if (endedBefore && (!ended || container.lastState.reason == "OOMKilled"))
        return &container.lastState;
    return ended ? &container.state : nullptr;
}

/// The container runs, or is about to again: what ended it, or the pod, before is history. A pod
/// that is deleted ends for good.
bool runsAgain(const PodStatus& status) {
    if (status.deleted || status.phase != "Running" || !status.container) return false;
    const auto kind = status.container->state.kind;
    return kind == Kind::running || (kind == Kind::waiting && status.container->restartCount > 0);
}

/// Disrupted now, not at some time before.
bool isDisrupted(const PodStatus& status) {
    return status.disrupted && !runsAgain(status);
}

PodVerdict disrupted(std::optional<std::int64_t> exitCode = {}) {
    return {PodState::evicted, "the pod was evicted or preempted", exitCode};
}

std::optional<PodVerdict> judgePodReason(const PodStatus& status) {
    if (runsAgain(status)) return std::nullopt;
    if (isOneOf(status.reason, evictionReasons))
        return PodVerdict{PodState::evicted,
                          because("the node ended the pod", status.reason, status.message),
                          {}};
    if (status.reason.starts_with("OutOf") || isOneOf(status.reason, rejectionReasons))
        return PodVerdict{PodState::unschedulable,
                          because("the node refused the pod", status.reason, status.message),
                          {}};
    return std::nullopt;
}

PodVerdict judgeOom(const ContainerState& end) {
    std::string detail = "the kernel killed it at its memory limit";
    if (end.exitCode == 0)
        detail = "a process of the container was killed at its memory limit (exit code 0)";
    else if (end.exitCode && *end.exitCode != 137)
        detail =
            fmt::format("a process of the container was killed at its memory limit (exit code {})",
                        *end.exitCode);
    return {PodState::oomKilled, std::move(detail), end.exitCode};
}

PodVerdict judgeFailedStart(const ContainerState& end) {
    if (meansLimitTooSmall(end.message))
        return {
            PodState::oomAtStart,
            because("the limit is too small for the container to start", end.reason, end.message),
            end.exitCode};
    return {PodState::configError, because("the container cannot start", end.reason, end.message),
            end.exitCode};
}

std::string describeExit(const ContainerState& end) {
    const auto code = end.exitCode.value_or(-1);
    if (!end.exitCode) return because("it ended", end.reason, end.message);
    return because(fmt::format("it ended with exit code {}", code),
                   end.reason == "Error" ? "" : end.reason, end.message);
}

PodVerdict judgeEnd(const PodStatus& status, const ContainerState& end) {
    if (end.reason == "OOMKilled") return judgeOom(end);
    const bool neverStarted = end.reason == "StartError" || end.reason == "ContainerCannotRun" ||
                              meansLimitTooSmall(end.message);
    if (neverStarted) return judgeFailedStart(end);
    if (isDisrupted(status)) return disrupted(end.exitCode);
    if (end.reason == "ContainerStatusUnknown")
        return {PodState::unknown, because("the kubelet lost the container", "", end.message),
                end.exitCode};
    if (status.reason == "DeadlineExceeded" && !runsAgain(status))
        return {PodState::deadline, "the pod's deadline ran out", end.exitCode};
    const bool bySignal = end.exitCode == 137 || end.exitCode == 143;
    if (status.deleted && (bySignal || end.exitCode == 0))
        return {PodState::deleted, "the pod was deleted", end.exitCode};
    if (end.exitCode == 137)
        return {PodState::ambiguous137,
                "it was killed (exit code 137), the kubelet does not say by whom", end.exitCode};
    if (end.exitCode == 0) return {PodState::completed, "it ended by itself", end.exitCode};
    return {PodState::crashed, describeExit(end), end.exitCode};
}

/// What a container waits for, when waiting does not help.
std::optional<PodVerdict> judgeWaiting(const ContainerStatus& container, bool init) {
    const auto& state = container.state;
    if (state.kind != Kind::waiting) return std::nullopt;
    const auto name = whichContainer(container, init);
    if (isOneOf(state.reason, imageReasons))
        return PodVerdict{
            PodState::imageError,
            because("the image of " + name + " cannot be pulled", state.reason, state.message),
            {}};
    if (!isOneOf(state.reason, cannotStartReasons)) return std::nullopt;
    if (!init && meansLimitTooSmall(state.message)) return judgeFailedStart(state);
    return PodVerdict{
        PodState::configError, because(name + " cannot start", state.reason, state.message), {}};
}

/// A failed init container is final when the pod has failed, or when it fails again and again. One
/// that merely ended may be a sidecar that is being started anew.
std::optional<PodVerdict> judgeInit(const PodStatus& status, const ContainerStatus& init) {
    if (auto verdict = judgeWaiting(init, true)) return verdict;
    const bool looping =
        init.state.kind == Kind::waiting && init.state.reason == "CrashLoopBackOff";
    const auto& end = looping ? init.lastState : init.state;
    if (end.kind != Kind::terminated || (!looping && status.phase != "Failed")) return std::nullopt;
    if (end.exitCode == 0 && end.reason != "OOMKilled") return std::nullopt;
    if (end.reason == "OOMKilled")
        return PodVerdict{PodState::initFailed,
                          fmt::format("{} was killed at its own memory limit, which no trial "
                                      "changes",
                                      whichContainer(init, true)),
                          end.exitCode};
    return PodVerdict{PodState::initFailed,
                      because(fmt::format("{} failed with exit code {}", whichContainer(init, true),
                                          end.exitCode.value_or(-1)),
                              end.reason == "Error" ? "" : end.reason, end.message),
                      end.exitCode};
}

std::optional<PodVerdict> judgeBeforeStart(const PodStatus& status) {
    for (const auto& init : status.initContainers)
        if (auto verdict = judgeInit(status, init)) return verdict;
    if (status.container)
        if (auto verdict = judgeWaiting(*status.container, false)) return verdict;
    for (const auto& other : status.otherContainers)
        if (auto verdict = judgeWaiting(other, false)) return verdict;
    return std::nullopt;
}

/// A sidecar runs before the pod does: what the other containers wait for comes later.
bool comesFirst(const PodStatus& status) {
    return status.sidecar && status.phase == "Pending";
}

PodVerdict judgeWithoutEnd(const PodStatus& status) {
    if (status.disrupted && (status.deleted || status.phase == "Failed")) return disrupted();
    if (status.deleted) return {PodState::deleted, "the pod is being deleted", {}};
    if (status.reason == "DeadlineExceeded" && !runsAgain(status))
        return {PodState::deadline, "the pod's deadline ran out", {}};
    if (status.reason == "NodeLost" || status.phase == "Unknown")
        return {PodState::unknown,
                because("the pod's node does not answer", status.reason, status.message),
                {}};
    if (status.container && status.container->state.kind == Kind::running && !comesFirst(status)) {
        const bool ready = status.containersReady && status.container->ready;
        return {ready ? PodState::ready : PodState::running, "", {}};
    }
    if (auto verdict = judgeBeforeStart(status)) return *verdict;
    if (status.phase == "Failed")
        return {
            PodState::unknown,
            because("the pod failed before its containers started", status.reason, status.message),
            {}};
    if (status.unschedulable)
        return {PodState::unschedulable,
                because("no node accepts the pod", "", *status.unschedulable),
                {}};
    return {PodState::starting,
            status.container ? oneLine(status.container->state.reason) : std::string(),
            {}};
}

}  // namespace

std::string_view toString(PodState state) {
    for (const auto& [value, text] : stateNames)
        if (value == state) return text;
    return "unknown";
}

bool meansLimitTooSmall(std::string_view message) {
    const auto says = [&](std::string_view part) {
        return message.find(part) != std::string_view::npos;
    };
    return std::ranges::any_of(tooSmallMessages, says) ||
           (says("set memory limit") && says("too low"));
}

PodVerdict judgePod(const PodStatus& status, std::int64_t restartsBefore) {
    if (auto verdict = judgePodReason(status)) return *verdict;
    if (status.container)
        if (const auto* const end = endOf(*status.container, restartsBefore))
            return judgeEnd(status, *end);
    return judgeWithoutEnd(status);
}

}  // namespace memfit
