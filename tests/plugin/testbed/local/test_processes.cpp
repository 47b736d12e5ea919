#include "testbed/local/processes.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

#include "process/child.h"
#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;

TEST_CASE("a process's relatives are read past any name") {
    CHECK(parseProcessStat("42 (sh) S 41 40 40 0 -1 4194560") == ProcessRelations{41, 40});
    CHECK(parseProcessStat("42 (a) b (c)) R 1 2 3") == ProcessRelations{1, 2});
    CHECK(parseProcessStat("42 (sh) S") == std::nullopt);
    CHECK(parseProcessStat("") == std::nullopt);
}

TEST_CASE("CPU time of a process holds that of the children it has waited for") {
    CHECK(parseCpuTicks("42 (a) b (c)) R 1 2 3 0 -1 4194560 9 9 9 9 100 20 3 4 20 0") == 127);
    CHECK(parseCpuTicks("42 (sh) R 1 2 3 0 -1 4194560 9 9 9 9 100 20 3") == std::nullopt);
    CHECK(parseCpuTicks("42 (sh) R 1 2 3 0 -1 4194560 9 9 9 9 100 20 3 -4") == std::nullopt);
    CHECK(parseCpuTicks("") == std::nullopt);
    CHECK(cpuSecondsOf({::getpid()}).has_value());
    CHECK(cpuSecondsOf({}) == std::nullopt);
}

TEST_CASE("held memory is anonymous and shared memory, not mapped files") {
    const std::string status =
        "Name:\thungry\nVmRSS:\t  9000 kB\nRssAnon:\t    4000 kB\nRssFile:\t    4900 kB\n"
        "RssShmem:\t     100 kB\n";
    CHECK(parseHeldMemory(status) == 4100 * KiB);
    CHECK(parseHeldMemory("Name:\tkthreadd\nState:\tS\n") == std::nullopt);
    CHECK(parseHeldMemory("\nRssAnon:\t99999999999999999999 kB\n") == std::nullopt);
    CHECK(parseHeldMemory("\nRssAnon:") == std::nullopt);
}

TEST_CASE("a tree is the group of its leader and all descendants, in whatever group") {
    EventLoop loop;
    const auto child =
        Child::start(loop, {"sh", "-c", "setsid sleep 60 & sleep 60 & echo up; wait"}, {});
    REQUIRE(child.has_value());
    const pid_t leader = (*child)->pid();
    const auto complete = [leader] {
        int sleeping = 0;
        for (const pid_t pid : processTree(leader)) sleeping += processName(pid) == "sleep" ? 1 : 0;
        return sleeping == 2;
    };
    CHECK(test::comesTrue(loop, complete, 5));
    const auto tree = processTree(leader);
    CHECK(std::ranges::count(tree, leader) == 1);
    CHECK(std::ranges::count(tree, ::getpid()) == 0);
    for (const pid_t pid : tree) {
        if (pid != leader) (void)::kill(pid, SIGKILL);
    }
}
