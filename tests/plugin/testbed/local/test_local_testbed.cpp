#include "testbed/local/local_testbed.h"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "support/cgroup.h"
#include "support/world.h"
#include "testbed/local/processes.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

LocalOptions hungry(const std::vector<std::string>& words) {
    LocalOptions options;
    options.command = {MEMFIT_HUNGRY};
    options.command.insert(options.command.end(), words.begin(), words.end());
    return options;
}

std::unique_ptr<Instance> start(LocalTestbed& bed, std::optional<Bytes> limit) {
    auto instance = bed.start(plainSettings(limit), "");
    REQUIRE_MESSAGE(instance.has_value(), (instance ? "" : instance.error().message()));
    return std::move(*instance);
}

}  // namespace

TEST_CASE("a program is ready when its port accepts connections") {
    EventLoop loop;
    LocalOptions options = hungry({});
    options.port = test::freePort();
    options.command.insert(options.command.end(),
                           {"--listen", std::to_string(*options.port), "--serve"});
    LocalTestbed bed(loop, options);
    const auto instance = start(bed, 64 * MiB);
    CHECK(instance->waitReady(10).value());
    CHECK(instance->service().url() == "http://127.0.0.1:" + std::to_string(*options.port));
    CHECK(instance->settledStatus().running);
}

TEST_CASE(
    "a program that listens on ::1 alone is reached there, its URL with one pair of brackets") {
    EventLoop loop;
    LocalOptions options = hungry({});
    options.port = test::freePort();
    const auto port = std::to_string(*options.port);
    options.command.insert(options.command.end(), {"--listen6", port, "--serve"});
    LocalTestbed bed(loop, options);
    const auto instance = start(bed, 64 * MiB);
    REQUIRE(instance->waitReady(10).value());
    CHECK(instance->service().host == "::1");
    CHECK(instance->service().url() == "http://[::1]:" + port);
    CHECK(instance->memory().has_value());
}

TEST_CASE("ports are found: the one with statistics is not the service's") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--listen", "0", "--listen", "0", "--serve"}));
    const auto instance = start(bed, 64 * MiB);
    REQUIRE(instance->waitReady(10).value());
    const auto snapshot = instance->memory();
    REQUIRE_MESSAGE(snapshot.has_value(), (snapshot ? "" : snapshot.error().message()));
    CHECK(snapshot->sys == 13'980'936);
    CHECK(snapshot->goroutines == 3);
    CHECK(snapshot->time.has_value());
    CHECK(instance->service().port > 0);
}

TEST_CASE("a program with one port for both is served and read there") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--listen", "0", "--serve"}));
    const auto instance = start(bed, 64 * MiB);
    REQUIRE(instance->waitReady(10).value());
    CHECK(instance->memory()->heapAlloc == 2'993'840);
}

TEST_CASE("a program that listens on other ports at its next start is found again") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--listen", "0", "--listen", "0", "--serve"}));
    std::vector<int> ports;
    for (int trial = 0; trial < 2; ++trial) {
        const auto instance = start(bed, 64 * MiB);
        REQUIRE(instance->waitReady(10).value());
        (void)instance->memory();
        CHECK(instance->memory()->sys == 13'980'936);
        ports.push_back(instance->service().port);
    }
    CHECK(ports.front() != ports.back());
}

TEST_CASE("with several ports the user has to name the service's") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--listen", "0", "--listen", "0", "--listen", "0", "--serve"}));
    const auto instance = start(bed, 64 * MiB);
    const auto ready = instance->waitReady(10);
    REQUIRE_FALSE(ready.has_value());
    CHECK(ready.error().kind == ErrorKind::usage);
    CHECK(ready.error().what.starts_with("the program listens on ports "));
    CHECK(ready.error().next == "name the service's with --port");
}

TEST_CASE("--ready-url wants an answer with success") {
    EventLoop loop;
    LocalOptions options = hungry({"--listen", "0", "--serve"});
    options.readyUrl = "/work";
    LocalTestbed bed(loop, options);
    CHECK(start(bed, 64 * MiB)->waitReady(10).value());
    options.readyUrl = "ftp://localhost/";
    LocalTestbed wrong(loop, options);
    CHECK(wrong.start(plainSettings(64 * MiB), "").error().kind == ErrorKind::usage);
}

TEST_CASE("a program that ends at once is not an error, and its last words are kept") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--say", "malformed GOMEMLIMIT", "--exit", "2"}));
    const auto instance = start(bed, 64 * MiB);
    CHECK_FALSE(instance->waitReady(30).value());
    const InstanceStatus status = instance->settledStatus();
    CHECK_FALSE(status.running);
    CHECK_FALSE(status.oomKilled);
    CHECK(status.exitCode == 2);
    CHECK(status.detail == "malformed GOMEMLIMIT");
}

TEST_CASE("a program that never listens is not ready in time, and still runs") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--sleep"}));
    const auto instance = start(bed, 64 * MiB);
    CHECK_FALSE(instance->waitReady(0.1).value());
    CHECK(instance->status().running);
}

TEST_CASE("a limit below what the program takes at start is an OOM kill") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--take", "64", "--listen", "0", "--serve"}));
    CHECK(bed.environment().enforcement != "rss-watchdog");
    CHECK(bed.warnings().empty());
    const auto instance = start(bed, 24 * MiB);
    CHECK_FALSE(instance->waitReady(30).value());
    const InstanceStatus status = instance->settledStatus();
    CHECK(status.oomKilled);
    CHECK_FALSE(status.running);
    CHECK(status.exitCode == 137);
    CHECK(status.detail == "signal 9 (Killed)");
    CHECK(instance->usage()->peak == 24 * MiB);
}

TEST_CASE("without a cgroup the watchdog kills, says so, and claims no peak") {
    EventLoop loop;
    LocalOptions options = hungry({"--take", "64", "--listen", "0", "--serve"});
    options.forceWatchdog = true;
    LocalTestbed bed(loop, options);
    CHECK(bed.environment().enforcement == "rss-watchdog");
    REQUIRE(bed.warnings().size() == 1);
    CHECK(bed.warnings().front().code == "no-cgroup");
    const auto instance = start(bed, 24 * MiB);
    CHECK_FALSE(instance->waitReady(30).value());
    const InstanceStatus status = instance->settledStatus();
    CHECK(status.oomKilled);
    CHECK_FALSE(status.running);
    CHECK(instance->usage()->peak == std::nullopt);
    CHECK(instance->usage()->demand.value_or(0) > 24 * MiB);
}

TEST_CASE("the watchdog leaves a program alone that stays below its limit") {
    EventLoop loop;
    LocalOptions options = hungry({"--take", "8", "--listen", "0", "--serve"});
    options.forceWatchdog = true;
    LocalTestbed bed(loop, options);
    const auto instance = start(bed, 64 * MiB);
    CHECK(instance->waitReady(30).value());
    CHECK(instance->usage()->demand.value_or(0) >= 8 * MiB);
    CHECK_FALSE(instance->status().oomKilled);
}

TEST_CASE("a port that somebody else has is named with its owner, before anything is started") {
    EventLoop loop;
    LocalOptions options = hungry({"--listen", "0", "--serve"});
    LocalTestbed first(loop, options);
    const auto other = start(first, 64 * MiB);
    REQUIRE(other->waitReady(10).value());
    options.port = other->service().port;
    LocalTestbed bed(loop, options);
    const auto instance = bed.start(plainSettings(64 * MiB), "");
    REQUIRE_FALSE(instance.has_value());
    const std::string what = instance.error().what;
    CHECK(what.starts_with("port " + std::to_string(*options.port) + " is already taken by PID "));
    CHECK(what.ends_with(" (hungry)"));
    CHECK(instance.error().next ==
          "stop it, or let the program listen elsewhere and name that with --port");
}

TEST_CASE("a program that is not there is an error of the start") {
    EventLoop loop;
    LocalOptions options;
    options.command = {"./no-such-program"};
    LocalTestbed bed(loop, options);
    CHECK(bed.start(plainSettings(std::nullopt), "").error().message() ==
          "program ./no-such-program does not exist; check its path");
}

TEST_CASE("an instance that is dropped leaves no process and no cgroup") {
    EventLoop loop;
    // Other tests may run beside this one: only ours count.
    const std::string ours = "memfit-" + std::to_string(::getpid()) + "-";
    const auto folders = [&ours] {
        int count = 0;
        const auto parent = CgroupParent::find(false);
        if (!parent) return count;
        for (const auto& entry : std::filesystem::directory_iterator((*parent)->folder())) {
            if (entry.path().filename().string().starts_with(ours)) ++count;
        }
        return count;
    };
    const int before = folders();
    for (const bool watchdog : {false, true}) {
        LocalOptions options = hungry({"--ignore-term", "--spawn", "--listen", "0", "--serve"});
        options.forceWatchdog = watchdog;
        LocalTestbed bed(loop, options);
        std::vector<pid_t> processes;
        {
            const auto instance = start(bed, 64 * MiB);
            REQUIRE(instance->waitReady(10).value());
            processes = test::descendants("hungry");
            CHECK(processes.size() == 2);
        }
        for (const pid_t pid : processes) {
            CHECK(test::comesTrue(loop, [pid] { return !test::runs(pid); }, 5));
        }
        CHECK(folders() == before);
    }
}

TEST_CASE("a signal ends the wait for readiness") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({"--sleep"}));
    const auto instance = start(bed, 64 * MiB);
    std::raise(SIGINT);
    CHECK(instance->waitReady(30).error().kind == ErrorKind::interrupted);
}

TEST_CASE("a trial sets GOMEMLIMIT and GOGC over everything inherited") {
    LocalOptions options;
    options.env = {{"GOGC", "50"}, {"MODE", "test"}};
    using Env = std::map<std::string, std::string>;
    CHECK(trialEnvironment(options, plainSettings(64 * MiB)) ==
          Env{{"GOGC", "100"}, {"GOMEMLIMIT", "off"}, {"MODE", "test"}});
    CHECK(trialEnvironment(options, gomemlimitSettings(64 * MiB, 60 * MiB)) ==
          Env{{"GOGC", "off"}, {"GOMEMLIMIT", "60MiB"}, {"MODE", "test"}});
    options.keepEnv = true;
    CHECK(trialEnvironment(options, plainSettings(64 * MiB)) == options.env);
    CHECK(trialEnvironment(options, gomemlimitSettings(64 * MiB, 60 * MiB)).at("GOGC") == "off");
}

TEST_CASE("a target is the command without its secrets") {
    EventLoop loop;
    LocalOptions options;
    options.command = {"/opt/bin/sales", "--token", "s3cret", "http://me:pw@db/"};
    const Target target = LocalTestbed(loop, options).target();
    CHECK(target.type == "process");
    CHECK(target.name == "sales");
    CHECK(target.command == std::vector<std::string>{"/opt/bin/sales", "--token", "<redacted>",
                                                     "http://<redacted>@db/"});
}

TEST_CASE("without a cgroup a child that left the program's session ends with the trial") {
    EventLoop loop;
    LocalOptions options;
    options.forceWatchdog = true;
    options.command = {
        "sh", "-c",
        std::string("setsid sleep 4321 & exec ") + MEMFIT_HUNGRY + " --listen 0 --serve"};
    const auto escaped = [] {
        for (const pid_t pid : allProcesses()) {
            const auto path = "/proc/" + std::to_string(pid) + "/cmdline";
            if (readProcFile(path) == std::string("sleep\0004321\0", 11)) return true;
        }
        return false;
    };
    LocalTestbed bed(loop, options);
    {
        const auto instance = start(bed, 64 * MiB);
        REQUIRE(instance->waitReady(10).value());
        REQUIRE((loop.waitUntil(escaped, 10) == WaitEnd::ready || escaped()));
    }
    (void)loop.waitUntil([&] { return !escaped(); }, 10);
    CHECK_FALSE(escaped());
}
