#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

#include "memfit/trial/trial.h"

using memfit::Mode;
using memfit::Outcome;

TEST_CASE("outcomes have the names of the documents, there and back") {
    struct Row {
        Outcome outcome;
        std::string name;
        bool edge;
        bool tooSmall;
        bool oom;
    };
    const std::array rows{
        Row{Outcome::survived, "survived", true, false, false},
        Row{Outcome::oomKilled, "oomKilled", true, true, true},
        Row{Outcome::oomAtStart, "oomAtStart", true, true, true},
        Row{Outcome::belowFloor, "belowFloor", true, true, false},
        Row{Outcome::crashed, "crashed", false, false, false},
        Row{Outcome::neverReady, "neverReady", false, false, false},
        Row{Outcome::loadFailed, "loadFailed", false, false, false},
        Row{Outcome::evicted, "evicted", false, false, false},
        Row{Outcome::unschedulable, "unschedulable", false, false, false},
        Row{Outcome::imageError, "imageError", false, false, false},
        Row{Outcome::inconclusive, "inconclusive", false, false, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        CHECK(std::string(memfit::toString(row.outcome)) == row.name);
        CHECK((memfit::outcomeFromString(row.name) == row.outcome));
        CHECK(memfit::saysSomethingAboutTheEdge(row.outcome) == row.edge);
        CHECK(memfit::isTooSmall(row.outcome) == row.tooSmall);
        CHECK(memfit::isOomKill(row.outcome) == row.oom);
    }
}

TEST_CASE("names that no document has are not understood") {
    CHECK(memfit::outcomeFromString("OOMKilled") == std::nullopt);
    CHECK(memfit::outcomeFromString("") == std::nullopt);
    CHECK(memfit::modeFromString("Plain") == std::nullopt);
}

TEST_CASE("modes have the names of the command line") {
    CHECK(std::string(memfit::toString(Mode::plain)) == "plain");
    CHECK(std::string(memfit::toString(Mode::gomemlimit)) == "gomemlimit");
    CHECK((memfit::modeFromString("plain") == Mode::plain));
    CHECK((memfit::modeFromString("gomemlimit") == Mode::gomemlimit));
}

TEST_CASE("a plain trial sets both variables explicitly, so that nothing inherited blurs it") {
    const auto settings = memfit::plainSettings(std::nullopt);
    CHECK(settings.limit == std::nullopt);
    CHECK((settings.mode == Mode::plain));
    CHECK(settings.gomemlimit == std::nullopt);
    CHECK(settings.gogc == "100");
}

TEST_CASE("a gomemlimit trial turns the periodic collector off") {
    const auto settings = memfit::gomemlimitSettings(36 * memfit::MiB, 32 * memfit::MiB);
    CHECK(settings ==
          memfit::Settings{36 * memfit::MiB, Mode::gomemlimit, 32 * memfit::MiB, "off"});
}
