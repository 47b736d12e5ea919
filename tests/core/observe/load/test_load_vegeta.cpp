#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

const std::string mixed = "vegeta's latencies include requests that failed";

}  // namespace

TEST_CASE("vegeta: JSON in nanoseconds; the time is that of the attack and of the wait") {
    CHECK(lineOf("vegeta/json") ==
          "vegeta total=4 fast=0.0051 slow=0.0512 avg=0.0283 rps=100 requests=400 errors=0 "
          "non2xx=0 bytes=192400 p50=0.0281 p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
}

TEST_CASE("vegeta: code 0 is not an answer, and redirects are not a success") {
    CHECK(lineOf("vegeta/json_killed") ==
          "vegeta total=4 fast=9e-05 slow=0.0512 avg=0.01415 rps=37.5 requests=400 errors=180 "
          "non2xx=70 bytes=72150 p50=0.0051 p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
    CHECK(warningsOf("vegeta/json_killed") == std::vector{mixed});
}

TEST_CASE("vegeta: text in Go's durations") {
    CHECK(lineOf("vegeta/text") ==
          "vegeta total=4 fast=9e-05 slow=62.5 avg=0.01415 rps=37.5 requests=400 errors=180 "
          "non2xx=70 bytes=72150 p50=0.0051 p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
}

TEST_CASE("vegeta: text of older versions has fewer columns") {
    CHECK(lineOf("vegeta/text_old") ==
          "vegeta total=4 slow=0.0512 avg=0.0283 rps=100 requests=400 errors=0 non2xx=0 "
          "bytes=192400 p50=0.0281 p95=0.0488 p99=0.0509 exit=0");
}
