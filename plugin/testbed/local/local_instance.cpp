#include "testbed/local/local_instance.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <utility>

#include "testbed/last_words.h"
#include "testbed/local/listeners.h"
#include "testbed/local/processes.h"

namespace memfit::plugin {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double answerSeconds = 2;
constexpr double killSettlesSeconds = 0.5;
constexpr double stopGraceSeconds = 0.05;
constexpr double shortestPoll = 0.002;
constexpr double longestPoll = 0.025;
/// A program may open its statistics port a little before its service port.
constexpr std::chrono::milliseconds portsSettle{200};

/// The processes that descend from `leader`, without itself, each with its process group.
std::map<pid_t, pid_t> familyOf(pid_t leader) {
    std::map<pid_t, pid_t> family;
    for (const pid_t member : processTree(leader)) {
        const auto relations = parseProcessStat(readProcFile(fmt::format("/proc/{}/stat", member)));
        if (relations && member != leader) family.emplace(member, relations->group);
    }
    return family;
}

double secondsUntil(Clock::time_point moment) {
    return std::chrono::duration<double>(moment - Clock::now()).count();
}

}  // namespace

LocalInstance::LocalInstance(EventLoop& loop, std::unique_ptr<Child> child,
                             std::optional<MemoryCgroup> cgroup, std::optional<Bytes> limit,
                             std::optional<ReadyUrl> ready, LocalFindings& findings)
    : loop_(loop),
      findings_(findings),
      ready_(std::move(ready)),
      cgroup_(std::move(cgroup)),
      child_(std::move(child)) {
    if (!cgroup_) watchdog_.emplace(loop, child_->pid(), limit);
}

LocalInstance::~LocalInstance() {
    findings_.stats.disconnect();
    // A cgroup takes its members along. Without one, what left the program's group is found only as
    // long as the program lives, so the family is looked up before it ends.
    const bool findFamily = watchdog_ && child_->running();
    const auto family = findFamily ? familyOf(child_->pid()) : std::map<pid_t, pid_t>{};
    child_->terminate(stopGraceSeconds);
    for (const auto& [member, group] : family) {
        const auto now = parseProcessStat(readProcFile(fmt::format("/proc/{}/stat", member)));
        if (now && now->group == group) (void)::kill(member, SIGKILL);
    }
}

bool LocalInstance::oomKilled() const {
    if (watchdog_) return watchdog_->killed();
    return cgroup_ && cgroup_->oomKills().value_or(0) > 0;
}

std::set<int> LocalInstance::listeningPorts() const {
    std::set<int> ports;
    for (const Listener& listener : listenersOf(processTree(child_->pid()))) {
        ports.insert(listener.port);
    }
    return ports;
}

/// The service's port is the only one that is not a statistics port.
Result<bool> LocalInstance::choosePort(const std::set<int>& ports) {
    std::vector<int> candidates;
    for (const int port : ports) {
        if (ports.size() == 1) {
            candidates.push_back(port);
            break;
        }
        const auto stats = findings_.stats.servedOn(port);
        if (!stats) return stats.error();
        if (!*stats) candidates.push_back(port);
    }
    if (candidates.size() == 1) {
        findings_.port = candidates.front();
        return true;
    }
    return usageError(fmt::format("the program listens on ports {}", fmt::join(ports, ", ")),
                      "name the service's with --port");
}

Result<bool> LocalInstance::findPort() {
    std::set<int> ports = listeningPorts();
    if (findings_.stats.namedPort() && ports.size() > 1) ports.erase(*findings_.stats.namedPort());
    return portsAreSettled(ports) ? choosePort(ports) : false;
}

bool LocalInstance::portsAreSettled(const std::set<int>& ports) {
    if (ports != portsSeen_) {
        portsSeen_ = ports;
        portsSince_ = Clock::now();
    }
    return !ports.empty() && Clock::now() - portsSince_ >= portsSettle;
}

/// Some programs listen on another port at each start: one that was found is looked for again when
/// this program listens elsewhere.
void LocalInstance::doubtPort() {
    if (findings_.portNamed) return;
    const std::set<int> ports = listeningPorts();
    if (portsAreSettled(ports) && !ports.contains(*findings_.port)) findings_.port.reset();
}

Result<bool> LocalInstance::answers() {
    if (!findings_.port && !(ready_ && ready_->address)) {
        const auto found = findPort();
        if (!found || !*found) return found;
    }
    if (!ready_) {
        const auto address = loopbackAddress(loop_, *findings_.port);
        if (!address) {
            if (address.error().kind == ErrorKind::interrupted) return address.error();
            doubtPort();
            return false;
        }
        host_ = std::get<TcpAddress>(*address).ip;
        return true;
    }
    const ServerAddress address =
        ready_->address.value_or(TcpAddress{host_, static_cast<std::uint16_t>(*findings_.port)});
    HttpClient client(loop_, address, ready_->host);
    const auto response = client.get(ready_->target, answerSeconds);
    if (response) return response->success();
    if (response.error().kind == ErrorKind::interrupted) return response.error();
    if (!ready_->address) doubtPort();
    return false;
}

Result<bool> LocalInstance::waitReady(double timeoutSeconds) {
    const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(timeoutSeconds));
    double poll = shortestPoll;
    while (true) {
        const auto ready = answers();
        if (!ready) return ready.error();
        child_->refresh();
        if (!child_->running() || oomKilled()) return false;
        if (*ready) return true;
        const double left = secondsUntil(deadline);
        if (left <= 0) return false;
        const WaitEnd end =
            loop_.waitUntil([this] { return !child_->running(); }, std::min(poll, left));
        if (end == WaitEnd::interrupted) return EventLoop::interruption();
        poll = std::min(longestPoll, poll * 1.5);
    }
}

Endpoint LocalInstance::service() const {
    Endpoint endpoint;
    endpoint.host = host_;
    if (findings_.port) {
        endpoint.port = *findings_.port;
    } else if (ready_ && ready_->address) {
        endpoint.port = ready_->address->port;
    }
    return endpoint;
}

Result<MemorySnapshot> LocalInstance::memory() {
    if (findings_.stats.absent()) return findings_.stats.notFound();
    if (!child_->running()) return failure("the program has ended");
    std::vector<int> ports;
    if (!findings_.stats.located()) {
        const int servicePort = service().port;
        const std::set<int> open = listeningPorts();
        std::ranges::copy_if(open, std::back_inserter(ports),
                             [servicePort](int port) { return port != servicePort; });
        if (open.contains(servicePort)) ports.push_back(servicePort);
    }
    return findings_.stats.read(ports);
}

std::optional<Usage> LocalInstance::usage() {
    if (watchdog_) return watchdog_->usage();
    if (!cgroup_) return std::nullopt;
    Usage usage = cgroup_->usage();
    if (usage.demand) demand_ = std::max(demand_.value_or(0), *usage.demand);
    usage.demand = demand_;
    return usage;
}

std::optional<CpuTime> LocalInstance::cpuTime() {
    if (cgroup_) {
        if (const auto seconds = cgroup_->cpuSeconds()) return CpuTime{*seconds, "cgroup"};
    }
    const auto seconds = cpuSecondsOf(cgroup_ ? cgroup_->members() : processTree(child_->pid()));
    return seconds ? std::optional(CpuTime{*seconds, "process"}) : std::nullopt;
}

InstanceStatus LocalInstance::status() {
    child_->refresh();
    InstanceStatus status;
    status.oomKilled = oomKilled();
    if (status.oomKilled && cgroup_ && cgroup_->killedForOthers()) {
        status.foreign = Outcome::inconclusive;
    }
    const auto exit = child_->exit();
    if (exit) describeEnd(*exit, status);
    if (status.foreign)
        status.detail = "killed because the machine ran out of memory, not because of its limit";
    return status;
}

void LocalInstance::describeEnd(const ExitStatus& exit, InstanceStatus& status) const {
    status.running = false;
    status.exitCode = exit.shellCode();
    // A program that is killed from outside has no last words: its last line is about something
    // else.
    const std::string words =
        exit.signal == SIGKILL ? std::string() : lastWords(child_->out(), child_->err());
    // The exit code stands beside it; only a signal has a name of its own.
    status.detail = exit.signal != 0 && words.empty() ? exit.describe() : words;
}

InstanceStatus LocalInstance::settledStatus() {
    const auto ended = [this] {
        child_->refresh();
        return !child_->running();
    };
    if (!ended()) {
        // Only a kill that has begun, or a service that no longer answers, is worth waiting for.
        const auto alive = oomKilled() ? Result<bool>(false) : answers();
        if (alive && !*alive) (void)loop_.waitUntil(ended, killSettlesSeconds);
    }
    if (ended()) child_->drain(killSettlesSeconds / 10);
    return status();
}

}  // namespace memfit::plugin
