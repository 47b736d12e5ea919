// A whole squeeze, in a simulated cluster.

#include <doctest/doctest.h>

#include "commands/commands.h"
#include "support/fake_world.h"
#include "support/fixtures.h"

using namespace memfit;
using namespace memfit::plugin;
using Json = nlohmann::json;

namespace {

struct World : test::FakeCommand {
    World() {
        cluster.add(test::fakeDeployment("api", "128Mi"));
        cluster.pages[3000]["/"] = {200, "hello"};
        cluster.pages[3000]["/debug/vars"] = {
            200, test::readText(test::fixturePath("memstats/expvar-go1.19.json"))};
        cluster.loadReport = test::readText(test::fixturePath("load/hey/normal_n.txt"));
        cluster.edge = 48 * MiB;
        (void)loop.pause(5);
        options.target = {"deploy/api"};
        options.load = "hey -n 200 -c 10 {url}/";
        options.loadImage = "hey:1";
        options.via = Via::pod;
        options.yes = true;
        options.output = OutputFormat::json;
    }

    [[nodiscard]] Result<int> squeeze() {
        return runSqueeze(
            {CommandKind::squeeze, options, streams, loop, progress,
             [this]() -> Result<std::unique_ptr<ClusterTarget>> { return connected(); }});
    }
};

}  // namespace

TEST_CASE("a squeeze in a cluster finds the edge, from copies and in place, and leaves nothing") {
    for (const bool inPlace : {false, true}) {
        World world;
        const auto before = world.cluster.find(Resource::deployments, "api")->at("spec");
        world.options.inPlace = inPlace;
        const auto code = world.squeeze();
        CAPTURE(inPlace);
        CAPTURE(world.err.str());
        REQUIRE_MESSAGE(code.has_value(), (code ? "" : code.error().message()));
        const auto document = Json::parse(world.out.str());
        const auto least = document.at("minimumBytes").get<Bytes>();
        CHECK(least >= 48 * MiB);
        // What it names keeps a distance, for loads that need more than those it saw.
        CHECK(least <= 56 * MiB);
        CHECK(world.cluster.names(Resource::pods).size() == 1);
        CHECK(world.cluster.find(Resource::deployments, "api")->at("spec") == before);
        CHECK(world.cluster.names(Resource::replicaSets).size() == 1);
        CHECK(journaledRuns().empty());
    }
}

TEST_CASE("a squeeze that is interrupted in its midst prints what it has, and leaves nothing") {
    World world;
    world.cluster.before = [&](const std::string& call) -> std::optional<CallError> {
        if (call == "create pods/memfit-api-r1-4") (void)std::raise(SIGINT);
        return std::nullopt;
    };
    const auto code = world.squeeze();
    REQUIRE(code.has_error());
    CHECK((code.error().kind == ErrorKind::interrupted));
    CHECK(Json::parse(world.out.str()).at("partial") == true);
    CHECK(world.cluster.names(Resource::pods).size() == 1);
    CHECK(journaledRuns().empty());
}
