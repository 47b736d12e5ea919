#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

TEST_CASE("bombardier: JSON behind progress, in microseconds; the rate is count by time") {
    CHECK(lineOf("bombardier/json") ==
          "bombardier total=2 slow=0.0512 avg=0.0283005 rps=200 requests=400 errors=0 non2xx=0 "
          "bytes=240000 p50=0.0281 p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
    CHECK(warningsOf("bombardier/json").empty());
}

TEST_CASE("bombardier: others are failed connections, and Go's escapes are no obstacle") {
    CHECK(lineOf("bombardier/json_killed") ==
          "bombardier total=2 slow=0.0512 avg=0.0002835 rps=50 requests=41130 errors=41000 "
          "non2xx=30 bytes=60000 exit=0");
    CHECK(warningsOf("bombardier/json_killed") ==
          std::vector<std::string>{"bombardier's latencies include requests that failed"});
}

TEST_CASE("bombardier: text has counts and latencies, but no rate of successes") {
    CHECK(lineOf("bombardier/text") ==
          "bombardier total=7.5 slow=0.0512 avg=0.0283 requests=400 errors=0 non2xx=20 p50=0.0281 "
          "p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
    CHECK(warningsOf("bombardier/text") ==
          std::vector<std::string>{
              "bombardier's text has neither duration nor rate; use bombardier -o json -p r"});
}
