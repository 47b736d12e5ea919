#include "trial/trial_runner.h"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "support/cgroup.h"
#include "support/world.h"
#include "testbed/local/local_testbed.h"
#include "trial/trial_run.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

LocalOptions hungry(const std::vector<std::string>& words) {
    LocalOptions options;
    options.command = {MEMFIT_HUNGRY};
    options.command.insert(options.command.end(), words.begin(), words.end());
    options.command.insert(options.command.end(), {"--listen", "0", "--serve"});
    return options;
}

LoadPlan planOf(const std::string& load) {
    LoadPlan plan;
    plan.load = *parseLoadCommand(load);
    plan.format = LoadFormat::none;
    return plan;
}

std::string requests(int count) {
    return std::string(MEMFIT_HUNGRY) + " --get {port} " + std::to_string(count);
}

/// A loop, a testbed and a runner that fit together.
struct World {
    World(const LocalOptions& options, LoadPlan plan)
        : bed(loop, options), runner(loop, bed, std::move(plan)) {}

    TrialRecord trial(std::optional<Bytes> limit) {
        auto record = runner.run(plainSettings(limit), {});
        REQUIRE_MESSAGE(record.has_value(), (record ? "" : record.error().message()));
        return std::move(*record);
    }

    EventLoop loop;
    LocalTestbed bed;
    LoadTrialRunner runner;
};

/// doctest would print the outcome through toString(), whose result it cannot take.
std::string named(Outcome outcome) {
    return std::string(toString(outcome));
}

double secondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("a load that fits is survived, with what was seen of memory and time") {
    World world(hungry({"--take", "10"}), planOf(requests(20)));
    const TrialRecord record = world.trial(64 * MiB);
    const Trial& trial = record.trial;
    CHECK_MESSAGE(named(trial.outcome) == "survived", trial.note);
    CHECK(trial.settings == plainSettings(64 * MiB));
    REQUIRE(trial.usage.has_value());
    CHECK(trial.usage->demand.value_or(0) >= 10 * MiB);
    CHECK(trial.memory->sys == 13'980'936);
    CHECK(record.idle->sys == 13'980'936);
    CHECK(record.peak->sys == 13'980'936);
    CHECK(trial.startedAt.has_value());
    CHECK(trial.seconds.value_or(0) > 0);
    CHECK(record.loadSeconds > 0);
    CHECK(trial.load->exitCode == 0);
}

TEST_CASE("the load's cost is that of the load alone, not of start and warm-up") {
    const std::string counters =
        R"({"memstats": {"Sys":13980936,"NumGC":{served},"TotalAlloc":{served}}})";
    for (const bool watchdog : {false, true}) {
        LocalOptions options = hungry({"--burn-per-request", "40", "--stats", counters});
        options.forceWatchdog = watchdog;
        LoadPlan plan = planOf(requests(10));
        plan.warmup = *parseLoadCommand(requests(15));
        World world(options, plan);
        const auto cost = world.trial(64 * MiB).trial.cost;
        REQUIRE(cost.has_value());
        CHECK(cost->collections == 10);
        CHECK(cost->allocated == 10);
        CHECK(cost->gcSeconds == std::nullopt);
        CHECK(cost->cpuSeconds.value_or(0) > 0.34);
        CHECK(cost->cpuSeconds.value_or(9) < 0.6);
        if (watchdog) CHECK(cost->cpuSource == "process");
    }
}

TEST_CASE("without a warm-up the page is not read once more for the cost") {
    World world(hungry({}), planOf("true"));
    const TrialRecord record = world.trial(64 * MiB);
    CHECK(record.samples.size() == 2);
    CHECK(record.trial.cost->collections == std::nullopt);
    CHECK(record.trial.cost->cpuSeconds.has_value());
}

TEST_CASE("what the page counts is unknown where it went down, and for a program without a page") {
    World restarted(hungry({"--stats", R"({"memstats": {"Sys":13980936,"NumGC":{left}}})"}),
                    planOf(requests(10)));
    CHECK(restarted.trial(64 * MiB).trial.cost->collections == std::nullopt);
    World without(hungry({"--stats", ""}), planOf(requests(10)));
    CHECK(without.trial(64 * MiB).trial.cost->collections == std::nullopt);
}

TEST_CASE("a run that ended with the program has no cost") {
    World world(hungry({"--die-at", "5"}), planOf(requests(20)));
    CHECK(world.trial(64 * MiB).trial.cost == std::nullopt);
}

TEST_CASE("a service that outgrows its limit under load is OOM-killed, and the load is stopped") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    World world(hungry({"--per-request", "4"}), planOf("sh -c '" + requests(100) + "; sleep 60'"));
    const auto start = std::chrono::steady_clock::now();
    const TrialRecord record = world.trial(32 * MiB);
    CHECK_MESSAGE(named(record.trial.outcome) == "oomKilled", record.trial.note);
    CHECK(record.trial.usage->peak == 32 * MiB);
    CHECK(secondsSince(start) < 10);
}

TEST_CASE("a child killed for memory is an OOM kill though the service lives on") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    if (parent.version() == CgroupVersion::v2) {
        MESSAGE("skipped: on cgroup v2 one kill ends the whole instance");
        return;
    }
    World world(hungry({"--child-per-request", "64"}), planOf(requests(1)));
    const TrialRecord record = world.trial(32 * MiB);
    CHECK_MESSAGE(named(record.trial.outcome) == "oomKilled", record.trial.note);
}

TEST_CASE("a limit too small to start is an OOM kill at start") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    (void)parent;
    World world(hungry({"--take", "64"}), planOf(requests(1)));
    CHECK(named(world.trial(24 * MiB).trial.outcome) == "oomAtStart");
}

TEST_CASE("the watchdog's kill counts as one") {
    LocalOptions options = hungry({"--per-request", "4"});
    options.forceWatchdog = true;
    World world(options, planOf(requests(200)));
    const TrialRecord record = world.trial(24 * MiB);
    CHECK_MESSAGE(named(record.trial.outcome) == "oomKilled", record.trial.note);
    CHECK(record.trial.usage->peak == std::nullopt);
}

TEST_CASE("a crash under load is not an OOM kill") {
    World world(hungry({"--die-at", "5"}), planOf(requests(20)));
    const TrialRecord record = world.trial(64 * MiB);
    CHECK_MESSAGE(named(record.trial.outcome) == "crashed", record.trial.note);
    CHECK(record.loadError == "request 5 failed");
}

TEST_CASE("a load that takes too long is cut: too small once a larger limit has passed") {
    LoadPlan plan = planOf("sleep 60");
    plan.timeoutSeconds = 0.1;
    World slow(hungry({}), plan);
    CHECK(named(slow.trial(64 * MiB).trial.outcome) == "loadFailed");

    const test::TemporaryFolder folder;
    const std::string mark = (folder.path() / "first").string();
    LoadPlan slower = planOf("sh -c 'test -e " + mark + " && sleep 60; touch " + mark + "'");
    slower.timeoutSeconds = 2;  // enough for a touch beside whatever else runs
    World world(hungry({}), slower);
    CHECK(named(world.trial(std::nullopt).trial.outcome) == "survived");
    CHECK(named(world.trial(64 * MiB).trial.outcome) == "belowFloor");
}

TEST_CASE("a load is cut after an hour, or after three times what it took without a limit") {
    CHECK(defaultLoadTimeout(std::nullopt) == 3600);
    CHECK(defaultLoadTimeout(0.1) == 30);
    CHECK(defaultLoadTimeout(10) == 30);
    CHECK(defaultLoadTimeout(20) == 60);
}

TEST_CASE("the time-out grows with a warm-up that is slower than the load") {
    EventLoop loop;
    LocalTestbed bed(loop, hungry({}));
    LoadPlan plan = planOf("true");
    plan.warmup = *parseLoadCommand("sleep 0.3");
    const auto instance = bed.start(plainSettings(std::nullopt), "");
    REQUIRE(instance.has_value());
    TrialRun trial(loop, **instance, plan, {});
    REQUIRE(trial.perform(defaultLoadTimeout(std::nullopt)).has_value());
    CHECK(trial.measuredSeconds >= 0.3);
}

TEST_CASE("a warm-up that never ends is cut like a load, and no load follows") {
    const test::TemporaryFolder folder;
    const std::string mark = (folder.path() / "load").string();
    LoadPlan plan = planOf("touch " + mark);
    plan.warmup = *parseLoadCommand("sleep 60");
    plan.timeoutSeconds = 0.1;
    World world(hungry({}), plan);
    CHECK(named(world.trial(std::nullopt).trial.outcome) == "loadFailed");
    CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("only a survivor without a limit makes the unlimited run known") {
    World world(hungry({}), planOf(requests(1)));
    CHECK_FALSE(world.runner.knowsUnlimited());
    (void)world.trial(64 * MiB);
    CHECK_FALSE(world.runner.knowsUnlimited());
    (void)world.trial(std::nullopt);
    CHECK(world.runner.knowsUnlimited());

    World failing(hungry({"--die-at", "1"}), planOf(requests(1)));
    (void)failing.trial(std::nullopt);
    CHECK_FALSE(failing.runner.knowsUnlimited());
}

TEST_CASE("what a program is left with by --keep-env is not known, and not recorded") {
    LocalOptions options = hungry({});
    options.keepEnv = true;
    LoadPlan plan = planOf(requests(1));
    plan.keepEnv = true;
    World world(options, plan);
    CHECK(world.trial(64 * MiB).trial.settings ==
          Settings{64 * MiB, Mode::plain, std::nullopt, std::nullopt});
    // GOMEMLIMIT and GOGC of these are set all the same.
    const auto gomemlimit = gomemlimitSettings(64 * MiB, 64 * MiB);
    CHECK(world.runner.run(gomemlimit, {})->trial.settings == gomemlimit);
}

TEST_CASE("a secret in the load's last words is taken out before they are cut") {
    const std::string script = "sh -c 'echo \"Authorization: Bearer ";
    World world(hungry({}), planOf(script + std::string(2000, 'z') + "\" >&2; exit 1'"));
    CHECK(world.trial(64 * MiB).loadError == "Authorization: <redacted>");
}

TEST_CASE("a secret in the place of the statistics page is in no warning") {
    LocalOptions options = hungry({});
    options.statsPath = "/debug/numbers?token=hunter2";
    World world(options, planOf(requests(1)));
    const auto warnings = world.trial(64 * MiB).warnings;
    REQUIRE(warnings.size() == 1);
    CHECK(warnings.front().text.starts_with("no memory statistics: on port "));
    CHECK(warnings.front().text.ends_with(
        " /debug/numbers?token=<redacted> (status 404); check --stats-port and --stats-path"));
}

TEST_CASE("a missing load command is reported before anything is started") {
    World world(hungry({}), planOf("no-such-load-tool {url}"));
    const auto record = world.runner.run(plainSettings(std::nullopt), {});
    REQUIRE_FALSE(record.has_value());
    CHECK(record.error().message() ==
          "program no-such-load-tool was not found on PATH; install it or give its path");
}

TEST_CASE("the warm-up comes before the load") {
    const test::TemporaryFolder folder;
    const std::string log = (folder.path() / "log").string();
    LoadPlan plan = planOf("sh -c 'echo load >>" + log + "'");
    plan.warmup = *parseLoadCommand("sh -c 'echo warmup >>" + log + "; exit 7'");
    World world(hungry({}), plan);
    const TrialRecord record = world.trial(64 * MiB);
    CHECK(named(record.trial.outcome) == "survived");
    CHECK(test::readText(log) == "warmup\nload\n");
    CHECK(record.warnings == std::vector<Warning>{{"trial", "warm-up ended with exit code 7"}});
}

TEST_CASE("a signal during the load ends the trial and leaves nothing") {
    World world(hungry({}), planOf("sh -c 'kill -INT $PPID; sleep 60'"));
    const auto start = std::chrono::steady_clock::now();
    const auto record = world.runner.run(plainSettings(64 * MiB), {});
    REQUIRE_FALSE(record.has_value());
    CHECK(record.error().kind == ErrorKind::interrupted);
    CHECK(world.loop.signal() == SIGINT);
    CHECK(secondsSince(start) < 5);
    CHECK(test::descendants("hungry").empty());
    CHECK(test::descendants("sleep").empty());
}

TEST_CASE("progress tells the phases in their order") {
    World world(hungry({}), planOf("sleep 0.3"));
    std::vector<TrialMoment::Phase> phases;
    const auto record =
        world.runner.run(plainSettings(64 * MiB), [&phases](const TrialMoment& moment) {
            if (phases.empty() || phases.back() != moment.phase) phases.push_back(moment.phase);
        });
    REQUIRE(record.has_value());
    using Phase = TrialMoment::Phase;
    CHECK(phases == std::vector<Phase>{Phase::starting, Phase::loading, Phase::settling});
}
