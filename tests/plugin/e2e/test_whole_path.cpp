#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/cgroup.h"
#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;
using nlohmann::json;

namespace {

constexpr double demandMiB = 12 + 20;

HungryCommand growing(const std::string& command, const std::vector<std::string>& flags) {
    return {.command = command,
            .flags = flags,
            .load = "hey -n 20 -c 2 {url}/",
            .hungry = {"--take", "12", "--per-request", "1"}};
}

std::string fields(const json& object) {
    std::vector<std::string> names;
    for (const auto& field : object.items()) names.push_back(field.key());
    return fmt::format("{}", fmt::join(names, " "));
}

json parsed(const BinaryEnd& end) {
    CAPTURE(end.err);
    CHECK(end.code == 0);
    REQUIRE(json::accept(end.out));
    return json::parse(end.out);
}

}  // namespace

TEST_CASE("a squeeze piped into a bench piped into recommend loses nothing") {
    MEMFIT_PROGRAM_OR_SKIP("hey");
    const auto squeezed = memfitRun(growing("squeeze", {"-o", "json"}).words());
    const auto squeeze = parsed(squeezed);
    // Program, port and load come from the document.
    const auto benched = memfitRun(
        {"bench", "-f", "-", "-q", "-o", "json", "--limits", "none,min,2x", "--runs", "1"},
        {.input = squeezed.out});
    const auto bench = parsed(benched);
    CHECK(bench.at("target") == squeeze.at("target"));
    CHECK(bench.at("load") == squeeze.at("load"));
    CHECK(bench.at("minimumBytes") == squeeze.at("minimumBytes"));
    CHECK(bench.at("inputs") == json::array({squeeze}));

    const auto advice =
        parsed(memfitRun({"recommend", "-f", "-", "-o", "json"}, {.input = benched.out}));
    auto alone = bench;
    alone.erase("inputs");
    CHECK(advice.at("inputs") == json::array({alone, squeeze}));
    CHECK(advice.at("basis") == "measured");
}

TEST_CASE("a whole recommend finds what a program is known to need and confirms its advice") {
    MEMFIT_PROGRAM_OR_SKIP("hey");
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    // Lean takes the smallest limit that holds: speed plays no part where the need is known.
    const auto advice =
        parsed(memfitRun(growing("recommend", {"-o", "json", "--runs", "1", "--confirm", "1",
                                               "--limits", "none,min,2x", "--max-trials", "8",
                                               "--policy", "lean", "--tolerance", "90%"})
                             .words()));
    const double limit = advice.at("recommendation").at("limitBytes").get<double>() / 1048576;
    CHECK(limit == doctest::Approx(demandMiB).epsilon(0.1));
    CHECK(advice.at("confirmed").at("loads").get<int>() >= 1);
    CHECK(advice.at("confirmed").at("killed") == 0);
    CHECK(advice.at("partial") == false);
    CHECK(advice.at("target").at("type") == "process");
}

TEST_CASE("documents carry the fields that users may rely on, and no others") {
    MEMFIT_PROGRAM_OR_SKIP("hey");
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    const auto advice =
        parsed(memfitRun(growing("recommend", {"-o", "json", "--runs", "1", "--confirm", "1",
                                               "--limits", "none,min"})
                             .words()));
    CHECK(fields(advice) ==
          "apiVersion basis confidence confirmed environment finishedAt inputs kind load next "
          "partial policy reasons recommendation startedAt target tolerance warnings");
    CHECK(fields(advice.at("target")) == "command name port type");
    CHECK(fields(advice.at("environment")) ==
          "cores enforcement firstUseSecondsPerMiB memfitVersion testbed");
    CHECK(fields(advice.at("load")) == "command tool via");
    CHECK(fields(advice.at("confirmed")) == "killed loads");
    REQUIRE(advice.at("inputs").size() == 3);

    const auto& probe = advice.at("inputs").at(0);
    CHECK(fields(probe) ==
          "apiVersion cpu environment finishedAt idle kind load loaded partial peak run samples "
          "settings startedAt target usage warnings");
    CHECK(fields(probe.at("idle")) ==
          "goroutines heapAllocBytes heapSysBytes source sysBytes time");
    CHECK(fields(probe.at("usage")) == "anonBytes currentBytes demandBytes limitHits peakBytes");
    CHECK(fields(probe.at("run")) ==
          "averageSeconds bytes errors exitCode fastestSeconds latencySeconds non2xx requests "
          "requestsPerSecond slowestSeconds tool totalSeconds");

    const auto& squeeze = advice.at("inputs").at(1);
    CHECK(fields(squeeze) ==
          "apiVersion ceilingBytes confirmations edge environment finishedAt goSysBytes kind load "
          "minimumBytes mode partial riskAtMinimum startedAt target trials warnings");
    CHECK(fields(squeeze.at("edge")) == "confidence estimateBytes highBytes lowBytes");
    CHECK(fields(squeeze.at("trials").at(0)) ==
          "cpu gogc limitBytes load memory mode outcome seconds startedAt usage");
    CHECK(squeeze.at("trials").at(0).at("limitBytes").is_null());

    const auto& bench = advice.at("inputs").at(2);
    CHECK(fields(bench) ==
          "apiVersion cells comparisons environment finishedAt goSysBytes kind load minimumBytes "
          "partial startedAt target warnings");
    CHECK(fields(bench.at("cells").at(0)) == "gogc label limitBytes mode runs samples summary");
    CHECK(fields(bench.at("cells").at(0).at("samples").at(0)) ==
          "heapAllocBytes seconds sysBytes usageBytes");
    CHECK(fields(bench.at("cells").at(0).at("runs").at(0)) ==
          "block cpu load memory outcome usage");
    CHECK(fields(bench.at("cells").at(0).at("runs").at(0).at("cpu")) ==
          "perRequestSeconds seconds source");
    CHECK(fields(bench.at("comparisons").at(0)) ==
          "against cell cpu high low pValue ratio significant test");
    CHECK(fields(bench.at("comparisons").at(0).at("cpu")) ==
          "high low pValue ratio significant test");
}

TEST_CASE("--dry-run says what would be run, and touches nothing") {
    const TemporaryFolder folder;
    const auto traceOfLoad = (folder.path() / "load").string();
    const auto end = memfitRun(
        HungryCommand{.flags = {"--dry-run", "--env", "PASSPHRASE=hunter2", "--max-trials", "9"},
                      .load = "touch " + traceOfLoad,
                      .hungry = {"--token", "hunter2"},
                      .port = 4711}
            .words());
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK(end.out == fmt::format("would start for each trial, in a memory cgroup of its own:\n"
                                 "  {} --token '<redacted>' --listen 4711 --serve\n"
                                 "would run as load:\n"
                                 "  touch {}\n"
                                 "trials:\n"
                                 "  squeeze  at most 9 trials\n"
                                 "  in all   at most 9 trials; one whose outcome says nothing "
                                 "about the edge is repeated up to 2 times\n",
                                 MEMFIT_HUNGRY, traceOfLoad));
    CHECK(!std::filesystem::exists(traceOfLoad));
}

TEST_CASE("--verbose prints the commands and every trial") {
    auto words = HungryCommand{.flags = {"-v"}, .load = "true", .port = freePort()};
    words.command = "probe";
    auto all = words.words();
    std::erase(all, "-q");
    const auto end = memfitRun(all);
    CHECK(end.code == 0);
    CHECK(
        end.err.starts_with(fmt::format("program: {} --listen {} --serve\nload: true\nprobe: "
                                        "trial 1 of about 1, no limit plain: survived",
                                        MEMFIT_HUNGRY, words.port)));
}

TEST_CASE("secrets of the command line are in no output") {
    MEMFIT_PROGRAM_OR_SKIP("hey");
    for (const std::string format : {"json", "yaml", "table", "markdown"}) {
        CAPTURE(format);
        HungryCommand command{
            .command = "recommend",
            .flags = {"-v", "-o", format, "--env", "PASSPHRASE=hunter2", "--runs", "1", "--confirm",
                      "1", "--limits", "none,min", "--warmup",
                      "curl -s -u me:hunter2 {url}/ --cookie sid=hunter2"},
            .load =
                "hey -n 4 -c 2 -a me:hunter2 -H 'Authorization: Bearer hunter2' -H 'Cookie: "
                "sid=hunter2' http://me:hunter2@{host}:{port}/",
            .hungry = {"--take", "12", "--token", "hunter2", "--say", "password=hunter2"}};
        auto words = command.words();
        std::erase(words, "-q");
        const auto end = memfitRun(words);
        CHECK(end.code == 0);
        CHECK(end.out.find("<redacted>") != std::string::npos);
        CHECK(end.out.find("hunter2") == std::string::npos);
        CHECK(end.err.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("secrets are in no error message either") {
    const std::vector<std::vector<std::string>> lines{
        HungryCommand{.load = "sh -c 'echo Authorization: Bearer hunter2 >&2; exit 1'"}.words(),
        HungryCommand{.flags = {"--ready-url", "http://me:hunter2@example.com/"}}.words(),
        {"probe", "--local", "-q", "--", MEMFIT_HUNGRY, "--say", "token=hunter2", "--exit", "1"},
    };
    for (const auto& words : lines) {
        const auto end = memfitRun(words);
        CAPTURE(end.err);
        CHECK(end.code != 0);
        CHECK(end.err.starts_with("error: "));
        CHECK(end.out.find("hunter2") == std::string::npos);
        CHECK(end.err.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a redacted command is not run again from a document") {
    MEMFIT_PROGRAM_OR_SKIP("hey");
    auto command = growing("squeeze", {"-o", "json", "--max-trials", "1"});
    command.load += " -H 'Authorization: Bearer hunter2'";
    const auto squeezed = memfitRun(command.words());
    const auto end = memfitRun({"bench", "-q", "-f", "-"}, {.input = squeezed.out});
    CHECK(end.code == 2);
    CHECK(
        end.err ==
        "error: the documents hold the load command with a secret taken out; give the whole of it "
        "with --load\n");
}
