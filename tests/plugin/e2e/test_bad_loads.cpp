#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/memfit_binary.h"

using namespace memfit::test;

TEST_CASE("a load command that is not there is an error before anything is started") {
    const auto end = memfitRun(HungryCommand{.load = "no-such-load {url}/"}.words());
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err ==
          "error: program no-such-load was not found on PATH; install it or give its path\n");
}

TEST_CASE("a load command that fails is shown with its last words") {
    const auto end =
        memfitRun(HungryCommand{.load = "sh -c 'echo no such host >&2; exit 7'"}.words());
    CHECK(end.code == 1);
    CHECK(end.err ==
          "error: the trial without a limit ended as loadFailed: the load command failed with exit "
          "code 7 and left no report (no such host); run the load command by hand and see why it "
          "fails\n");
}

TEST_CASE("a load that prints nothing known is measured by its wall time, with a warning") {
    const auto end =
        memfitRun(HungryCommand{.flags = {"-o", "json"}, .hungry = {"--take", "12"}}.words());
    CHECK(end.code == 0);
    const auto result = nlohmann::json::parse(end.out);
    CHECK(result.at("warnings") ==
          nlohmann::json::array({{{"code", "only-wall-time"},
                                  {"text",
                                   "the load command's output holds no report that memfit knows: "
                                   "only its duration and exit code are used"}}}));
    const auto& load = result.at("trials").at(0).at("load");
    CHECK(load.size() == 2);
    CHECK(load.at("exitCode") == 0);
    CHECK(load.at("totalSeconds").get<double>() > 0);
}

TEST_CASE("output that is not a report of the named tool is reported as clearly") {
    const auto words = HungryCommand{.flags = {"--load-format", "wrk"}, .hungry = {"--take", "12"}};
    const auto end = memfitRun(words.words());
    CHECK(end.code == 0);
    const auto first = end.out.find('\n') + 1;
    CHECK(end.out.substr(first).starts_with("Only the wall time of each load is known"));
}

TEST_CASE("a load that never ends is cut at the time-out and stopped") {
    const auto end =
        memfitRun(HungryCommand{.flags = {"--load-timeout", "300ms"}, .load = "sleep 600"}.words());
    CHECK(end.code == 1);
    CHECK(end.err ==
          "error: the trial without a limit ended as loadFailed: load stopped at its timeout, "
          "which --load-timeout raises; run the load command by hand and see why it fails\n");
}

TEST_CASE("a load that ignores every polite signal is stopped all the same") {
    const auto end =
        memfitRun(HungryCommand{.flags = {"--load-timeout", "300ms"},
                                .load = "sh -c 'trap \"\" INT TERM; while :; do sleep 0.05; done'"}
                      .words());
    CHECK(end.code == 1);
}

TEST_CASE("a trial whose every request fails has not survived, though the program still runs") {
    MEMFIT_PROGRAM_OR_SKIP("hey");
    const auto end = memfitRun(
        HungryCommand{.load = "hey -n 4 -c 2 {url}/", .hungry = {"--status", "500"}}.words());
    CHECK(end.code == 1);
    CHECK(end.err ==
          "error: the trial without a limit ended as loadFailed: every request failed, though the "
          "program still runs; run the load command by hand and see why it fails\n");
}

TEST_CASE("a load command with a shell operator is refused, since no shell sees it") {
    const auto end = memfitRun(HungryCommand{.load = "hey {url}/ | tee out"}.words());
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK(end.err ==
          "error: load command holds the shell operator |, but no shell runs it; write --load \"sh "
          "-c '…'\" if you want one\n");
}

TEST_CASE("a floor that the program misses even without a limit ends the squeeze at once") {
    MEMFIT_PROGRAM_OR_SKIP("hey");
    const auto end = memfitRun(
        HungryCommand{.flags = {"--floor", "p50<=0.001ms"}, .load = "hey -n 20 -c 2 {url}/"}
            .words());
    CHECK(end.code == 1);
    CHECK(end.err.starts_with("error: the run without a limit ended as belowFloor: p50 "));
    CHECK(end.err.ends_with(" even without a limit; lower the floor\n"));
}

TEST_CASE("for a program that is killed at the ceiling the error says to raise it") {
    const auto end = memfitRun(
        HungryCommand{.flags = {"--ceiling", "16Mi"}, .hungry = {"--take", "30"}}.words());
    CHECK(end.code == 1);
    CHECK(end.err ==
          "error: the run without a limit ended as oomAtStart: OOM-killed at the ceiling of the "
          "unlimited run before it was ready: signal 9 (Killed); raise --ceiling, or lower the "
          "load\n");
}

TEST_CASE("a program that dies of the load by itself is a crash, not the edge") {
    const auto end = memfitRun(
        HungryCommand{.load = MEMFIT_HUNGRY " --get {port} 5", .hungry = {"--die-at", "4"}}
            .words());
    CHECK(end.code == 1);
    CHECK(end.err.starts_with(
        "error: the trial without a limit ended as crashed: ended with exit code 3 after it was "
        "ready"));
}
