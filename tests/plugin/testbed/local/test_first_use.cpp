#include "testbed/local/first_use.h"

#include <doctest/doctest.h>

using namespace memfit::plugin;

TEST_CASE("what the first use of memory takes is measured, and only once") {
    const auto seconds = firstUseSecondsPerMiB();
    REQUIRE(seconds.has_value());
    CHECK(*seconds > 0);
    CHECK(*seconds < 1);
    CHECK(firstUseSecondsPerMiB() == seconds);
}
