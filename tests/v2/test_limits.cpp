#include <doctest/doctest.h>

#include <algorithm>

#include "support/cgroup.h"
#include "support/memfit_binary.h"
#include "v2/machine.h"

using namespace memfit;
using namespace memfit::v2;

namespace {

/// The kernel's answer, `-` where there is no such file.
std::string said(const std::filesystem::path& folder, const std::string& name) {
    if (!std::filesystem::exists(folder / name)) return name + " -\n";
    return name + " " + test::readText(folder / name);
}

}  // namespace

TEST_CASE("the kernel takes every limit of a trial's cgroup") {
    MEMFIT_CGROUP_OR_SKIP(parent);
    REQUIRE(parent.version() == plugin::CgroupVersion::v2);
    const auto group = parent.create({32 * MiB, 500});
    REQUIRE(group.has_value());
    std::string all;
    for (const std::string name :
         {"memory.max", "memory.swap.max", "memory.oom.group", "cpu.max"}) {
        all += said(group->folder(), name);
    }
    CHECK(all ==
          "memory.max 33554432\n"
          "memory.swap.max 0\n"
          "memory.oom.group 1\n"
          "cpu.max 50000 100000\n");
}

TEST_CASE("what a cgroup above may use bounds the ceiling of the run without a limit") {
    plugin::EventLoop loop;
    const Cgroup slice("bounded.slice");
    slice.limitMemory(96 * MiB);
    const Cgroup scope("bounded.slice/inner.slice/run-1.scope");
    const Membership membership(scope);
    const plugin::LocalTestbed bed(loop, hungry({}));
    CHECK(bed.ceiling() == 48 * MiB);
}

TEST_CASE("root in a session with other processes makes its cgroups at the top") {
    const Cgroup session("shared.scope");
    plugin::EventLoop loop;
    auto words = session.entering();
    words.insert(words.end(), {"sleep", "600"});
    const auto other = plugin::Child::start(loop, words, {});
    REQUIRE(other.has_value());
    const auto joined = [&] {
        return test::readText(session.folder() / "cgroup.procs") ==
               std::to_string((*other)->pid()) + "\n";
    };
    REQUIRE(test::comesTrue(loop, joined, 10));
    {
        const Membership membership(session);
        MEMFIT_CGROUP_OR_SKIP(parent);
        CHECK(parent.folder() == hierarchy);
        CHECK(parent.create({32 * MiB, std::nullopt}).has_value());
    }
    CHECK(session.children() == std::vector<std::string>{});
    CHECK(joined());
}
