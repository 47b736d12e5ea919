#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

const std::string mixed = "fortio's percentiles include requests that failed: they are left out";

}  // namespace

TEST_CASE("fortio: JSON behind a line of its own, latencies in seconds, duration in nanoseconds") {
    CHECK(lineOf("fortio/json") ==
          "fortio total=4 fast=0.0051 slow=0.0512 avg=0.0283 rps=100 requests=400 errors=0 "
          "non2xx=0 bytes=240000 p50=0.0281 p90=0.0461 p99=0.0509 exit=0");
    CHECK(warningsOf("fortio/json").empty());
}

TEST_CASE("fortio: failed requests are taken out of the average and the extremes") {
    // (5.68 s - 0.04 s) / (400 - 200); the fastest was a failure, the slowest was none.
    CHECK(lineOf("fortio/json_killed") ==
          "fortio total=4 slow=0.0512 avg=0.0282 rps=50 requests=400 errors=180 non2xx=20 "
          "bytes=240000 exit=0");
    CHECK(warningsOf("fortio/json_killed") == std::vector{mixed});
}

TEST_CASE("fortio: without a histogram of errors nothing is said of the successes' times") {
    const auto text = replaced(readFixture("load/fortio/json_killed.txt"),
                               "\"ErrorsDurationHistogram\"", "\"Other\"");
    CHECK(lineOfText(text) ==
          "fortio total=4 rps=50 requests=400 errors=180 non2xx=20 bytes=240000 exit=0");
}

TEST_CASE("fortio: text says what JSON does") {
    CHECK(lineOf("fortio/text") ==
          "fortio total=4.0001 fast=0.0051 slow=0.0512 avg=0.0283 rps=99.998 requests=400 "
          "errors=0 non2xx=0 bytes=240000 p50=0.0281 p90=0.0461 p99=0.0509 exit=0");
    CHECK(lineOf("fortio/text_killed") ==
          "fortio total=4.0001 slow=0.0512 avg=0.0282 rps=49.999 requests=400 errors=180 "
          "non2xx=20 bytes=240000 exit=0");
}
