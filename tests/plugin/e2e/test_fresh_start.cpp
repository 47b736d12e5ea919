#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/cgroup.h"
#include "support/memfit_binary.h"

using namespace memfit::test;

namespace fs = std::filesystem;

namespace {

std::vector<std::string> linesOf(const fs::path& file) {
    std::istringstream text(readText(file));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

/// A program that needs a MiB more with each start that it remembers in `file`.
HungryCommand remembering(const std::string& file) {
    return {.flags = {"-o", "json", "--max-trials", "12"},
            .hungry = {"--take", "12", "--remember", file, "1"}};
}

std::set<std::string> codes(const nlohmann::json& document) {
    std::set<std::string> found;
    for (const auto& warning : document.at("warnings")) found.insert(warning.at("code"));
    return found;
}

/// A place for trial folders, in which nothing may be left.
struct Place {
    TemporaryFolder folder;
    BinarySetup setup{.env = {{"TMPDIR", folder.path().string()}}};

    [[nodiscard]] bool empty() const { return fs::is_empty(folder.path()); }
};

}  // namespace

TEST_CASE("a program that keeps state is found out, and a fresh folder each trial helps it") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    const TemporaryFolder kept;
    const auto stale = memfitRun(remembering((kept.path() / "starts").string()).words());
    const auto climbing = nlohmann::json::parse(stale.out);
    CHECK(codes(climbing).contains("demand-climbs"));

    const Place place;
    const auto fresh = memfitRun(remembering("{dir}/starts").words(), place.setup);
    CHECK(fresh.code == 0);
    const auto level = nlohmann::json::parse(fresh.out);
    CHECK_FALSE(codes(level).contains("demand-climbs"));
    CHECK(level.at("target").at("command").at(4) == "{dir}/starts");
    CHECK(level.at("edge").at("estimateBytes") < climbing.at("edge").at("estimateBytes"));
    CHECK(place.empty());

    // Advice after a climb has low confidence, and says what to do.
    const auto file = kept.file("squeeze.json", stale.out).string();
    const auto advice = memfitRun({"recommend", "-f", file, "-o", "json"});
    if (climbing.contains("minimumBytes")) {
        const auto recommendation = nlohmann::json::parse(advice.out);
        CHECK(recommendation.at("confidence") == "low");
        CHECK(recommendation.at("next").get<std::string>().find("--prepare") != std::string::npos);
    }
}

TEST_CASE("each trial has a folder of its own, the same for all that runs in it") {
    const Place place;
    const TemporaryFolder logs;
    const auto log = [&](const char* name) { return (logs.path() / name).string(); };
    const auto end = memfitRun(
        HungryCommand{
            .command = "bench",
            .flags = {"--limits", "none,64Mi", "--modes", "plain", "--runs", "1", "--env",
                      "KEPT={dir}", "--prepare",
                      fmt::format("sh -c 'ls -A {{dir}} | wc -l >>{0}; stat -c %a {{dir}} >>{0}; "
                                  "echo {{dir}} >>{1}; touch {{dir}}/prepared; chmod 0 {{dir}}'",
                                  log("state"), log("prepare")),
                      "--warmup", fmt::format("sh -c 'echo {{dir}} >>{}'", log("warmup"))},
            .load = fmt::format("sh -c 'echo {{dir}} >>{}'", log("load"))}
            .words(),
        place.setup);
    CHECK_MESSAGE(end.code == 0, end.err);
    CHECK(linesOf(log("state")) == std::vector<std::string>{"0", "700", "0", "700", "0", "700"});
    const auto folders = linesOf(log("prepare"));
    CHECK(std::set<std::string>(folders.begin(), folders.end()).size() == 3);
    CHECK(linesOf(log("warmup")) == folders);
    CHECK(linesOf(log("load")) == folders);
    for (const auto& folder : folders) CHECK(fs::path(folder).parent_path() == place.folder.path());
    CHECK(place.empty());
}

TEST_CASE("the folder is in the program's environment where --env says so") {
    const Place place;
    const auto end = memfitRun({"probe", "--local", "-q", "--env", "KEPT={dir}/x", "--", "sh", "-c",
                                "echo \"at $KEPT\" >&2; exit 7"},
                               place.setup);
    CHECK(end.code == 1);
    CHECK(end.err.find("at " + (place.folder.path() / "kubectl-memfit-").string()) !=
          std::string::npos);
    CHECK(end.err.find("/x") != std::string::npos);
    CHECK(place.empty());
}

TEST_CASE("commands around the trials that fail end the run, and it is cleaned up") {
    for (const std::string flag : {"setup", "prepare"}) {
        CAPTURE(flag);
        const Place place;
        const TemporaryFolder marks;
        const auto mark = marks.path() / "mark";
        const auto end =
            memfitRun(HungryCommand{.flags = {"--" + flag, "sh -c 'echo no space >&2; exit 3'",
                                              "--cleanup", "touch " + mark.string()},
                                    .load = "true {dir}"}
                          .words(),
                      place.setup);
        CHECK(end.code == 1);
        CHECK(end.out.empty());
        CHECK(end.err == fmt::format("error: --{} ended with exit code 3: no space; run it by hand "
                                     "and see why it fails: sh -c 'echo no space >&2; exit 3'\n",
                                     flag));
        CHECK(fs::exists(mark));
        CHECK(place.empty());
    }
}

TEST_CASE("a signal during a command around the trials ends it, and the run is cleaned up") {
    for (const std::string flag : {"setup", "prepare"}) {
        CAPTURE(flag);
        const Place place;
        const TemporaryFolder marks;
        const auto mark = marks.path() / "mark";
        Binary memfit(HungryCommand{.flags = {"--" + flag, "sh -c 'sleep 600; true'", "--cleanup",
                                              "touch " + mark.string()},
                                    .load = "true {dir}"}
                          .words(),
                      place.setup);
        memfit.awaitProcess("sleep");
        memfit.signal(SIGINT);
        const auto end = memfit.end();
        CHECK(end.code == 130);
        CHECK(end.err.empty());
        CHECK(fs::exists(mark));
        CHECK(place.empty());
    }
}

TEST_CASE("a signal during the load removes the folder, and a second one ends a slow cleanup") {
    const Place place;
    const TemporaryFolder marks;
    const auto mark = marks.path() / "mark";
    auto words = HungryCommand{.flags = {"--cleanup",
                                         fmt::format("sh -c 'touch {}; sleep 600'", mark.string())},
                               .load = "sh -c 'test -d {dir} && exec sleep 600'"}
                     .words();
    std::erase(words, "-q");
    Binary memfit(words, place.setup);
    memfit.awaitProcess("sleep");
    memfit.signal(SIGINT);
    REQUIRE(comesTrue(memfit.loop(), [&] { return fs::exists(mark); }, 20));
    memfit.awaitProcess("sleep");
    memfit.signal(SIGINT);
    const auto end = memfit.end();
    CHECK(end.code == 130);
    CHECK(end.err.find("warning: --cleanup was ended by the signal; run it by hand: sh -c ") !=
          std::string::npos);
    CHECK(place.empty());
}

TEST_CASE("a folder that a kill -9 left is removed by the next run, or by cleanup") {
    for (const bool next : {true, false}) {
        CAPTURE(next);
        const Place place;
        {
            Binary memfit(HungryCommand{.load = "sh -c 'echo {dir}; exec sleep 600'"}.words(),
                          place.setup);
            memfit.awaitProcess("sleep");
            memfit.signal(SIGKILL);
            CHECK(memfit.awaitEnd().code == 137);
        }
        REQUIRE_FALSE(place.empty());
        const auto left = fs::directory_iterator(place.folder.path())->path().string();
        if (next) {
            CHECK(memfitRun(HungryCommand{.command = "probe", .load = "true {dir}"}.words(),
                            place.setup)
                      .code == 0);
        } else {
            auto setup = place.setup;
            setup.env["KUBECTL_PATH"] = "/nowhere/kubectl";
            setup.env["XDG_RUNTIME_DIR"] = "";
            const auto would = memfitRun({"cleanup", "--dry-run"}, setup);
            CHECK(would.out == fmt::format("would remove folder {}\n", left));
            CHECK_FALSE(place.empty());
            const auto done = memfitRun({"cleanup"}, setup);
            CHECK(done.out == fmt::format("removed folder {}\n", left));
            CHECK(done.err.starts_with("error: "));
        }
        CHECK(place.empty());
    }
}

TEST_CASE("a folder that cannot be made is an error that says what to do") {
    const auto end =
        memfitRun(HungryCommand{.load = "true {dir}"}.words(), {.env = {{"TMPDIR", "/proc"}}});
    CHECK(end.code == 1);
    CHECK(end.err ==
          "error: cannot make a private folder in /proc: No such file or directory; set TMPDIR to "
          "a folder that can be written to\n");
}

TEST_CASE("--dry-run lists what would run around the trials, in order") {
    const auto end = memfitRun(
        HungryCommand{.flags = {"--dry-run", "--cleanup", "rm -r db", "--prepare", "cp -r db {dir}",
                                "--setup", "make db --token hunter2", "--max-trials", "9"},
                      .load = "true",
                      .port = 4711}
            .words());
    CHECK(end.code == 0);
    CHECK(end.out == fmt::format("would start for each trial, in a memory cgroup of its own:\n"
                                 "  {} --listen 4711 --serve\n"
                                 "would run once, before the first trial:\n"
                                 "  make db --token '<redacted>'\n"
                                 "would run before each trial:\n"
                                 "  cp -r db {{dir}}\n"
                                 "would run as load:\n"
                                 "  true\n"
                                 "would run once, at the end:\n"
                                 "  rm -r db\n"
                                 "trials:\n"
                                 "  squeeze  at most 9 trials\n"
                                 "  in all   at most 9 trials; one whose outcome says nothing "
                                 "about the edge is repeated up to 2 times\n",
                                 MEMFIT_HUNGRY));
}

TEST_CASE("a run from documents takes the commands from them, and says so") {
    const TemporaryFolder folder;
    const auto log = folder.path() / "log";
    const auto say = [&](const char* what) {
        return fmt::format("sh -c 'echo {} >>{}'", what, log.string());
    };
    const auto first =
        memfitRun(HungryCommand{.command = "probe",
                                .flags = {"-o", "json", "--setup", say("setup"), "--prepare",
                                          say("prepare"), "--cleanup", say("cleanup")},
                                .load = "true"}
                      .words());
    REQUIRE_MESSAGE(first.code == 0, first.err);
    const auto load = nlohmann::json::parse(first.out).at("load");
    CHECK(load.at("setup") == say("setup"));
    CHECK(load.at("prepare") == say("prepare"));
    CHECK(load.at("cleanup") == say("cleanup"));
    const auto file = folder.file("probe.json", first.out).string();
    const auto second = memfitRun({"bench", "-f", file, "--limits", "none", "--runs", "1"});
    CHECK_MESSAGE(second.code == 0, second.err);
    CHECK(second.err.find("running the --prepare that the documents name: " + say("prepare")) !=
          std::string::npos);
    // The bench has a run without a limit first.
    CHECK(linesOf(log) == std::vector<std::string>{"setup", "prepare", "cleanup", "setup",
                                                   "prepare", "prepare", "cleanup"});
}
