#include "trial/side_commands.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

#include "support/world.h"
#include "text/last_lines.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

/// Commands, and what they had to say.
struct Side {
    explicit Side(SidePlan plan)
        : commands(
              std::in_place, loop, std::move(plan),
              [this](const std::string& text) { details.push_back(text); },
              [this](const std::string& text) { warnings.push_back(text); }) {}

    EventLoop loop;
    std::vector<std::string> details, warnings;
    std::optional<SideCommands> commands;
};

std::optional<LoadCommand> command(const std::string& text) {
    return *parseLoadCommand(text);
}

/// `sh -c SCRIPT`.
std::optional<LoadCommand> shell(const std::string& script) {
    return command(fmt::format("sh -c '{}'", script));
}

}  // namespace

TEST_CASE("setup runs once, prepare each time with its folder, cleanup once at the end") {
    const test::TemporaryFolder folder;
    const auto log = (folder.path() / "log").string();
    SidePlan plan;
    plan.setup = shell("echo setup >>" + log);
    plan.prepare = shell("echo prepare {dir} >>" + log);
    plan.cleanup = shell("echo cleanup >>" + log);
    Side side(plan);
    CHECK(side.commands->begin().has_value());
    CHECK(side.commands->begin().has_value());
    CHECK(side.commands->prepare("/a").has_value());
    CHECK(side.commands->prepare("/b").has_value());
    CHECK(side.commands->seconds() > 0);
    side.commands.reset();
    CHECK(test::readText(log) == "setup\nprepare /a\nprepare /b\ncleanup\n");
    CHECK(side.warnings.empty());
}

TEST_CASE("without a beginning there is no end") {
    const test::TemporaryFolder folder;
    SidePlan plan;
    plan.cleanup = command("touch " + (folder.path() / "mark").string());
    Side side(plan);
    side.commands.reset();
    CHECK_FALSE(std::filesystem::exists(folder.path() / "mark"));
}

TEST_CASE("commands and their output are shown without secrets") {
    SidePlan plan;
    plan.prepare = shell("echo one; echo --token hunter2 >&2");
    Side side(plan);
    CHECK(side.commands->prepare("").has_value());
    CHECK(side.details ==
          std::vector<std::string>{"prepare: sh -c 'echo one; echo --token <redacted> >&2'",
                                   "  one", "  --token <redacted>"});
}

TEST_CASE("a missing command is reported before anything runs") {
    const test::TemporaryFolder folder;
    SidePlan plan;
    plan.setup = command("touch " + (folder.path() / "mark").string());
    plan.cleanup = command("no-such-program-here");
    Side side(plan);
    const auto begun = side.commands->begin();
    REQUIRE_FALSE(begun.has_value());
    CHECK(begun.error().what.starts_with("--cleanup: "));
    CHECK(begun.error().what.find("no-such-program-here") != std::string::npos);
    side.commands.reset();
    CHECK(side.warnings.empty());
    CHECK_FALSE(std::filesystem::exists(folder.path() / "mark"));
}

TEST_CASE("a command that fails is reported with its last lines and the next step") {
    SidePlan plan;
    plan.setup = shell("echo; echo a; echo b; echo c; echo; echo d; exit 3");
    plan.setup->words.back() = "{ " + plan.setup->words.back() + "; } >&2";
    plan.prepare = shell("kill -9 $$");
    Side side(plan);
    const auto begun = side.commands->begin();
    REQUIRE_FALSE(begun.has_value());
    CHECK((begun.error().kind == ErrorKind::failed));
    CHECK(begun.error().message() ==
          "--setup ended with exit code 3: b | c | d; run it by hand and see why it fails: sh -c "
          "'echo; echo a; echo b; echo c; echo; echo d; exit 3'");
    CHECK(
        side.commands->prepare("").error().message() ==
        "--prepare ended with signal 9 (Killed); run it by hand and see why it fails: sh -c 'kill "
        "-9 $$'");
}

TEST_CASE("a command that hangs is ended with all that it started, and told") {
    SidePlan plan;
    plan.prepare = shell("echo waiting >&2; sleep 600 & sleep 600");
    plan.timeoutSeconds = 0.3;
    Side side(plan);
    const auto done = side.commands->prepare("");
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().message() ==
          "--prepare was still running after 0.3 s and was ended: waiting; run it by hand and see "
          "what it waits for: sh -c 'echo waiting >&2; sleep 600 & sleep 600'");
    CHECK(test::descendants("sleep").empty());
}

TEST_CASE("what a command leaves running lives as long as what it was for") {
    const test::TemporaryFolder folder;
    const auto background = [&](const char* name) {
        return shell(fmt::format("sleep 600 & echo $! >{}", (folder.path() / name).string()));
    };
    const auto lives = [&](const char* name) {
        return test::runs(std::stoi(test::readText(folder.path() / name)));
    };
    // A killed process lives for a moment after its outputs are closed.
    EventLoop loop;
    const auto ends = [&](const char* name) {
        return test::comesTrue(loop, [&] { return !lives(name); }, 5);
    };
    SidePlan plan;
    plan.setup = background("setup");
    plan.prepare = background("prepare");
    Side side(plan);
    CHECK(side.commands->begin().has_value());
    CHECK(lives("setup"));
    {
        const auto prepared = side.commands->prepare("");
        CHECK(prepared.has_value());
        CHECK(lives("prepare"));
    }
    CHECK(ends("prepare"));
    CHECK(lives("setup"));
    side.commands.reset();
    CHECK(ends("setup"));
}

TEST_CASE("a signal ends a command, and cleanup comes all the same") {
    const test::TemporaryFolder folder;
    const auto mark = folder.path() / "mark";
    SidePlan plan;
    plan.prepare = shell("kill -2 $PPID; sleep 600");
    plan.cleanup = command("touch " + mark.string());
    Side side(plan);
    CHECK(side.commands->begin().has_value());
    const auto done = side.commands->prepare("");
    REQUIRE_FALSE(done.has_value());
    CHECK((done.error().kind == ErrorKind::interrupted));
    CHECK(test::descendants("sleep").empty());
    side.commands.reset();
    CHECK(std::filesystem::exists(mark));
    CHECK(side.warnings.empty());
}

TEST_CASE("a cleanup that fails, hangs or is interrupted is a warning") {
    const auto warningsOf = [](const std::string& script) {
        SidePlan plan;
        plan.cleanup = shell(script);
        plan.timeoutSeconds = 0.5;
        Side side(plan);
        CHECK(side.commands->begin().has_value());
        side.commands.reset();
        CHECK(test::descendants("sleep").empty());
        return side.warnings;
    };
    using Texts = std::vector<std::string>;
    CHECK(warningsOf("echo no such table >&2; exit 1") ==
          Texts{"warning: --cleanup ended with exit code 1: no such table; run it by hand: sh -c "
                "'echo no such table >&2; exit 1'"});
    CHECK(warningsOf("exec sleep 600") ==
          Texts{"warning: --cleanup was still running after 0.5 s and was ended; run it by hand: "
                "sh -c 'exec sleep 600'"});
    CHECK(warningsOf("kill -2 $PPID; exec sleep 600") ==
          Texts{"warning: --cleanup was ended by the signal; run it by hand: sh -c 'kill -2 $PPID; "
                "exec sleep 600'"});
}

TEST_CASE("side by side, one command at a time") {
    const test::TemporaryFolder folder;
    const auto lock = (folder.path() / "lock").string();
    SidePlan plan;
    plan.prepare = shell(fmt::format("mkdir {0} && sleep 0.05 && rmdir {0}", lock));
    Side side(plan);
    int done = 0;
    const auto task = [&] { done += side.commands->prepare("").has_value() ? 1 : 0; };
    side.loop.together({task, task, task});
    CHECK(done == 3);
}

TEST_CASE("the last lines of a text are those with something on them, redacted and bounded") {
    CHECK(lastLines("") == "");
    CHECK(lastLines("\n \n") == "");
    CHECK(lastLines("one") == "one");
    CHECK(lastLines("one\n\n two \nthree\nfour\r\n\n") == "two | three | four");
    CHECK(lastLines("--password hunter2") == "--password <redacted>");
    CHECK(lastLines(std::string(2000, 'x')).size() == 500);
}
