#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "support/cgroup.h"
#include "support/memfit_binary.h"

using namespace memfit::test;

namespace {

/// A squeeze whose unlimited run ends at once and whose next load never does.
std::vector<std::string> endlessSqueeze(const TemporaryFolder& folder) {
    const auto mark = (folder.path() / "first-run").string();
    return HungryCommand{
        .flags = {"-o", "json"},
        .load = fmt::format("sh -c 'test -e {0} && exec sleep 600; touch {0}'", mark),
        .hungry = {"--take", "12"}}
        .words();
}

}  // namespace

TEST_CASE("a signal in the middle of a squeeze ends it with what was measured, and cleans up") {
    const std::vector<std::pair<int, int>> signals{{SIGINT, 130}, {SIGTERM, 143}, {SIGHUP, 129}};
    for (const auto& [number, code] : signals) {
        CAPTURE(number);
        const TemporaryFolder folder;
        Binary memfit(endlessSqueeze(folder));
        memfit.awaitProcess("sleep");
        memfit.signal(number);
        const auto end = memfit.end();
        CHECK(end.code == code);
        CHECK(end.err.empty());
        const auto result = nlohmann::json::parse(end.out);
        CHECK(result.at("partial") == true);
        CHECK(result.at("trials").size() == 1);
        CHECK(result.at("trials").at(0).at("outcome") == "survived");
    }
}

TEST_CASE("further signals do not cut the clean-up short") {
    const TemporaryFolder folder;
    Binary memfit(endlessSqueeze(folder));
    memfit.awaitProcess("sleep");
    for (int i = 0; i < 5; ++i) memfit.signal(SIGINT);
    memfit.signal(SIGTERM);
    const auto end = memfit.end();
    // Different signals sent at once may reach different threads, in either order.
    CHECK((end.code == 130 || end.code == 143));
    CHECK(nlohmann::json::parse(end.out).at("partial") == true);
}

TEST_CASE("a signal while the program starts up ends the run with nothing to print") {
    for (const std::string command : {"probe", "squeeze", "bench", "recommend"}) {
        CAPTURE(command);
        Binary memfit({command, "--local", "-q", "--port", std::to_string(freePort()), "--load",
                       "true", "--", MEMFIT_HUNGRY, "--ignore-term", "--spawn", "--sleep"});
        memfit.awaitProcess("hungry");
        memfit.signal(SIGTERM);
        const auto end = memfit.end();
        CHECK(end.code == 143);
        CHECK(end.out.empty());
        CHECK(end.err.empty());
    }
}

TEST_CASE("an interrupted recommend prints every document that it has") {
    const TemporaryFolder folder;
    const auto count = (folder.path() / "runs").string();
    // One line a run; the squeeze takes a handful, the bench at least that many more.
    const HungryCommand command{
        .command = "recommend",
        .flags = {"-o", "json", "--confirm", "1", "--max-trials", "4", "--limits", "none,64Mi",
                  "--runs", "9"},
        .load = fmt::format("sh -c 'echo >>{0}; test $(wc -l <{0}) -gt 6 && exec sleep 600; true'",
                            count),
        .hungry = {"--take", "12"}};
    Binary memfit(command.words());
    memfit.awaitProcess("sleep");
    memfit.signal(SIGINT);
    const auto end = memfit.end();
    CHECK(end.code == 130);
    const TemporaryFolder results;
    const auto file = results.file("results.json", end.out).string();
    const auto read = memfitRun({"recommend", "-f", file, "-o", "json"});
    CHECK(read.code == 0);
    std::vector<std::string> kinds;
    const auto recommendation = nlohmann::json::parse(read.out);
    for (const auto& input : recommendation.at("inputs")) {
        kinds.push_back(fmt::format("{} {}", input.at("kind").get<std::string>(),
                                    input.at("partial").get<bool>() ? "partial" : "whole"));
    }
    CHECK(fmt::format("{}", fmt::join(kinds, ", ")) ==
          "ProbeResult whole, SqueezeResult whole, BenchResult partial");
}

TEST_CASE("a reader that goes away ends the run as SIGPIPE would, after clean-up") {
    const TemporaryFolder folder;
    const auto fifo = (folder.path() / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const auto words = HungryCommand{.load = fmt::format("sh -c 'echo >{}; exec sleep 600'", fifo),
                                     .hungry = {"--take", "12"}}
                           .words();
    // The reader leaves when the load has begun.
    Binary memfit(
        words, {.before = {"bash", "-c", "exec \"${@:2}\" > >(read -r < \"$1\")", "bash", fifo}});
    const auto end = memfit.end();
    CHECK(end.code == 141);
    CHECK(end.err.empty());
}

TEST_CASE("SIGKILL of the program itself leaves no process of a program that starts others") {
    for (const std::string enforcement : {"watchdog", "auto"}) {
        CAPTURE(enforcement);
        Binary memfit(HungryCommand{.flags = {"--enforcement", enforcement},
                                    .load = "sh -c 'sleep 600; true'",
                                    .hungry = {"--spawn"}}
                          .words());
        memfit.awaitProcess("sleep");
        memfit.signal(SIGKILL);
        CHECK(memfit.awaitEnd().code == 137);
        CHECK(comesTrue(memfit.loop(), [&] { return memfit.processNames().empty(); }, 5));
        // Takes away the cgroup that was left.
        CHECK(memfitRun(HungryCommand{.command = "probe", .load = ""}.words()).code == 0);
    }
}

TEST_CASE("SIGKILL of the program itself leaves no process, and the next run takes the rest away") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    Binary memfit(HungryCommand{.load = "sleep 600", .hungry = {"--take", "12"}}.words());
    memfit.awaitProcess("sleep");
    // With cgroup v1 one of memory and one of CPU time.
    CHECK(!memfit.cgroups().empty());
    memfit.signal(SIGKILL);
    CHECK(memfit.awaitEnd().code == 137);
    CHECK(comesTrue(memfit.loop(), [&] { return memfit.processNames().empty(); }, 5));
    CHECK(!memfit.cgroups().empty());
    Binary next(HungryCommand{.command = "probe", .load = ""}.words());
    CHECK(next.end().code == 0);
    CHECK(memfit.cgroups() == std::vector<std::string>{});
}
