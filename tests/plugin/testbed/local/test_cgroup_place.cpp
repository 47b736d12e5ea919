#include "testbed/local/cgroup_place.h"

#include <doctest/doctest.h>

using namespace memfit::plugin;

namespace {

const std::string v1Mounts =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";
const std::string v2Mount =
    "41 31 0:38 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 "
    "rw,nsdelegate,memory_recursiveprot\n";
const std::string hybridMount =
    "42 31 0:39 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

}  // namespace

TEST_CASE("a v1 controller is found by the mount that names it") {
    const std::string own = "9:cpu,cpuacct:/user.slice\n4:memory:/user.slice/session\n";
    CHECK(findController(v1Mounts, own, "memory") ==
          CgroupPlace{CgroupVersion::v1, "/sys/fs/cgroup/memory",
                      "/sys/fs/cgroup/memory/user.slice/session"});
    CHECK(findController(v1Mounts, own, "cpu") ==
          CgroupPlace{CgroupVersion::v1, "/sys/fs/cgroup/cpu,cpuacct",
                      "/sys/fs/cgroup/cpu,cpuacct/user.slice"});
}

TEST_CASE("on a v2 host everything is in the one hierarchy") {
    CHECK(findController(v2Mount, "0::/user.slice/user-1000.slice/run-u5.scope\n", "memory") ==
          CgroupPlace{CgroupVersion::v2, "/sys/fs/cgroup",
                      "/sys/fs/cgroup/user.slice/user-1000.slice/run-u5.scope"});
}

TEST_CASE("on a hybrid host the memory controller stays where v1 has it") {
    const std::string own = "4:memory:/a\n0::/b\n";
    for (const std::string& mounts : {v1Mounts + hybridMount, hybridMount + v1Mounts}) {
        CHECK(findController(mounts, own, "memory") ==
              CgroupPlace{CgroupVersion::v1, "/sys/fs/cgroup/memory", "/sys/fs/cgroup/memory/a"});
        CHECK(findController(mounts, own, "pids") ==
              CgroupPlace{CgroupVersion::v2, "/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified/b"});
    }
}

TEST_CASE("at the top, our own cgroup is the mount") {
    CHECK(findController(v2Mount, "0::/\n", "memory")->own == "/sys/fs/cgroup");
}

TEST_CASE("a container that sees only its part of a v1 hierarchy is at its mount") {
    const std::string mount =
        "5 4 0:32 /docker/abc /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n";
    CHECK(findController(mount, "4:memory:/docker/abc\n", "memory")->own ==
          "/sys/fs/cgroup/memory");
    CHECK(findController(mount, "4:memory:/docker/abc/inner\n", "memory")->own ==
          "/sys/fs/cgroup/memory/inner");
    CHECK(findController(mount, "4:memory:/docker/abcd\n", "memory")->own ==
          "/sys/fs/cgroup/memory");
}

TEST_CASE("a path outside of our cgroup namespace means the mount") {
    CHECK(findController(v2Mount, "0::/../../system.slice\n", "memory")->own == "/sys/fs/cgroup");
}

TEST_CASE("a cgroup whose name holds a colon, and a mount whose path holds a space, are found") {
    const std::string mount = "5 4 0:32 / /mnt/my\\040cgroups rw - cgroup2 cgroup2 rw\n";
    CHECK(findController(mount, "0::/a:b\n", "memory")->own == "/mnt/my cgroups/a:b");
}

TEST_CASE("nothing is found where nothing is mounted, and in mangled texts") {
    CHECK_FALSE(findController("", "", "memory").has_value());
    CHECK_FALSE(findController("25 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "0::/\n", "memory"));
    for (std::size_t length = 0; length < v1Mounts.size(); ++length) {
        (void)findController(v1Mounts.substr(0, length), "4:memory", "memory");
        (void)findController(v1Mounts.substr(length), "::", "memory");
    }
}

TEST_CASE("a number is read by its whole name") {
    const std::string text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
    CHECK(keyedNumber(text, "oom_kill") == 3);
    CHECK(keyedNumber(text, "oom") == std::nullopt);
    CHECK(keyedNumber("max 5", "max") == 5);
    CHECK(keyedNumber("max many\n", "max") == std::nullopt);
    CHECK(keyedNumber("", "max") == std::nullopt);
    CHECK(singleNumber("4096\n") == 4096);
    CHECK(singleNumber("max\n") == std::nullopt);
    CHECK(singleNumber("99999999999999999999\n") == std::nullopt);
    CHECK(singleNumber("") == std::nullopt);
}

TEST_CASE("a word of a list is found whole") {
    CHECK(hasWord("cpuset cpu io memory pids\n", "cpu"));
    CHECK_FALSE(hasWord("cpuset io\n", "cpu"));
    CHECK_FALSE(hasWord("", "cpu"));
}
