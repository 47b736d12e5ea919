#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

const std::string both =
    "siege does not distinguish answers with a status of 500 and more from failed connections: its "
    "errors are both";

}  // namespace

TEST_CASE("siege: JSON, with 0.00 as unknown") {
    CHECK(lineOf("siege/json_j") ==
          "siege total=0.63 slow=0.05 avg=0.03 rps=158.73 requests=100 errors=0 non2xx=0 "
          "bytes=52429 exit=0");
    CHECK(warningsOf("siege/json_j").empty());
}

TEST_CASE("siege: text on standard error says the same as JSON") {
    CHECK(lineOf("siege/plain") ==
          "siege total=0.63 slow=0.05 avg=0.03 rps=158.73 requests=100 errors=0 non2xx=0 "
          "bytes=52429 exit=0");
}

TEST_CASE("siege: text of newer versions is in milliseconds") {
    CHECK(lineOf("siege/milliseconds") ==
          "siege total=0.63 fast=0.01 slow=0.05 avg=0.02807 rps=158.73 requests=100 errors=0 "
          "non2xx=0 bytes=52429 exit=0");
}

TEST_CASE("siege: text that names no unit of time gives no latencies") {
    const auto text = replaced(readFixture("load/siege/plain.err"), "0.03 secs", "0.03");
    const auto parsed = parseLoadReport(onErr(text));
    CHECK(describe(parsed.report) ==
          "siege total=0.63 rps=158.73 requests=100 errors=0 non2xx=0 bytes=52429 exit=0");
    CHECK(parsed.warnings ==
          std::vector<std::string>{"siege names no unit of time here: latencies are left out"});
}

TEST_CASE("siege: a clock tick of nothing falls back to the measured time") {
    CHECK(lineOf("siege/conn_refused") ==
          "siege total=7.5 rps=0 requests=10 errors=10 non2xx=0 exit=0 allFailed");
    CHECK(warningsOf("siege/conn_refused") == std::vector{both});
}

TEST_CASE("siege: statuses of 500 and failed connections are both errors, and it says so") {
    CHECK(parseLoadReport(loadOutput("siege/errors_500")).report.errors == 100);
    CHECK(parseLoadReport(loadOutput("siege/some_reset")).report.errors == 10);
    CHECK(warningsOf("siege/mixed_503") == std::vector{both});
}

TEST_CASE("siege: a 404 is not a success, whatever its availability says") {
    CHECK(lineOf("siege/notfound") ==
          "siege total=0.01 slow=0.01 rps=0 requests=10 errors=0 non2xx=10 exit=0 allFailed");
}

TEST_CASE("siege: a redirect counts as a request of its own") {
    CHECK(parseLoadReport(loadOutput("siege/redirect")).report.requests == 20);
}

TEST_CASE("siege: what trails the JSON does no harm") {
    auto output = loadOutput("siege/json_j");
    output.out += "LOG FILE: siege.log\nYou can disable this log file notification {here}\n";
    CHECK(describe(parseLoadReport(output).report) == lineOf("siege/json_j"));
}
