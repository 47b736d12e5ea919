#include <doctest/doctest.h>
#include <fmt/format.h>

#include "v2/machine.h"

using namespace memfit;
using namespace memfit::v2;

namespace {

const std::string requests = MEMFIT_HUNGRY " --get {port} 3";

/// A load that takes memory, which the kernel cannot take back: others have to go.
std::string neighbour(Bytes memory) {
    return fmt::format("sh -ec 'echo -1000 > /proc/self/oom_score_adj; exec {} --take {}'",
                       MEMFIT_HUNGRY, memory / MiB);
}

constexpr const char* forOthers = "killed because the machine ran out of memory, not for its limit";

}  // namespace

TEST_CASE("a trial that is killed for its limit is too small") {
    const auto trial = trialOf(hungry({"--take", "8", "--per-request", "16"}), 32 * MiB, requests);
    CHECK(named(trial.outcome) == "oomKilled");
    CHECK(trial.note == "OOM-killed: signal 9 (Killed)");
    REQUIRE(trial.usage.has_value());
    CHECK(trial.usage->peak == 32 * MiB);
}

TEST_CASE(
    "a trial that is killed because the machine has no memory left says nothing of its limit") {
    // Both together do not fit, the load alone does: nothing else is killed.
    const Bytes held = 120 * MiB;
    const Bytes spare = 60 * MiB;
    const auto trial = trialOf(hungry({"--take", std::to_string(held / MiB)}), 200 * MiB,
                               neighbour(availableMemory() - spare));
    CHECK(named(trial.outcome) == "inconclusive");
    CHECK(trial.note == forOthers);
}

TEST_CASE("a trial that is killed because a cgroup above has no memory left says nothing either") {
    const Cgroup crowd("crowd.slice");
    crowd.limitMemory(128 * MiB);
    const Membership membership(crowd);
    const auto trial = trialOf(hungry({"--take", "64"}), 96 * MiB, neighbour(90 * MiB));
    CHECK(named(trial.outcome) == "inconclusive");
    CHECK(trial.note == forOthers);
}

TEST_CASE("with memory.oom.group a child that is killed takes the program along") {
    const auto trial =
        trialOf(hungry({"--take", "8", "--child-per-request", "64"}), 32 * MiB, requests);
    CHECK(named(trial.outcome) == "oomKilled");
    CHECK(trial.note == "OOM-killed: signal 9 (Killed)");
}

TEST_CASE(
    "without memory.oom.group a child that is killed makes the trial too small all the same") {
    const auto trial = trialOf(
        hungry({"--take", "8", "--child-per-request", "64"}, "echo 0 > $own/memory.oom.group"),
        32 * MiB, requests);
    CHECK(named(trial.outcome) == "oomKilled");
    CHECK(trial.note == "a child process was OOM-killed, the main one lives");
}
