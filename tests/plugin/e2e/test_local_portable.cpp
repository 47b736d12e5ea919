#include <doctest/doctest.h>

#include "support/fixtures.h"
#include "support/memfit_binary.h"

using namespace memfit::test;

TEST_CASE("--local is refused where there is no Linux, before anything is read or started") {
    const std::string refusal =
        "error: --local needs Linux, whose memory cgroups it measures in; measure in a cluster "
        "instead\n";
    for (const std::string command : {"probe", "squeeze", "bench", "recommend"}) {
        for (const std::vector<std::string>& flags :
             {std::vector<std::string>{}, {"--dry-run"}, {"-o", "json"}}) {
            CAPTURE(command);
            const auto end = memfitRun(HungryCommand{.command = command, .flags = flags}.words());
            CHECK(end.code == 2);
            CHECK(end.out.empty());
            CHECK(end.err == refusal);
        }
    }
    const auto ofNoFile = HungryCommand{.command = "bench", .flags = {"-f", "/no/such/file"}};
    CHECK(memfitRun(ofNoFile.words()).err == refusal);
}

TEST_CASE("documents of a program of another machine are not measured on where there is no Linux") {
    auto squeezed = readFixture("replay/seed-squeeze.json");
    const auto type = squeezed.find("\"type\": \"deployment\"");
    REQUIRE(type != std::string::npos);
    squeezed.replace(type, 20, R"("type": "process", "command": ["./sales-api"])");
    const auto end = memfitRun({"bench", "-q", "-f", "-"}, {.input = squeezed});
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK(end.err ==
          "error: --local needs Linux, whose memory cgroups it measures in; measure in a cluster "
          "instead\n");
}
