#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;

TEST_CASE("results of something else than the program to measure are refused") {
    for (const std::string command : {"bench", "recommend"}) {
        const HungryCommand measured{
            .command = command, .flags = {"-f", fixturePath("replay/seed-13mi-gomemlimit.json")}};
        const auto end = memfitRun(measured.words());
        CHECK(end.code == 2);
        CHECK(end.out.empty());
        CHECK(end.err == fmt::format("error: the documents are of deployment/sales-api in "
                                     "sales-system, not of the program {} --listen {} --serve; "
                                     "give the results of this program, or leave out -f\n",
                                     MEMFIT_HUNGRY, measured.port));
    }
}

TEST_CASE("a port that is taken is an error that names who has it") {
    memfit::plugin::EventLoop loop;
    const int port = freePort();
    const auto other = memfit::plugin::Child::start(
        loop, {MEMFIT_HUNGRY, "--listen", std::to_string(port), "--serve"}, {});
    REQUIRE(other.has_value());
    REQUIRE(comesTrue(
        loop,
        [&] {
            const auto get = memfit::plugin::Child::start(
                loop, {MEMFIT_HUNGRY, "--get", std::to_string(port), "1"}, {});
            REQUIRE(get.has_value());
            (void)loop.waitUntil([&] { return !(*get)->running(); }, 5);
            return (*get)->exit() && (*get)->exit()->success();
        },
        10));
    const auto end = memfitRun(HungryCommand{.port = port}.words());
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err ==
          fmt::format("error: port {} is already taken by PID {} (hungry); stop it, or let "
                      "the program listen elsewhere and name that with --port\n",
                      port, (*other)->pid()));
}

TEST_CASE("a closed standard output is never mistaken for a file of a trial") {
    const auto end = memfitRun(HungryCommand{.flags = {"--max-trials", "1"}}.words(),
                               {.before = {"sh", "-c", "exec \"$@\" >&- <&-", "sh"}});
    CHECK(end.code == 1);
    CHECK(end.err == "error: cannot write to standard output; is the disk full?\n");
}
