#include "process/child.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <regex>
#include <string>

#include "process/run.h"
#include "support/world.h"
#include "system/unique_fd.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

Finished finish(EventLoop& loop, const std::vector<std::string>& words,
                const ChildOptions& options = {}) {
    auto finished = run(loop, words, options, 10);
    REQUIRE_MESSAGE(finished.has_value(), (finished ? "" : finished.error().message()));
    return *finished;
}

}  // namespace

TEST_CASE("output and errors are captured apart, and the exit code is told") {
    EventLoop loop;
    const Finished finished = finish(loop, {"sh", "-c", "echo out; echo err >&2; exit 3"});
    CHECK(finished.out == "out\n");
    CHECK(finished.err == "err\n");
    CHECK(finished.status == ExitStatus{3, 0});
    CHECK(finished.status.describe() == "exit code 3");
    CHECK(finished.lastError() == "err");
}

TEST_CASE("a death by signal is not an exit code") {
    EventLoop loop;
    const Finished finished = finish(loop, {"sh", "-c", "kill -9 $$"});
    CHECK(finished.status == ExitStatus{0, SIGKILL});
    CHECK(finished.status.shellCode() == 137);
    CHECK(finished.status.describe() == "signal 9 (Killed)");
    CHECK_FALSE(finished.status.success());
}

TEST_CASE("words reach the program as they are: no shell sees them") {
    EventLoop loop;
    const Finished finished = finish(loop, {"printf", "%s|", "a b", "$HOME", "`id`", "", "*"});
    CHECK(finished.out == "a b|$HOME|`id`||*|");
}

TEST_CASE("a program that is not there has another error than one that may not be executed") {
    EventLoop loop;
    const test::TemporaryFolder folder;
    const std::string text = folder.file("notes.txt", "hello").string();
    const auto errorOf = [&loop](const std::string& program) {
        const auto started = Child::start(loop, {program}, {});
        REQUIRE_FALSE(started.has_value());
        return started.error().message();
    };
    CHECK(errorOf("no-such-tool") ==
          "program no-such-tool was not found on PATH; install it or give its path");
    CHECK(errorOf("/no/such/tool") == "program /no/such/tool does not exist; check its path");
    CHECK(errorOf(text) == "program " + text + " is not executable; try chmod +x " + text);
    CHECK(errorOf(folder.path().string()) ==
          "program " + folder.path().string() + " is a folder; name the program in it");
    CHECK(Child::start(loop, {}, {}).error().kind == ErrorKind::usage);
}

TEST_CASE("a file that the system cannot execute is an error, and leaves no zombie") {
    EventLoop loop;
    const test::TemporaryFolder folder;
    const auto path = folder.file("garbage",
                                  "\x7f"
                                  "ELFnonsense");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const auto started = Child::start(loop, {path.string()}, {});
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().what == "cannot start " + path.string() + ": Exec format error");
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("the PATH that the child gets is the one that is searched") {
    const test::TemporaryFolder folder;
    const auto path = folder.file("tool", "#!/bin/sh\necho found\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    EventLoop loop;
    ChildOptions options;
    options.env["PATH"] = "/nowhere:" + folder.path().string();
    CHECK(finish(loop, {"tool"}, options).out == "found\n");
}

TEST_CASE("variables are set, replaced and removed") {
    ::setenv("MEMFIT_TEST_GONE", "1", 1);
    ::setenv("MEMFIT_TEST_OTHER", "old", 1);
    EventLoop loop;
    ChildOptions options;
    options.env = {{"MEMFIT_TEST_OTHER", "new"}, {"MEMFIT_TEST_MORE", "a=b"}};
    options.unsetEnv = {"MEMFIT_TEST_GONE"};
    const Finished finished = finish(loop, {"sh", "-c", "env | grep MEMFIT_TEST | sort"}, options);
    CHECK(finished.out == "MEMFIT_TEST_MORE=a=b\nMEMFIT_TEST_OTHER=new\n");
    ::unsetenv("MEMFIT_TEST_GONE");
    ::unsetenv("MEMFIT_TEST_OTHER");
}

TEST_CASE("standard input is empty, or the text that was given, however long") {
    EventLoop loop;
    CHECK(finish(loop, {"cat"}).out.empty());
    ChildOptions options;
    options.input = std::string(1'000'000, 'x');
    CHECK(finish(loop, {"cat"}, options).out == *options.input);
    CHECK(finish(loop, {"true"}, options).status.success());
}

TEST_CASE("output beyond the limit is dropped, counted, and does not block the program") {
    EventLoop loop;
    ChildOptions options;
    options.out.limit = 1000;
    options.err = {OutputTo::tail, 4};
    const Finished finished =
        finish(loop, {"sh", "-c", "head -c 500000 /dev/zero; echo the end >&2"}, options);
    CHECK(finished.out.size() == 1000);
    CHECK(finished.outDropped == 499'000);
    CHECK(finished.err == "end\n");
    options.out.to = OutputTo::discard;
    CHECK(finish(loop, {"echo", "x"}, options).out.empty());
}

TEST_CASE("a child starts clean: default signals, none blocked, only its three streams") {
    EventLoop loop;
    const Finished signals = finish(loop, {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
    // Signals 32 and 33 (8 and 1 of these digits) are glibc's own: what was inherited of them
    // cannot be set through it.
    const std::regex clean("SigBlk:\t0{16}\nSigIgn:\t0{7}[01][08]0{7}\n");
    CHECK_MESSAGE(std::regex_match(signals.out, clean), signals.out);
    const UniqueFd inherited(::dup(STDERR_FILENO));
    // 3 is the folder that ls itself reads.
    CHECK(finish(loop, {"ls", "/proc/self/fd"}).out == "0\n1\n2\n3\n");
}

TEST_CASE("a program that ignores SIGTERM is killed after its grace") {
    EventLoop loop;
    auto child = Child::start(loop, {MEMFIT_HUNGRY, "--ignore-term", "--say", "up", "--sleep"}, {});
    REQUIRE(child.has_value());
    REQUIRE(loop.waitUntil([&] { return !(*child)->err().empty(); }, 5) == WaitEnd::ready);
    (*child)->terminate(0.03);
    CHECK((*child)->exit() == ExitStatus{0, SIGKILL});
    CHECK_FALSE((*child)->running());
}

TEST_CASE("a program that obeys is not killed") {
    EventLoop loop;
    auto child = Child::start(loop, {"sleep", "60"}, {});
    REQUIRE(child.has_value());
    (*child)->terminate(5);
    CHECK((*child)->exit() == ExitStatus{0, SIGTERM});
}

TEST_CASE("what a child leaves behind in its group dies with it and does not make us wait") {
    EventLoop loop;
    const auto start = std::chrono::steady_clock::now();
    pid_t group = 0;
    {
        auto child = Child::start(loop, {MEMFIT_HUNGRY, "--spawn", "--exit", "0"}, {});
        REQUIRE(child.has_value());
        group = (*child)->pid();
        REQUIRE(loop.waitUntil([&] { return !(*child)->running(); }, 5) == WaitEnd::ready);
        CHECK((*child)->exit() == ExitStatus{0, 0});
        CHECK_FALSE((*child)->outputEnded());
        CHECK(test::runningInGroup(group) == 1);
    }
    CHECK(test::comesTrue(loop, [&] { return test::runningInGroup(group) == 0; }, 5));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}

TEST_CASE("a program that runs too long is ended and named") {
    EventLoop loop;
    const auto finished = run(loop, {"sleep", "60"}, {}, 0.05);
    REQUIRE_FALSE(finished.has_value());
    CHECK(finished.error().message() == "sleep was still running after 0.05 s");
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a signal to us ends the wait for a program, and the program") {
    EventLoop loop;
    std::raise(SIGINT);
    const auto finished = run(loop, {"sleep", "60"}, {}, 30);
    REQUIRE_FALSE(finished.has_value());
    CHECK(finished.error().kind == ErrorKind::interrupted);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a SIGKILL to us takes the child along, and what it has started") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        EventLoop inner;
        const auto child =
            Child::start(inner, {MEMFIT_HUNGRY, "--spawn", "--say", "up", "--sleep"}, {});
        const pid_t pid = child ? (*child)->pid() : -1;
        (void)inner.waitUntil([&] { return !child || !(*child)->err().empty(); }, 5);
        (void)!::write(ends[1], &pid, sizeof pid);
        ::pause();
        ::_exit(1);
    }
    pid_t grandchild = -1;
    REQUIRE(::read(ends[0], &grandchild, sizeof grandchild) == sizeof grandchild);
    REQUIRE(grandchild > 0);
    CHECK(test::runningInGroup(grandchild) == 2);
    (void)::kill(parent, SIGKILL);
    (void)::waitpid(parent, nullptr, 0);
    EventLoop loop;
    CHECK(test::comesTrue(loop, [&] { return test::runningInGroup(grandchild) == 0; }, 5));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("the guard of a child ends with it and takes no descriptor or signal of ours") {
    EventLoop loop;
    pid_t sleeper = 0;
    // Not by its name, which not every system lets it choose.
    const auto guards = [&] {
        auto found = processTree(::getpid());
        std::erase_if(found, [&](pid_t pid) { return pid == ::getpid() || pid == sleeper; });
        return found;
    };
    {
        const auto child = Child::start(loop, {"sleep", "60"}, {});
        REQUIRE(child.has_value());
        sleeper = (*child)->pid();
        REQUIRE(guards().size() == 1);
        const std::string folder = "/proc/" + std::to_string(guards().front());
        const auto descriptors = [&] {
            return std::distance(std::filesystem::directory_iterator(folder + "/fd"), {});
        };
        CHECK(test::comesTrue(loop, [&] { return descriptors() == 1; }, 5));
        (void)::kill(guards().front(), SIGINT);
        (void)::kill(guards().front(), SIGTERM);
        CHECK_FALSE(loop.signal());
        CHECK(guards().size() == 1);
    }
    CHECK(guards().empty());
}

TEST_CASE("the last line is the last one that says something") {
    CHECK(lastLine("one\ntwo \n\n  \n") == "two");
    CHECK(lastLine("one") == "one");
    CHECK(lastLine(" \n\t\n").empty());
    CHECK(lastLine("").empty());
}
