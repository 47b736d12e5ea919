#include <doctest/doctest.h>

#include "memfit/advice/recommendation.h"
#include "support/advice.h"

using namespace memfit;
using memfit::test::advised;

namespace {

using Clauses = std::vector<std::string>;

Clauses check(const CurrentSettings& set, const AdvisedSettings& advised) {
    return mismatches(set, advised, 0.05);
}

}  // namespace

TEST_CASE("what is set as advised fits") {
    CHECK(check({36 * MiB, 36 * MiB, "36MiB", "off"}, advised(36, true)).empty());
    CHECK(check({36 * MiB, 36 * MiB, "37748736", "-1"}, advised(36, true)).empty());
    CHECK(check({36 * MiB, 36 * MiB, "off", "100"}, advised(36, false)).empty());
    CHECK(check({}, {}).empty());
}

TEST_CASE("a limit a little above the advice fits, one below does not") {
    CHECK(check({37 * MiB, 37 * MiB, {}, {}}, advised(36, false)).empty());
    CHECK(check({35 * MiB, 36 * MiB, {}, {}}, advised(36, false)) ==
          Clauses{"memory limit is 35Mi, below the advised 36Mi"});
    CHECK(check({38 * MiB, 36 * MiB, {}, {}}, advised(36, false)) ==
          Clauses{"memory limit is 38Mi, above the advised 36Mi"});
}

TEST_CASE("a missing request is the limit, as the API server sets it") {
    CHECK(check({36 * MiB, {}, {}, {}}, advised(36, false)).empty());
    CHECK(check({36 * MiB, 18 * MiB, {}, {}}, advised(36, false)) ==
          Clauses{"memory request is 18Mi, below the advised 36Mi"});
}

TEST_CASE("nothing set does not fit a limit, nor a limit nothing") {
    CHECK(check({}, advised(36, true)) ==
          Clauses{"memory limit is not set, 36Mi is advised",
                  "memory request is not set, 36Mi is advised",
                  "GOMEMLIMIT is not set, the limit, limits.memory, is advised",
                  "GOGC is not set, off is advised"});
    CHECK(check({36 * MiB, 36 * MiB, "36MiB", "off"}, {}) ==
          Clauses{"memory limit is 36Mi, none is advised", "GOMEMLIMIT is 36MiB, none is advised",
                  "GOGC is off, 100 is advised"});
}

TEST_CASE("a GOMEMLIMIT at which Go dies is named") {
    CHECK(check({36 * MiB, 36 * MiB, "36Mi", "off"}, advised(36, true)) ==
          Clauses{"GOMEMLIMIT is 36Mi, at which Go dies at start"});
    CHECK(check({{}, {}, "90%", {}}, {}) ==
          Clauses{"GOMEMLIMIT is 90%, at which Go dies at start"});
}

TEST_CASE("GOMEMLIMIT in the wrong unit does not fit its limit") {
    CHECK(check({36 * MiB, 36 * MiB, "36", "off"}, advised(36, true)) ==
          Clauses{"GOMEMLIMIT is 36, the limit, 36Mi, is advised"});
}

TEST_CASE("an advised literal may be a little lower, never higher") {
    auto literal = advised(100, true);
    literal.gomemlimit = {GomemlimitAdvice::Kind::bytes, 90 * MiB};
    CHECK(check({100 * MiB, 100 * MiB, "90MiB", "off"}, literal).empty());
    CHECK(check({100 * MiB, 100 * MiB, "88MiB", "off"}, literal).empty());
    CHECK(check({100 * MiB, 100 * MiB, "80MiB", "off"}, literal) ==
          Clauses{"GOMEMLIMIT is 80MiB, 90MiB is advised"});
    CHECK(check({100 * MiB, 100 * MiB, "91MiB", "off"}, literal) ==
          Clauses{"GOMEMLIMIT is 91MiB, 90MiB is advised"});
}

TEST_CASE("another GOGC than the measured one does not fit a limit") {
    CHECK(check({36 * MiB, 36 * MiB, {}, "400"}, advised(36, false)) ==
          Clauses{"GOGC is 400, 100 is advised"});
    CHECK(check({{}, {}, {}, "400"}, {}) == Clauses{"GOGC is 400, 100 is advised"});
    CHECK(check({{}, {}, {}, "4OO"}, {}) ==
          Clauses{"GOGC is 4OO, which Go does not understand, 100 is advised"});
}

TEST_CASE("what is left as it is fits, except a GOMEMLIMIT with which Go dies") {
    const auto left = test::leaving(advised(36, false));
    CHECK(check({36 * MiB, 36 * MiB, "30MiB", "50"}, left).empty());
    CurrentSettings unknown{36 * MiB, 36 * MiB, {}, {}};
    unknown.gomemlimitUnknown = unknown.gogcUnknown = true;
    CHECK(check(unknown, left).empty());
    CHECK(check({36 * MiB, 36 * MiB, "30Mi", {}}, left) ==
          Clauses{"GOMEMLIMIT is 30Mi, at which Go dies at start"});
}
