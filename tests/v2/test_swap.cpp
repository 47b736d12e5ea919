#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "support/memfit_binary.h"
#include "v2/machine.h"

using namespace memfit;
using namespace memfit::v2;

namespace {

const std::string oneRequest = MEMFIT_HUNGRY " --get {port} 1";

}  // namespace

TEST_CASE(
    "where the machine swaps, a program that needs more than its limit is killed all the same") {
    const Swap swap;
    const auto trial = trialOf(hungry({"--take", "40"}), 32 * MiB, oneRequest);
    CHECK(named(trial.outcome) == "oomAtStart");
    CHECK(trial.note == "OOM-killed before it was ready: signal 9 (Killed)");
}

TEST_CASE("this machine's swap would hold what does not fit, if a trial were allowed it") {
    const Swap swap;
    const auto trial =
        trialOf(hungry({"--take", "40"}, "echo max > $own/memory.swap.max"), 32 * MiB, oneRequest);
    CHECK(named(trial.outcome) == "survived");
}

TEST_CASE("a squeeze finds the same edge where the machine swaps, and has nothing to say of it") {
    const Swap swap;
    const auto end = test::memfitRun(test::HungryCommand{
        .flags = {"-o", "json", "--load-format", "none"}, .hungry = {"--take", "40"}}
                                         .words());
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto result = nlohmann::json::parse(end.out);
    CHECK(result.at("warnings") == nlohmann::json::array());
    CHECK(result.at("edge").at("estimateBytes").get<double>() / MiB ==
          doctest::Approx(40).epsilon(0.05));
}
