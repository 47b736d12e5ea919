#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

const std::string useJson =
    "autocannon's table is rounded and follows the locale: little of it is read; use autocannon -j";

}  // namespace

TEST_CASE("autocannon: JSON in milliseconds; requests are the answered, not the sent") {
    CHECK(lineOf("autocannon/json") ==
          "autocannon total=2.01 fast=0.005 slow=0.056 avg=0.02816 rps=172.139303 requests=346 "
          "errors=0 non2xx=0 bytes=202064 p50=0.028 p90=0.046 p99=0.051 exit=0");
}

TEST_CASE("autocannon: times below its millisecond are left out, not zero") {
    CHECK(lineOf("autocannon/json_mixed") ==
          "autocannon total=2.01 slow=0.009 rps=36321.8905 requests=81119 errors=0 non2xx=8112 "
          "bytes=43633864 exit=0");
}

TEST_CASE("autocannon: when every request failed its zeros are not times") {
    CHECK(lineOf("autocannon/json_refused") ==
          "autocannon total=2.01 rps=0 requests=44104 errors=44104 non2xx=0 bytes=0 exit=0 "
          "allFailed");
    CHECK(parseLoadReport(loadOutput("autocannon/json_err500")).report.allFailed());
}

TEST_CASE(
    "autocannon: of the table the lines below it are read, and no rate where they are rounded") {
    CHECK(lineOf("autocannon/table") == "autocannon total=2.01 requests=361 errors=0 exit=0");
    CHECK(lineOf("autocannon/table_killed") ==
          "autocannon total=4.01 requests=47000 errors=46000 exit=0");
    CHECK(lineOf("autocannon/table_mixed") ==
          "autocannon total=2.01 rps=36924.3781 requests=82464 errors=0 non2xx=8246 exit=0");
    CHECK(warningsOf("autocannon/table") == std::vector{useJson});
}

TEST_CASE("autocannon: a table that read nothing tells that all failed") {
    CHECK(lineOf("autocannon/table_refused") ==
          "autocannon total=2.01 rps=0 requests=42000 errors=42000 exit=0 allFailed");
    CHECK(lineOf("autocannon/table_timeout") ==
          "autocannon total=3.02 rps=0 requests=5 errors=5 exit=0 allFailed");
}

TEST_CASE("autocannon: a table in another locale reads the same") {
    auto output = loadOutput("autocannon/table_mixed");
    output.err = replaced(output.err, "41,232", "41.232");
    CHECK(describe(parseLoadReport(output).report) == lineOf("autocannon/table_mixed"));
}

TEST_CASE("autocannon: its table is not taken for wrk's, though both begin alike") {
    CHECK(parseLoadReport(loadOutput("autocannon/table"), LoadFormat::wrk).report.tool ==
          std::nullopt);
}
