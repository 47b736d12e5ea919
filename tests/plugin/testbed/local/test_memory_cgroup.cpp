#include "testbed/local/memory_cgroup.h"

#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "process/child.h"
#include "support/cgroup.h"
#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Child> startIn(EventLoop& loop, const MemoryCgroup& group,
                               const std::vector<std::string>& words) {
    ChildOptions options;
    options.cgroups = group.joinFiles();
    auto child = Child::start(loop, words, options);
    REQUIRE(child.has_value());
    return std::move(*child);
}

}  // namespace

TEST_CASE("a program that takes more than the limit is killed by the kernel, and that is counted") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    EventLoop loop;
    auto group = parent.create({32 * MiB, std::nullopt});
    REQUIRE(group.has_value());
    CHECK(group->limit() == 32 * MiB);
    CHECK(group->oomKills() == 0);
    const auto child = startIn(loop, *group, {MEMFIT_HUNGRY, "--take", "64", "--sleep"});
    CHECK(loop.waitUntil([&] { return !child->running(); }, 10) == WaitEnd::ready);
    CHECK(child->exit() == ExitStatus{0, SIGKILL});
    // Where one kill ends all, Linux counts the first process once more among the others.
    const bool v1 = parent.version() == CgroupVersion::v1;
    CHECK(group->oomKills().value_or(0) >= 1);
    CHECK(group->oomKills().value_or(9) <= (v1 ? 1 : 2));
    const Usage usage = group->usage();
    CHECK(usage.peak == 32 * MiB);
    CHECK(usage.limitHits.value_or(0) > 0);
}

TEST_CASE("usage tells what a program holds") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    EventLoop loop;
    auto group = parent.create({64 * MiB, std::nullopt});
    REQUIRE(group.has_value());
    const auto child =
        startIn(loop, *group, {MEMFIT_HUNGRY, "--take", "20", "--say", "taken", "--sleep"});
    REQUIRE(loop.waitUntil([&] { return !child->err().empty(); }, 10) == WaitEnd::ready);
    const Usage usage = group->usage();
    CHECK(usage.anon.value_or(0) >= 20 * MiB);
    CHECK(usage.demand.value_or(0) >= 20 * MiB);
    CHECK(usage.demand.value_or(0) < 26 * MiB);
    CHECK(usage.peak.value_or(0) >= usage.current.value_or(0));
    CHECK(group->oomKills() == 0);
}

TEST_CASE("the kernel counts the CPU time of a cgroup, of children that have ended too") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    EventLoop loop;
    auto group = parent.create({64 * MiB, std::nullopt});
    REQUIRE(group.has_value());
    const auto before = group->cpuSeconds();
    if (!before) {
        MESSAGE("skipped: no cgroup here counts CPU time");
        return;
    }
    CHECK(*before == 0);
    const auto child =
        startIn(loop, *group, {"sh", "-c", "(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done)"});
    REQUIRE(loop.waitUntil([&] { return !child->running(); }, 30) == WaitEnd::ready);
    CHECK(group->cpuSeconds().value_or(0) > 0.01);
}

TEST_CASE("cgroups of a run are removed from every hierarchy") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    const auto cpuFolders = [] {
        std::vector<std::string> left;
        for (const auto* const top : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpuacct"}) {
            const auto files = CgroupFiles::open(top);
            if (!files) continue;
            for (const auto& name : files->children())
                if (name.starts_with("memfit-" + std::to_string(::getpid()))) left.push_back(name);
        }
        return left;
    };
    {
        const auto group = parent.create({64 * MiB, 500});
        REQUIRE(group.has_value());
    }
    CHECK(cpuFolders() == std::vector<std::string>{});
}

TEST_CASE("a cgroup that goes out of scope takes its processes along") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    EventLoop loop;
    std::unique_ptr<Child> child;
    fs::path folder;
    {
        auto group = parent.create({64 * MiB, 500});
        REQUIRE(group.has_value());
        folder = group->folder();
        CHECK(fs::exists(folder));
        child = startIn(loop, *group, {MEMFIT_HUNGRY, "--ignore-term", "--spawn", "--sleep"});
    }
    CHECK_FALSE(fs::exists(folder));
    child->refresh();
    CHECK(child->exit() == ExitStatus{0, SIGKILL});
    CHECK(test::comesTrue(loop, [&] { return test::runningInGroup(child->pid()) == 0; }, 5));
}

namespace {

/// The id of a process that has just ended.
pid_t deadProcess(EventLoop& loop) {
    const auto child = Child::start(loop, {"true"}, {});
    REQUIRE(child.has_value());
    REQUIRE(test::comesTrue(loop, [&] { return !(*child)->running(); }, 10));
    return (*child)->pid();
}

}  // namespace

TEST_CASE("only cgroups named as ours by a process that is gone are taken for left ones") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    EventLoop loop;
    const auto dead = std::to_string(deadProcess(loop));
    const std::vector<std::string> names{"memfit-cluster", "memfit-1-1", "memfit-" + dead,
                                         "memfit-" + dead + "-1x"};
    for (const auto& name : names) {
        CAPTURE(name);
        const fs::path foreign = parent.folder() / name;
        REQUIRE(::mkdir(foreign.c_str(), 0755) == 0);
        (void)parent.removeStale();
        CHECK(fs::exists(foreign));
        CHECK(::rmdir(foreign.c_str()) == 0);
    }
}

TEST_CASE("cgroups that a killed run left are removed with what is in them, live ones are not") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    EventLoop loop;
    const auto living = parent.create({64 * MiB, std::nullopt});
    REQUIRE(living.has_value());
    const fs::path left = parent.folder() / ("memfit-" + std::to_string(deadProcess(loop)) + "-1");
    REQUIRE(::mkdir(left.c_str(), 0755) == 0);
    const UniqueFd join(::open((left / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    ChildOptions options;
    options.cgroups = {join.get()};
    const auto child = Child::start(loop, {"sleep", "60"}, options);
    REQUIRE(child.has_value());
    CHECK(parent.removeStale() >= 1);
    CHECK_FALSE(fs::exists(left));
    CHECK(fs::exists(living->folder()));
    (*child)->refresh();
    CHECK((*child)->exit() == ExitStatus{0, SIGKILL});
}

TEST_CASE("a v2 folder without the memory controller says so") {
    const test::TemporaryFolder folder;
    folder.file("cgroup.controllers", "cpuset cpu pids\n");
    const auto parent = CgroupParent::at({CgroupVersion::v2, folder.path(), folder.path()}, {});
    REQUIRE_FALSE(parent.has_value());
    CHECK(parent.error().what ==
          "the memory controller is not delegated to " + folder.path().string());
}

TEST_CASE("a v2 folder of ours is asked to hand memory down") {
    const test::TemporaryFolder folder;
    folder.file("cgroup.controllers", "cpu memory pids\n");
    folder.file("cgroup.subtree_control", "");
    const auto parent = CgroupParent::at({CgroupVersion::v2, folder.path(), folder.path()}, {});
    // In a plain folder a new cgroup has no files: that is noticed, not taken for a limit.
    REQUIRE_FALSE(parent.has_value());
    CHECK(parent.error().what.ends_with(" has no memory controller"));
    CHECK(test::readText(folder.path() / "cgroup.subtree_control").starts_with("+"));
}

TEST_CASE("a place that is not there is an error, not a crash") {
    CHECK_FALSE(CgroupParent::at({CgroupVersion::v1, "/no/such", "/no/such/own"}, {}).has_value());
}
