#include "memfit/trial/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <string>
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
                                : "a child process was OOM-killed, the main process still runs";
    return {Outcome::oomKilled, with(fmt::format("{}{}", who, where), facts.detail)};
}

Verdict judgeEnd(const TrialFacts& facts) {
    if (!facts.everReady && facts.limit && facts.largerLimitPassed && facts.failedStartBefore)
        return {Outcome::belowFloor,
                with("failed to start twice, but starts with more memory", facts.detail)};
    const auto* const when = facts.everReady ? "after" : "before";
    if (facts.exitCode == killedBySignal9)
        return {Outcome::inconclusive,
                with(fmt::format("killed by SIGKILL {} it was ready, by an unknown sender", when),
                     facts.detail)};
    const auto code = facts.exitCode ? fmt::format(" with exit code {}", *facts.exitCode) : "";
    return {Outcome::crashed,
            with(fmt::format("ended{} {} it was ready", code, when), facts.detail)};
}

Verdict judgeNotReady(const TrialFacts& facts) {
    if (!facts.readyTimedOut)
        return {Outcome::inconclusive,
                with("memfit did not wait for it to be ready", facts.detail)};
    if (facts.limit && facts.largerLimitPassed)
        return {Outcome::belowFloor,
                with("not ready in time, but ready with a larger limit", facts.detail)};
    return {Outcome::neverReady, with("not ready in time", facts.detail)};
}

Verdict judgeCut(const TrialFacts& facts) {
    if (facts.limit && facts.largerLimitPassed)
        return {Outcome::belowFloor,
                with("load stopped at its timeout, but finished in time with a larger limit",
                     facts.detail)};
    return {Outcome::loadFailed,
            with("load stopped at its timeout, which --load-timeout raises", facts.detail)};
}

std::string commandFailure(const TrialFacts& facts) {
    const auto code = facts.load ? facts.load->exitCode : std::nullopt;
    const auto how = code ? fmt::format(" with exit code {}", *code) : "";
    return with(fmt::format("the load command failed{} and left no report", how), facts.detail);
}

std::string someFailures(const LoadReport& load) {
    const auto counts = requestCounts(load);
    if (!counts || counts->failures <= 0) return {};
    return fmt::format("{} of {} requests failed", counts->failures, counts->requests);
}

/// `6 of 60 requests failed, none of 180 with more memory`; nullopt where chance may explain it.
std::optional<std::string> failsMore(const TrialFacts& facts) {
    if (!facts.limit || !facts.load || !facts.withMoreMemory) return std::nullopt;
    const auto here = requestCounts(*facts.load);
    const auto& there = *facts.withMoreMemory;
    if (!here || here->failures <= 0 || there.requests <= 0) return std::nullopt;
    const auto failures = static_cast<double>(here->failures + there.failures);
    const double share =
        static_cast<double>(here->requests) / static_cast<double>(here->requests + there.requests);
    const boost::math::binomial distribution(failures, share);
    constexpr double unlikely = 0.02;
    const double chance = boost::math::cdf(
        boost::math::complement(distribution, static_cast<double>(here->failures - 1)));
    if (chance >= unlikely) return std::nullopt;
    return fmt::format(
        "{} of {} requests failed, {} of {} with more memory", here->failures, here->requests,
        there.failures == 0 ? "none" : std::to_string(there.failures), there.requests);
}

Verdict judgeLoad(const TrialFacts& facts) {
    const bool servedNone = facts.load && facts.load->servedNone();
    const bool servedNothing = facts.loadCommandFailed || servedNone;
    if (!facts.stillAnswers && (facts.limit || !servedNothing))
        return {Outcome::inconclusive,
                with("no longer answers after the load, though nothing is known to have ended it",
                     facts.detail)};
    if (const auto more = failsMore(facts); more && facts.stillAnswers)
        return {Outcome::belowFloor, with(*more, facts.detail)};
    if (facts.loadCommandFailed) return {Outcome::loadFailed, commandFailure(facts)};
    if (servedNone) {
        const auto* const what =
            facts.load->allFailed() ? "every request failed" : "no request was answered";
        return {Outcome::loadFailed,
                with(fmt::format("{}, though the program still runs", what), facts.detail)};
    }
    if (!facts.load) return {Outcome::inconclusive, with("the load left no report", facts.detail)};
    if (facts.missedFloor) {
        const auto* const where = facts.limit ? "" : ", even without a limit; lower the floor";
        return {Outcome::belowFloor, fmt::format("{}{}", *facts.missedFloor, where)};
    }
    return {Outcome::survived, someFailures(*facts.load)};
}

}  // namespace

std::optional<RequestCounts> requestCounts(const LoadReport& load) {
    const auto successes = load.successes();
    if (!load.requests || !successes) return std::nullopt;
    return RequestCounts{*load.requests, std::max<std::int64_t>(*load.requests - *successes, 0)};
}

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
