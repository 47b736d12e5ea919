#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/endpoint.h"
#include "memfit/documents/documents.h"
#include "memfit/error.h"
#include "memfit/trial/cost.h"
#include "memfit/trial/trial.h"
#include "memfit/units/bytes.h"

namespace memfit::plugin {

/// How an instance stands, as far as the testbed can tell.
struct InstanceStatus {
    bool running = true;     ///< the main process lives
    bool oomKilled = false;  ///< the kernel (or the watchdog) killed some process of it for memory
    /// Of the main process when not running; 128 + signal when killed. nullopt: it never started.
    std::optional<int> exitCode;
    std::string detail;  ///< last words for people: `malformed GOMEMLIMIT`, `signal 11`
    /// Set when the end says nothing about the edge: evicted, unschedulable, imageError, …
    std::optional<Outcome> foreign;
};

/// One running copy of the service, with the settings of one trial. Destroying it stops it and
/// removes everything it made; nothing is left behind, whatever state it is in.
class Instance {
public:
    Instance() = default;
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;
    virtual ~Instance() = default;

    /// Waits until it serves, ends, or `timeoutSeconds` have passed. True: it serves.
    /// Errors: kind interrupted.
    [[nodiscard]] virtual Result<bool> waitReady(double timeoutSeconds) = 0;

    [[nodiscard]] virtual Endpoint service() const = 0;

    /// What the Go program says of its memory now. Errors: no page, unreachable, not understood.
    [[nodiscard]] virtual Result<MemorySnapshot> memory() = 0;

    /// What the testbed sees of its memory now (with peak and demand so far); nullopt where it
    /// cannot tell. Cheap: called many times a second.
    [[nodiscard]] virtual std::optional<Usage> usage() = 0;

    /// CPU time of all its processes so far; nullopt where the testbed cannot tell. Asked right
    /// before the load and right after it.
    [[nodiscard]] virtual std::optional<CpuTime> cpuTime() { return std::nullopt; }

    /// Cheap look, called many times a second during the load.
    [[nodiscard]] virtual InstanceStatus status() = 0;

    /// The settled verdict after the load: waits as long as a kill may still be on its way, so that
    /// "running" can be believed.
    [[nodiscard]] virtual InstanceStatus settledStatus() = 0;
};

/// The memory limits that instances can have at all, as far as that is known: a namespace may admit
/// no others.
struct AdmittedLimits {
    std::optional<Bytes> least;
    std::string leastBy;  ///< `LimitRange sizes`, or what admission says
    std::optional<Bytes> most;
    std::string mostBy;

    [[nodiscard]] bool holds(Bytes limit) const {
        return (!least || limit >= *least) && (!most || limit <= *most);
    }
    /// `the namespace admits no memory limit below 32Mi (LimitRange sizes)`; of the bound that
    /// `limit` is beyond.
    [[nodiscard]] std::string why(Bytes limit) const;
};

/// Makes instances. The squeeze and bench loops know nothing more of the world than this.
class Testbed {
public:
    Testbed() = default;
    Testbed(const Testbed&) = delete;
    Testbed& operator=(const Testbed&) = delete;
    virtual ~Testbed() = default;

    [[nodiscard]] virtual Target target() const = 0;
    [[nodiscard]] virtual Environment environment() const = 0;
    /// What a reader of the results should know about this testbed.
    [[nodiscard]] virtual std::vector<Warning> warnings() const = 0;
    /// The limit that stands in for "none" in the unlimited run.
    [[nodiscard]] virtual std::optional<Bytes> ceiling() const = 0;

    /// May be known once begin() or start() was called, and become narrower with each instance that
    /// is refused.
    [[nodiscard]] virtual AdmittedLimits admitted() const { return {}; }

    /// Finds out whether such an instance would be admitted, after begin(), without starting it;
    /// admitted() then tells. Errors: it is refused, but not for its limit; kind interrupted.
    [[nodiscard]] virtual Result<void> tryAdmission(const Settings& /*settings*/) { return {}; }

    /// How the load reaches the instances: `direct`, `port-forward`, `pod`.
    [[nodiscard]] virtual std::string via() const { return "direct"; }

    /// Does what comes before the first trial, which has `settings`: checks, and asking the user.
    /// Where it is not called start() sees to it; later calls do nothing. Errors: those of start().
    [[nodiscard]] virtual Result<void> begin(const Settings& settings) = 0;

    /// Starts an instance. An instance that dies at once is not an error: its status says so.
    /// `folder`: what {dir} stands for, on this machine; empty where nothing uses it.
    /// Errors: what makes every further trial pointless too (program not there, port taken).
    [[nodiscard]] virtual Result<std::unique_ptr<Instance>> start(const Settings& settings,
                                                                  const std::string& folder) = 0;
};

}  // namespace memfit::plugin
