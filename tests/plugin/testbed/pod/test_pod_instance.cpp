#include "testbed/pod/pod_instance.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace memfit;
using namespace memfit::plugin;

namespace {

struct Meaning {
    PodState state;
    bool running;
    bool oomKilled;
    std::optional<Outcome> foreign;
};

}  // namespace

TEST_CASE("every end of a pod is told as what it says about the edge, or as saying nothing") {
    const std::vector<Meaning> meanings{
        {PodState::starting, true, false, std::nullopt},
        {PodState::running, true, false, std::nullopt},
        {PodState::ready, true, false, std::nullopt},
        {PodState::oomKilled, false, true, std::nullopt},
        {PodState::oomAtStart, false, true, std::nullopt},
        {PodState::crashed, false, false, std::nullopt},
        {PodState::ambiguous137, false, false, Outcome::inconclusive},
        {PodState::completed, false, false, std::nullopt},
        {PodState::initFailed, false, false, std::nullopt},
        {PodState::evicted, false, false, Outcome::evicted},
        {PodState::deadline, false, false, Outcome::inconclusive},
        {PodState::unschedulable, false, false, Outcome::unschedulable},
        {PodState::imageError, false, false, Outcome::imageError},
        {PodState::configError, false, false, std::nullopt},
        {PodState::deleted, false, false, Outcome::inconclusive},
        {PodState::unknown, false, false, Outcome::inconclusive},
    };
    for (const auto& meaning : meanings) {
        const auto status = instanceStatus({meaning.state, "as told", 3});
        CAPTURE(std::string(toString(meaning.state)));
        CHECK(status.running == meaning.running);
        CHECK(status.oomKilled == meaning.oomKilled);
        CHECK((status.foreign == meaning.foreign));
        CHECK(status.detail == "as told");
        // An end of an init container is not an end of the program.
        if (meaning.state != PodState::initFailed) CHECK(status.exitCode == 3);
        if (meaning.state == PodState::initFailed) CHECK_FALSE(status.exitCode.has_value());
    }
}

TEST_CASE("a pod that told no exit code has none, and its last words keep no secrets") {
    const auto status =
        instanceStatus({PodState::configError, "cannot run --token=abc.def", std::nullopt});
    CHECK_FALSE(status.exitCode.has_value());
    CHECK(status.detail == "cannot run --token=<redacted>");
}
