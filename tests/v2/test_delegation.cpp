#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/memfit_binary.h"
#include "v2/machine.h"

using namespace memfit;
using namespace memfit::v2;
using nlohmann::json;

namespace {

/// Where systemd-run --user --scope puts a program.
const std::string scopePath = "user.slice/user-1000.slice/run-1.scope";

test::HungryCommand steady() {
    return {.flags = {"-o", "json", "--load-format", "none"}, .hungry = {"--take", "30"}};
}

/// A squeeze in this cgroup by a user who has a home of his own.
test::BinaryEnd squeezeAsUser(const Cgroup& scope) {
    const test::TemporaryFolder home;
    REQUIRE(::chown(home.path().c_str(), ordinaryUser, ordinaryUser) == 0);
    return test::memfitRun(steady().words(), {.before = scope.enteringAs(ordinaryUser),
                                              .env = {{"HOME", home.path().string()},
                                                      {"XDG_STATE_HOME", home.path().string()}}});
}

json documentOf(const test::BinaryEnd& end) {
    CAPTURE(end.err);
    CHECK(end.code == 0);
    REQUIRE(json::accept(end.out));
    return json::parse(end.out);
}

/// The whole of what is said where limits are only watched.
std::string watched(const std::string& why) {
    return "no memory cgroup (" + why +
           "): limits are kept by looking at the memory of the processes every few milliseconds, "
           "which misses short spikes and kernel memory, so the true edge lies higher than the one "
           "found; start memfit with systemd-run --user --scope -p Delegate=yes, or as root";
}

void checkWatched(const json& result, const std::string& why) {
    CHECK(result.at("environment").at("enforcement") == "rss-watchdog");
    CHECK(result.at("warnings") == json::array({{{"code", "no-cgroup"}, {"text", watched(why)}}}));
}

}  // namespace

TEST_CASE("an ordinary user whose cgroup is delegated measures in it, and leaves it as it was") {
    const Cgroup scope(scopePath);
    scope.delegateTo(ordinaryUser);
    const auto result = documentOf(squeezeAsUser(scope));
    CHECK(result.at("environment").at("enforcement") == "cgroup-v2");
    CHECK(result.at("warnings") == json::array());
    CHECK(result.at("edge").at("estimateBytes").get<double>() / MiB ==
          doctest::Approx(30).epsilon(0.1));
    CHECK(scope.children() == std::vector<std::string>{});
    CHECK(test::readText(scope.folder() / "cgroup.subtree_control") == "");
}

TEST_CASE("an ordinary user whose cgroup is not delegated is told how to get one that is") {
    const Cgroup scope(scopePath);
    checkWatched(documentOf(squeezeAsUser(scope)),
                 scope.folder().string() + " is not delegated to us: Permission denied");
}

TEST_CASE("a delegated cgroup with other processes in it cannot be used, and the way out is told") {
    const Cgroup scope(scopePath);
    scope.delegateTo(ordinaryUser);
    plugin::EventLoop loop;
    auto words = scope.enteringAs(ordinaryUser);
    words.insert(words.end(), {"sleep", "600"});
    const auto shell = plugin::Child::start(loop, words, {});
    REQUIRE(shell.has_value());
    const auto joined = [&] {
        return test::readText(scope.folder() / "cgroup.procs") ==
               std::to_string((*shell)->pid()) + "\n";
    };
    REQUIRE(test::comesTrue(loop, joined, 10));
    checkWatched(documentOf(squeezeAsUser(scope)),
                 scope.folder().string() + " holds other processes");
    CHECK(scope.children() == std::vector<std::string>{});
}
