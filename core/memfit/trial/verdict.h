#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memfit/observe/load/load_report.h"
#include "memfit/trial/trial.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// Requests of one or more loads.
struct RequestCounts {
    std::int64_t requests = 0;
    std::int64_t failures = 0;  ///< of them
};

/// What a testbed and a load saw of one trial, once its status has settled (facts may lag behind
/// the load by seconds: asking for a verdict before the status was re-read is the caller's
/// mistake).
struct TrialFacts {
    std::optional<Bytes> limit;  ///< nullopt: the unlimited run
    bool everReady = false;
    bool readyTimedOut = false;  ///< not ready within the time that was given
    bool mainProcessEnded = false;
    bool oomKilled = false;       ///< some process of it was killed for memory
    std::optional<int> exitCode;  ///< of the main process; 128 + signal when a signal ended it
    bool loadWanted = true;  ///< false: a probe that only looks; to be ready and alive is enough
    bool loadStarted = false;
    bool loadCut = false;  ///< stopped at the load time-out
    std::optional<LoadReport> load;
    bool loadCommandFailed = false;  ///< exit code not zero, and no report that is understood
    bool stillAnswers = false;       ///< after the load, the service still accepts connections
    bool largerLimitPassed = false;  ///< a larger limit, or none, survived the same load
    /// It already ended once before it was ready at this limit; with `largerLimitPassed` the limit
    /// is the cause, whatever the runtime says.
    bool failedStartBefore = false;
    /// Requests of the loads that survived at larger limits and without one; nullopt: not counted.
    std::optional<RequestCounts> withMoreMemory;
    std::optional<std::string> missedFloor;  ///< Floor::missedBy()
    std::optional<Outcome> foreign;  ///< an outcome that the limit did not cause, as the testbed
                                     ///< knows: evicted, unschedulable, imageError, inconclusive
    std::string detail;              ///< what the testbed says of the end, one clause; may be empty
};

struct Verdict {
    Outcome outcome = Outcome::inconclusive;
    std::string note;  ///< one clause for people: why this outcome; empty when there is nothing
                       ///< to add

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Names the outcome. The first rule that fits decides:
/// 1. `foreign` as it is: such a trial says nothing about the limit.
/// 2. An OOM kill, of whichever process (a child may die while the main process lives on, or ends
///    with exit code 0): `oomAtStart` before it was ready, `oomKilled` from then on.
/// 3. The main process ended: `crashed`, before and after readiness; with exit code 137 (SIGKILL)
///    `inconclusive`, since an OOM kill can be reported as just that. Before readiness, for the
///    second time at this limit, while a larger limit passed: `belowFloor`.
/// 4. Not ready in time: `belowFloor` when a larger limit passed, else `neverReady`.
/// 5. No load was wanted: `survived`, if it still answers.
/// 6. Load cut at its time-out: `belowFloor` when a larger limit passed, else `loadFailed`.
/// 7. The service no longer answers, though nothing is known to have ended: `inconclusive`. The
///    unlimited run that never served a request is `loadFailed`: the load goes to a wrong place.
/// 8. More requests failed than with more memory, beyond chance (2 %, by the conditional test of
///    two Poisson rates; Przyborowski and Wilenski 1940): `belowFloor`. A child that was killed
///    unseen, or a service that gives up at its limit, answers errors and lives.
/// 9. The load command failed without a report, or its report says that nothing was served (every
///    request failed, or none was answered): `loadFailed`.
/// 10. The floor is missed: `belowFloor`. It says so of the unlimited run too, where nothing larger
///    exists: no limit can hold that floor, and the caller has to stop.
/// 11. `survived`; with a note when some requests failed.
/// Whatever is not settled (load not started, no report) is `inconclusive`.
[[nodiscard]] Verdict judge(const TrialFacts& facts);

/// Requests of a load, as far as its report counts them.
[[nodiscard]] std::optional<RequestCounts> requestCounts(const LoadReport& load);

}  // namespace memfit
