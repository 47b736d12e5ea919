#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

TEST_CASE("oha: requests cut off at the deadline are neither requests nor in the rate") {
    CHECK(lineOf("oha/json") ==
          "oha total=2 fast=0.0051 slow=0.0512 avg=0.0283 rps=200 requests=400 errors=0 non2xx=0 "
          "bytes=192400 p50=0.0281 p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
}

TEST_CASE("oha: errors and statuses other than 2xx leave the rate") {
    CHECK(lineOf("oha/json_killed") ==
          "oha total=2 fast=0.0051 slow=0.0512 avg=0.0283 rps=50 requests=2000 errors=1800 "
          "non2xx=100 bytes=48100 p50=0.0281 p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
}

TEST_CASE("oha: null is unknown") {
    CHECK(lineOf("oha/json_refused") ==
          "oha total=2 rps=0 requests=18000 errors=18000 non2xx=0 bytes=0 exit=0 allFailed");
}

TEST_CASE("oha: text has one unit throughout, and older versions say secs") {
    const std::string line =
        "oha total=2 fast=0.0051 slow=0.0512 avg=0.0283 rps=190 requests=400 errors=0 non2xx=20 "
        "bytes=192399 p50=0.0281 p90=0.0461 p95=0.0488 p99=0.0509 exit=0";
    CHECK(lineOf("oha/text") == line);
    CHECK(lineOf("oha/text_old") == line);
}

TEST_CASE("oha: the unit of a long run is ten seconds") {
    auto text = readFixture("load/oha/text.txt");
    for (std::size_t at = 0; (at = text.find(" ms", at)) != std::string::npos;) {
        text.replace(at, 3, " 10 sec");
    }
    CHECK(lineOfText(text) ==
          "oha total=20000 fast=51 slow=512 avg=283 rps=190 requests=400 errors=0 non2xx=20 "
          "bytes=192399 p50=281 p90=461 p95=488 p99=509 exit=0");
}
