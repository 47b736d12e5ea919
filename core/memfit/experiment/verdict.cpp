#include "memfit/experiment/verdict.h"

#include <fmt/format.h>

#include <utility>

namespace memfit {

namespace {

constexpr int killedBySignal9 = 137;

std::string with(std::string clause, const std::string& detail) {
    if (detail.empty()) return clause;
    return fmt::format("{}: {}", clause, detail);
}

Verdict judgeOomKill(const TrialFacts& facts) {
    const auto* const where = facts.limit ? "" : " at the ceiling of the unlimited run";
    if (!facts.everReady)
        return {Outcome::oomAtStart,
                with(fmt::format("OOM-killed{} before it was ready", where), facts.detail)};
    const auto* const who = facts.mainProcessEnded
                                ? "OOM-killed"
                                : "a child process was OOM-killed, the main one lives";
    return {Outcome::oomKilled, with(fmt::format("{}{}", who, where), facts.detail)};
}

Verdict judgeEnd(const TrialFacts& facts) {
    const auto* const when = facts.everReady ? "after" : "before";
    if (facts.exitCode == killedBySignal9)
        return {Outcome::inconclusive,
                with(fmt::format("killed by SIGKILL {} it was ready, not known by whom", when),
                     facts.detail)};
    const auto code = facts.exitCode ? fmt::format(" with exit code {}", *facts.exitCode) : "";
    return {Outcome::crashed,
            with(fmt::format("ended{} {} it was ready", code, when), facts.detail)};
}

Verdict judgeNotReady(const TrialFacts& facts) {
    if (!facts.readyTimedOut)
        return {Outcome::inconclusive, with("readiness was not awaited", facts.detail)};
    if (facts.limit && facts.largerLimitPassed)
        return {Outcome::belowFloor, with("not ready in time, a larger limit was", facts.detail)};
    return {Outcome::neverReady, with("not ready in time", facts.detail)};
}

Verdict judgeCut(const TrialFacts& facts) {
    if (facts.limit && facts.largerLimitPassed)
        return {Outcome::belowFloor,
                with("load cut at its time-out, a larger limit passed in time", facts.detail)};
    return {Outcome::loadFailed,
            with("load cut at its time-out, which --load-timeout raises", facts.detail)};
}

std::string commandFailure(const TrialFacts& facts) {
    const auto code = facts.load ? facts.load->exitCode : std::nullopt;
    const auto how = code ? fmt::format(" with exit code {}", *code) : "";
    return with(fmt::format("the load command failed{} and left no report", how), facts.detail);
}

std::string someFailures(const LoadReport& load) {
    const auto successes = load.successes();
    if (!load.requests || !successes || *successes >= *load.requests) return {};
    return fmt::format("{} of {} requests failed", *load.requests - *successes, *load.requests);
}

Verdict judgeLoad(const TrialFacts& facts) {
    const bool servedNone = facts.load && facts.load->servedNone();
    const bool servedNothing = facts.loadCommandFailed || servedNone;
    if (!facts.stillAnswers && (facts.limit || !servedNothing))
        return {Outcome::inconclusive,
                with("no longer answers after the load, and no end is known", facts.detail)};
    if (facts.loadCommandFailed) return {Outcome::loadFailed, commandFailure(facts)};
    if (servedNone) {
        const auto* const what =
            facts.load->allFailed() ? "every request failed" : "no request was answered";
        return {Outcome::loadFailed,
                with(fmt::format("{}, though the program lives", what), facts.detail)};
    }
    if (!facts.load) return {Outcome::inconclusive, with("the load left no report", facts.detail)};
    if (facts.missedFloor) {
        const auto* const where = facts.limit ? "" : ", even without a limit; lower the floor";
        return {Outcome::belowFloor, fmt::format("{}{}", *facts.missedFloor, where)};
    }
    return {Outcome::survived, someFailures(*facts.load)};
}

}  // namespace

Verdict judge(const TrialFacts& facts) {
    if (facts.foreign) return {*facts.foreign, facts.detail};
    if (facts.oomKilled) return judgeOomKill(facts);
    if (facts.mainProcessEnded) return judgeEnd(facts);
    if (!facts.everReady) return judgeNotReady(facts);
    if (!facts.loadWanted && facts.stillAnswers) return {Outcome::survived, {}};
    if (!facts.loadStarted)
        return {Outcome::inconclusive, with("the load was not started", facts.detail)};
    if (facts.loadCut) return judgeCut(facts);
    return judgeLoad(facts);
}

}  // namespace memfit
