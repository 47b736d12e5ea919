#include <doctest/doctest.h>

#include <functional>
#include <ostream>
#include <string_view>
#include <vector>

#include "memfit/trial/verdict.h"

using memfit::MiB;
using memfit::Outcome;
using memfit::TrialFacts;
using memfit::Verdict;

namespace {

/// A trial in which nothing went wrong.
TrialFacts smooth() {
    TrialFacts facts;
    facts.limit = 18 * MiB;
    facts.everReady = true;
    facts.loadStarted = true;
    facts.load.emplace();
    facts.load->requests = 500;
    facts.load->errors = 0;
    facts.load->non2xx = 0;
    facts.load->requestsPerSecond = 29.6;
    facts.stillAnswers = true;
    return facts;
}

struct Row {
    std::string_view name;
    std::function<void(TrialFacts&)> change;
    Verdict verdict;
};

void check(const std::vector<Row>& rows) {
    for (const auto& row : rows) {
        CAPTURE(row.name);
        auto facts = smooth();
        row.change(facts);
        const auto verdict = memfit::judge(facts);
        CHECK(memfit::toString(verdict.outcome) == memfit::toString(row.verdict.outcome));
        CHECK(verdict.note == row.verdict.note);
    }
}

void neverReady(TrialFacts& facts) {
    facts.everReady = false;
    facts.readyTimedOut = true;
    facts.loadStarted = false;
    facts.stillAnswers = false;
    facts.load.reset();
}

void ended(TrialFacts& facts, int exitCode) {
    facts.mainProcessEnded = true;
    facts.exitCode = exitCode;
    facts.stillAnswers = false;
}

void allFailed(TrialFacts& facts) {
    facts.load->errors = 500;
}

}  // namespace

TEST_CASE("a trial in which nothing went wrong is survived, without a word") {
    CHECK(memfit::judge(smooth()) == Verdict{Outcome::survived, ""});
}

TEST_CASE("OOM kills are told from all else, whichever process was hit") {
    check({
        {"under load",
         [](TrialFacts& f) {
             ended(f, 137);
             f.oomKilled = true;
             allFailed(f);
         },
         {Outcome::oomKilled, "OOM-killed"}},
        {"before it was ready",
         [](TrialFacts& f) {
             neverReady(f);
             ended(f, 128);
             f.oomKilled = true;
             f.detail = "container init was OOM-killed (memory limit too low?)";
         },
         {Outcome::oomAtStart,
          "OOM-killed before it was ready: container init was OOM-killed (memory limit too "
          "low?)"}},
        {"a child before it was ready, and readiness timed out",
         [](TrialFacts& f) {
             neverReady(f);
             f.oomKilled = true;
             f.largerLimitPassed = true;
         },
         {Outcome::oomAtStart, "OOM-killed before it was ready"}},
        {"a child, while the main process serves every request",
         [](TrialFacts& f) { f.oomKilled = true; },
         {Outcome::oomKilled, "a child process was OOM-killed, the main process still runs"}},
        {"reported with exit code 0",
         [](TrialFacts& f) {
             ended(f, 0);
             f.oomKilled = true;
         },
         {Outcome::oomKilled, "OOM-killed"}},
        {"after the load was cut",
         [](TrialFacts& f) {
             ended(f, 137);
             f.oomKilled = true;
             f.loadCut = true;
             f.largerLimitPassed = true;
         },
         {Outcome::oomKilled, "OOM-killed"}},
        {"ready, but killed before the load began",
         [](TrialFacts& f) {
             ended(f, 137);
             f.oomKilled = true;
             f.loadStarted = false;
         },
         {Outcome::oomKilled, "OOM-killed"}},
        {"without a limit",
         [](TrialFacts& f) {
             ended(f, 137);
             f.oomKilled = true;
             f.limit.reset();
         },
         {Outcome::oomKilled, "OOM-killed at the ceiling of the unlimited run"}},
    });
}

TEST_CASE("what is none of the limit's doing wins over everything") {
    check({
        {"evicted",
         [](TrialFacts& f) {
             ended(f, 137);
             f.oomKilled = true;
             f.foreign = Outcome::evicted;
             f.detail = "the node was low on memory";
         },
         {Outcome::evicted, "the node was low on memory"}},
        {"image",
         [](TrialFacts& f) {
             neverReady(f);
             f.foreign = Outcome::imageError;
         },
         {Outcome::imageError, ""}},
    });
}

TEST_CASE("a program that ended by itself crashed, unless SIGKILL leaves the killer unknown") {
    check({
        {"panic under load",
         [](TrialFacts& f) { ended(f, 2); },
         {Outcome::crashed, "ended with exit code 2 after it was ready"}},
        {"malformed GOMEMLIMIT at start",
         [](TrialFacts& f) {
             neverReady(f);
             ended(f, 2);
             f.largerLimitPassed = true;
             f.detail = "malformed GOMEMLIMIT";
         },
         {Outcome::crashed, "ended with exit code 2 before it was ready: malformed GOMEMLIMIT"}},
        {"exit code 0 is an end too",
         [](TrialFacts& f) { ended(f, 0); },
         {Outcome::crashed, "ended with exit code 0 after it was ready"}},
        {"exit code unknown",
         [](TrialFacts& f) {
             ended(f, 1);
             f.exitCode.reset();
         },
         {Outcome::crashed, "ended after it was ready"}},
        {"Error with 137, no OOM seen",
         [](TrialFacts& f) { ended(f, 137); },
         {Outcome::inconclusive, "killed by SIGKILL after it was ready, by an unknown sender"}},
    });
}

TEST_CASE("where no load was wanted, to be ready and to answer is enough") {
    const auto lookedAt = [](TrialFacts& f) {
        f.loadWanted = false;
        f.load.reset();
    };
    check({
        {"alive", lookedAt, {Outcome::survived, ""}},
        {"no longer answers",
         [&](TrialFacts& f) {
             lookedAt(f);
             f.stillAnswers = false;
         },
         {Outcome::inconclusive,
          "no longer answers after the load, though nothing is known to have ended it"}},
        {"never ready",
         [&](TrialFacts& f) {
             neverReady(f);
             lookedAt(f);
         },
         {Outcome::neverReady, "not ready in time"}},
        {"a load was wanted and left no report",
         [](TrialFacts& f) { f.load.reset(); },
         {Outcome::inconclusive, "the load left no report"}},
    });
}

TEST_CASE("never ready is too small only where a larger limit passed") {
    check({
        {"larger passed",
         [](TrialFacts& f) {
             neverReady(f);
             f.largerLimitPassed = true;
         },
         {Outcome::belowFloor, "not ready in time, but ready with a larger limit"}},
        {"none passed", neverReady, {Outcome::neverReady, "not ready in time"}},
        {"without a limit",
         [](TrialFacts& f) {
             neverReady(f);
             f.limit.reset();
             f.largerLimitPassed = true;
         },
         {Outcome::neverReady, "not ready in time"}},
        {"not awaited",
         [](TrialFacts& f) {
             neverReady(f);
             f.readyTimedOut = false;
         },
         {Outcome::inconclusive, "memfit did not wait for it to be ready"}},
    });
}

TEST_CASE("a load cut at its time-out is a death spiral only where a larger limit passed") {
    check({
        {"larger passed",
         [](TrialFacts& f) {
             f.loadCut = true;
             f.loadCommandFailed = true;
             f.largerLimitPassed = true;
         },
         {Outcome::belowFloor,
          "load stopped at its timeout, but finished in time with a larger limit"}},
        {"none passed",
         [](TrialFacts& f) { f.loadCut = true; },
         {Outcome::loadFailed, "load stopped at its timeout, which --load-timeout raises"}},
        {"without a limit",
         [](TrialFacts& f) {
             f.loadCut = true;
             f.limit.reset();
             f.largerLimitPassed = true;
         },
         {Outcome::loadFailed, "load stopped at its timeout, which --load-timeout raises"}},
    });
}

TEST_CASE("a load that proved nothing is not survived") {
    check({
        {"every request failed, tool exits 0",
         allFailed,
         {Outcome::loadFailed, "every request failed, though the program still runs"}},
        {"every answer was an error",
         [](TrialFacts& f) { f.load->non2xx = 500; },
         {Outcome::loadFailed, "every request failed, though the program still runs"}},
        {"no request came to an end",
         [](TrialFacts& f) { f.load->requests = f.load->errors = f.load->non2xx = 0; },
         {Outcome::loadFailed, "no request was answered, though the program still runs"}},
        {"no request was answered, and none was counted",
         [](TrialFacts& f) {
             f.load.emplace();
             f.load->requestsPerSecond = 0;
         },
         {Outcome::loadFailed, "every request failed, though the program still runs"}},
        {"command failed",
         [](TrialFacts& f) {
             f.load.emplace();
             f.load->exitCode = 127;
             f.loadCommandFailed = true;
             f.detail = "hey: not found";
         },
         {Outcome::loadFailed,
          "the load command failed with exit code 127 and left no report: hey: not found"}},
        {"command failed, nothing known",
         [](TrialFacts& f) {
             f.load.reset();
             f.loadCommandFailed = true;
         },
         {Outcome::loadFailed, "the load command failed and left no report"}},
        {"not started",
         [](TrialFacts& f) { f.loadStarted = false; },
         {Outcome::inconclusive, "the load was not started"}},
        {"no report at all",
         [](TrialFacts& f) { f.load.reset(); },
         {Outcome::inconclusive, "the load left no report"}},
    });
}

TEST_CASE("a survivor that no longer answers waits for a terminal status, so it is not survived") {
    check({
        {"fine load, dead port",
         [](TrialFacts& f) { f.stillAnswers = false; },
         {Outcome::inconclusive,
          "no longer answers after the load, though nothing is known to have ended it"}},
        {"it refused everything, at an absurd rate",
         [](TrialFacts& f) {
             allFailed(f);
             f.stillAnswers = false;
         },
         {Outcome::inconclusive,
          "no longer answers after the load, though nothing is known to have ended it"}},
        {"the unlimited run never served: a wrong port",
         [](TrialFacts& f) {
             allFailed(f);
             f.stillAnswers = false;
             f.limit.reset();
         },
         {Outcome::loadFailed, "every request failed, though the program still runs"}},
        {"the unlimited run served, then fell silent",
         [](TrialFacts& f) {
             f.stillAnswers = false;
             f.limit.reset();
         },
         {Outcome::inconclusive,
          "no longer answers after the load, though nothing is known to have ended it"}},
    });
}

TEST_CASE("a survivor that misses the floor is too small") {
    check({
        {"limited",
         [](TrialFacts& f) { f.missedFloor = "rps 9.4 is below 26.7"; },
         {Outcome::belowFloor, "rps 9.4 is below 26.7"}},
        {"unlimited",
         [](TrialFacts& f) {
             f.missedFloor = "p99 612 ms is above 500 ms";
             f.limit.reset();
         },
         {Outcome::belowFloor,
          "p99 612 ms is above 500 ms, even without a limit; lower the floor"}},
        {"every request failed: the load is at fault first",
         [](TrialFacts& f) {
             allFailed(f);
             f.missedFloor = "rps 0 is below 26.7";
         },
         {Outcome::loadFailed, "every request failed, though the program still runs"}},
    });
}

TEST_CASE("some failed requests do not kill a survivor, but are said") {
    check({
        {"errors and answers",
         [](TrialFacts& f) {
             f.load->errors = 5;
             f.load->non2xx = 7;
         },
         {Outcome::survived, "12 of 500 requests failed"}},
        {"not known", [](TrialFacts& f) { f.load->errors.reset(); }, {Outcome::survived, ""}},
    });
}

TEST_CASE("a trial that fails more requests than with more memory is too small, chance is not") {
    const auto failing = [](std::int64_t failed, std::int64_t of, std::int64_t before,
                            std::int64_t ofBefore) {
        return [=](TrialFacts& f) {
            f.load->requests = of;
            f.load->non2xx = failed;
            f.withMoreMemory = {ofBefore, before};
        };
    };
    check({
        {"a child was killed, and nobody told",
         failing(6, 60, 0, 60),
         {Outcome::belowFloor, "6 of 60 requests failed, none of 60 with more memory"}},
        {"few failures, many requests before",
         failing(3, 60, 0, 600),
         {Outcome::belowFloor, "3 of 60 requests failed, none of 600 with more memory"}},
        {"every one",
         failing(60, 60, 1, 120),
         {Outcome::belowFloor, "60 of 60 requests failed, 1 of 120 with more memory"}},
        {"as often as ever",
         failing(6, 60, 12, 120),
         {Outcome::survived, "6 of 60 requests failed"}},
        {"chance", failing(2, 60, 0, 60), {Outcome::survived, "2 of 60 requests failed"}},
        {"nothing to hold it against",
         failing(6, 60, 0, 0),
         {Outcome::survived, "6 of 60 requests failed"}},
        {"not counted",
         [](TrialFacts& f) {
             f.load->requests.reset();
             f.load->non2xx = 6;
             f.withMoreMemory = {60, 0};
         },
         {Outcome::survived, ""}},
        {"the run without a limit",
         [](TrialFacts& f) {
             f.limit.reset();
             f.load->non2xx = 100;
             f.withMoreMemory = {500, 0};
         },
         {Outcome::survived, "100 of 500 requests failed"}},
    });
}

TEST_CASE("a start that fails twice at a limit, and not with more memory, is too small") {
    const auto start = [](bool larger, bool before) {
        return [=](TrialFacts& f) {
            f.everReady = false;
            f.mainProcessEnded = true;
            f.largerLimitPassed = larger;
            f.failedStartBefore = before;
            f.detail = "container api cannot start";
        };
    };
    check({
        {"once",
         start(true, false),
         {Outcome::crashed, "ended before it was ready: container api cannot start"}},
        {"twice",
         start(true, true),
         {Outcome::belowFloor,
          "failed to start twice, but starts with more memory: container api cannot start"}},
        {"twice, and nobody knows of more",
         start(false, true),
         {Outcome::crashed, "ended before it was ready: container api cannot start"}},
    });
}
