#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

const std::string both =
    "k6 does not distinguish answers with an error status from failed connections: its errors are "
    "both";
const std::string mixed = "k6's latencies include requests that failed";

}  // namespace

TEST_CASE("k6: the passes of http_req_failed are the failures, and duration is count by rate") {
    CHECK(lineOf("k6/export") ==
          "k6 total=10 fast=0.0051 slow=0.0512 avg=0.0283 rps=35 requests=400 errors=50 "
          "bytes=243000 p50=0.0281 p90=0.0461 p95=0.0488 exit=99");
    CHECK(warningsOf("k6/export") == std::vector{both});
}

TEST_CASE("k6: data of handleSummary nests values and has its own duration") {
    CHECK(lineOf("k6/handle_summary") ==
          "k6 total=10.0005 fast=0.0051 slow=0.0512 avg=0.0283 rps=39.998 requests=400 errors=0 "
          "bytes=243000 p50=0.0281 p90=0.0461 p95=0.0488 p99=0.0509 exit=0");
    CHECK(warningsOf("k6/handle_summary").empty());
}

TEST_CASE("k6: the machine-readable summary lists metrics and counts matches") {
    CHECK(lineOf("k6/machine_readable") ==
          "k6 total=10 fast=0.0051 slow=0.0512 avg=0.0283 rps=35 requests=400 errors=50 "
          "bytes=243000 p50=0.0281 p90=0.0461 p95=0.0488 exit=0");
}

TEST_CASE("k6: without latencies of expected answers it says whose they are") {
    CHECK(lineOf("k6/all_failed") ==
          "k6 total=9.99444753 rps=0 requests=9000 errors=9000 bytes=0 exit=0 allFailed");
    CHECK(warningsOf("k6/all_failed") == std::vector{both, mixed});
}

TEST_CASE(
    "k6: a summary without http_req_failed counts requests, and knows no failures and no rate") {
    const auto text =
        replaced(readFixture("load/k6/export.txt"), "\"http_req_failed\"", "\"other\"");
    const auto report = parseLoadReport(onOut(text)).report;
    CHECK(report.requests == 400);
    CHECK(report.errors == std::nullopt);
    CHECK(report.requestsPerSecond == std::nullopt);
    CHECK(report.totalSeconds == 10.0);
}

TEST_CASE("k6: the text at the end of a run, in times like Go's") {
    CHECK(lineOf("k6/text") ==
          "k6 total=10.0005 fast=0.0009512 slow=62.5 avg=0.0283 rps=34.99825 requests=400 "
          "errors=50 bytes=243000 p50=0.0281 p90=0.0461 p95=0.0488 exit=0");
    CHECK(lineOf("k6/text_old") ==
          "k6 total=10.0005 fast=0.0051 slow=0.0512 avg=0.0283 rps=34.99825 requests=400 "
          "errors=50 bytes=243000 p50=0.0281 p90=0.0461 p95=0.0488 exit=0");
}

TEST_CASE("k6: the heading of a threshold is not a row, and a group's rows are not the run's") {
    const auto line = lineOfText(readFixture("load/readings/k6/group_sections.txt"));
    CHECK(line ==
          "k6 total=10.0005 fast=0.0051 slow=0.0512 avg=0.0283 rps=34.99825 requests=400 "
          "errors=50 bytes=243000 p50=0.0281 p90=0.0461 p95=0.0488 exit=0");
}

TEST_CASE("k6: of two runs the last is read, and lends nothing from the first") {
    CHECK(lineOfText(readFixture("load/readings/k6/two_runs.txt")) ==
          lineOfText(readFixture("load/readings/k6/no_dots.txt")));
}
