#include "testbed/local/cgroup_counters.h"

#include <doctest/doctest.h>

#include "support/world.h"

using namespace memfit;
using namespace memfit::plugin;

TEST_CASE("v2 usage: demand leaves out file cache, but not shmem, which cannot be reclaimed") {
    const test::TemporaryFolder folder;
    folder.file("memory.current", "10000000\n");
    folder.file("memory.peak", "12000000\n");
    folder.file("memory.stat", "anon 4000000\nfile 5000000\nkernel 900000\nshmem 1000000\n");
    folder.file("memory.events", "low 0\nhigh 0\nmax 17\noom 2\noom_kill 1\noom_group_kill 0\n");
    const auto files = CgroupFiles::open(folder.path());
    REQUIRE(files.has_value());
    const CgroupCounters counters(CgroupVersion::v2, *files);
    CHECK(counters.usage() == Usage{10'000'000, 12'000'000, 4'000'000, 6'000'000, 17});
    CHECK(counters.oomKills() == 1);

    folder.file("memory.current", "10000001\n");
    CHECK(counters.usage().current == 10'000'001);
}

TEST_CASE(
    "on v2 a kill because the machine ran out of memory is told apart from one at the limit") {
    const test::TemporaryFolder folder;
    folder.file("memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n");
    const auto files = CgroupFiles::open(folder.path());
    REQUIRE(files.has_value());
    const CgroupCounters counters(CgroupVersion::v2, *files);
    const auto killedForOthers = [&](const std::string& events) {
        folder.file("memory.events", "low 0\nhigh 0\n" + events);
        return counters.killedForOthers();
    };
    CHECK_FALSE(killedForOthers("max 0\noom 0\noom_kill 0\n"));
    CHECK(killedForOthers("max 0\noom 0\noom_kill 1\n"));
    CHECK_FALSE(killedForOthers("max 4\noom 1\noom_kill 1\n"));
    // It ran into its limit, and page cache made room: that was not what killed it.
    CHECK(killedForOthers("max 4\noom 0\noom_kill 1\n"));
    CHECK(killedForOthers("max 0\noom_kill 1\n"));
    CHECK_FALSE(killedForOthers("max 4\noom_kill 1\n"));
    CHECK_FALSE(killedForOthers("oom_kill 1\n"));
    folder.file("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    CHECK_FALSE(CgroupCounters(CgroupVersion::v1, *files).killedForOthers());
}

TEST_CASE("v1 usage counts the whole subtree") {
    const test::TemporaryFolder folder;
    folder.file("memory.usage_in_bytes", "10000000\n");
    folder.file("memory.max_usage_in_bytes", "12000000\n");
    folder.file("memory.failcnt", "5\n");
    folder.file("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    folder.file("memory.stat",
                "cache 1\nrss 2\nshmem 3\ntotal_cache 5000000\ntotal_rss 4000000\n"
                "total_shmem 1000000\n");
    const auto files = CgroupFiles::open(folder.path());
    REQUIRE(files.has_value());
    const CgroupCounters counters(CgroupVersion::v1, *files);
    CHECK(counters.usage() == Usage{10'000'000, 12'000'000, 4'000'000, 6'000'000, 5});
    CHECK(counters.oomKills() == 2);
}

TEST_CASE("a kernel without memory.peak gives no peak, which is not a peak of zero") {
    const test::TemporaryFolder folder;
    folder.file("memory.current", "10\n");
    const auto files = CgroupFiles::open(folder.path());
    const CgroupCounters counters(CgroupVersion::v2, *files);
    CHECK(counters.usage() == Usage{10, std::nullopt, std::nullopt, std::nullopt, std::nullopt});
    CHECK(counters.oomKills() == std::nullopt);
}

TEST_CASE("more cache than usage, as counters that lag show it, is a demand of zero") {
    const test::TemporaryFolder folder;
    folder.file("memory.current", "10\n");
    folder.file("memory.stat", "anon 0\nfile 4096\nshmem 0\n");
    const auto files = CgroupFiles::open(folder.path());
    CHECK(CgroupCounters(CgroupVersion::v2, *files).usage().demand == 0);
}

TEST_CASE("a v2 limit takes swap away and lets one kill end all") {
    const test::TemporaryFolder folder;
    for (const char* const name :
         {"memory.max", "memory.swap.max", "memory.oom.group", "cpu.max"}) {
        folder.file(name, "");
    }
    const auto files = CgroupFiles::open(folder.path());
    CHECK(limitMemory(CgroupVersion::v2, *files, 17 * MiB).has_value());
    CHECK(limitCpu(CgroupVersion::v2, *files, 250).has_value());
    CHECK(test::readText(folder.path() / "memory.max") == "17825792");
    CHECK(test::readText(folder.path() / "memory.swap.max") == "0");
    CHECK(test::readText(folder.path() / "memory.oom.group") == "1");
    CHECK(test::readText(folder.path() / "cpu.max") == "25000 100000");
    CHECK(memoryLimit(CgroupVersion::v2, *files) == 17 * MiB);
    folder.file("memory.max", "max\n");
    CHECK(memoryLimit(CgroupVersion::v2, *files) == std::nullopt);
}

TEST_CASE("v1 bounds memory and swap together, one page above, so that failures are counted") {
    const test::TemporaryFolder folder;
    folder.file("memory.limit_in_bytes", "");
    folder.file("memory.memsw.limit_in_bytes", "");
    folder.file("memory.swappiness", "60");
    folder.file("cpu.cfs_quota_us", "-1");
    const auto files = CgroupFiles::open(folder.path());
    CHECK(limitMemory(CgroupVersion::v1, *files, 8 * MiB).has_value());
    CHECK(limitCpu(CgroupVersion::v1, *files, 1).has_value());
    CHECK(test::readText(folder.path() / "memory.limit_in_bytes") == "8388608");
    CHECK(test::readText(folder.path() / "memory.memsw.limit_in_bytes") == "8392704");
    CHECK(test::readText(folder.path() / "memory.swappiness") == "60");
    CHECK(test::readText(folder.path() / "cpu.cfs_quota_us") == "1000");
    folder.file("memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(memoryLimit(CgroupVersion::v1, *files) == std::nullopt);
}

TEST_CASE("a limit that cannot be written says where and why") {
    const test::TemporaryFolder folder;
    const auto files = CgroupFiles::open(folder.path());
    CHECK(limitMemory(CgroupVersion::v2, *files, 1).error().what ==
          "cannot write 1 to " + folder.path().string() + "/memory.max: No such file or directory");
}

TEST_CASE("CPU time is read in the units of each version, and is unknown where the file is not") {
    const test::TemporaryFolder folder;
    const auto files = CgroupFiles::open(folder.path());
    REQUIRE(files.has_value());
    CHECK(CgroupCpuClock(CgroupVersion::v1, *files).seconds() == std::nullopt);
    CHECK(CgroupCpuClock(CgroupVersion::v2, *files).seconds() == std::nullopt);
    CHECK(CgroupCpuClock().seconds() == std::nullopt);
    folder.file("cpuacct.usage", "1500000000\n");
    folder.file("cpu.stat", "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n");
    CHECK(CgroupCpuClock(CgroupVersion::v1, *files).seconds() == doctest::Approx(1.5));
    const CgroupCpuClock v2(CgroupVersion::v2, *files);
    CHECK(v2.seconds() == doctest::Approx(2.5));
    folder.file("cpu.stat", "nr_periods 0\n");
    CHECK(v2.seconds() == std::nullopt);
}
