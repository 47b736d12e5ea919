#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

TEST_CASE("hey: a plain report, field by field") {
    LoadReport expected;
    expected.tool = "hey";
    expected.totalSeconds = 3.0276;
    expected.fastestSeconds = 0.0052;
    expected.slowestSeconds = 0.0519;
    expected.averageSeconds = 0.0279;
    expected.requestsPerSecond = 178.0273;
    expected.requests = 539;
    expected.errors = 0;
    expected.non2xx = 0;
    expected.bytes = 259259;
    expected.latency = {0.0271, 0.0474, 0.0500, 0.0514};
    expected.exitCode = 0;
    const auto parsed = parseLoadReport(loadOutput("hey/duration_z"));
    CHECK(parsed.report == expected);
    CHECK(parsed.warnings.empty());
}

TEST_CASE("hey: the rate counts successes only, of a server that died midway") {
    const auto report = parseLoadReport(loadOutput("hey/killed_midrun")).report;
    CHECK(report.requests == 90552);
    CHECK(report.errors == 90206);
    CHECK(report.successes() == 346);
    CHECK(*report.requestsPerSecond == doctest::Approx(346 / 4.0003).epsilon(0.0001));
}

TEST_CASE("hey: when every request failed, NaN and 0.0000 are not times") {
    CHECK(lineOf("hey/conn_refused") ==
          "hey total=0.0021 rps=0 requests=20 errors=20 non2xx=0 exit=0 allFailed");
}

TEST_CASE("hey: percentiles that few samples lose are absent, not zero") {
    const auto one = parseLoadReport(loadOutput("hey/one_request")).report;
    CHECK(one.latency == Latency{});
    const auto twenty = parseLoadReport(loadOutput("hey/qps")).report;
    CHECK(twenty.latency == Latency{0.0006, 0.0009, 0.0012, std::nullopt});
}

TEST_CASE("hey: chunked answers leave the bytes unknown") {
    CHECK(parseLoadReport(loadOutput("hey/chunked")).report.bytes == std::nullopt);
}

TEST_CASE("hey: a percent sign in the URL does not hide the errors") {
    CHECK(parseLoadReport(loadOutput("hey/percent_in_url_refused")).report.errors == 4);
}

TEST_CASE("hey: above a million answers the capped counts are extrapolated and the average goes") {
    const auto parsed = parseLoadReport(loadOutput("hey/million"));
    CHECK(describe(parsed.report) ==
          "hey total=40 fast=0.0052 slow=0.0519 rps=54000 requests=2400000 errors=0 "
          "non2xx=240000 bytes=259259 p50=0.0271 p90=0.0474 p95=0.05 p99=0.0514 exit=0");
    CHECK(parsed.warnings ==
          std::vector<std::string>{"hey keeps the details of a million answers only: counts and "
                                   "percentiles are estimates and the average is left out"});
}

TEST_CASE("hey: the CSV has answers only, so errors stay unknown") {
    const auto parsed = parseLoadReport(loadOutput("hey/csv_ok"));
    CHECK(parsed.report.requests == std::nullopt);
    CHECK(parsed.report.errors == std::nullopt);
    CHECK(parsed.report.slowestSeconds == 0.0496);
    CHECK(parsed.warnings ==
          std::vector<std::string>{"hey's CSV leaves failed requests out: errors are not known"});
}

TEST_CASE("hey: a CSV of no rows means that nothing was answered, and makes up no count") {
    CHECK(lineOf("hey/csv_refused") == "hey total=7.5 rps=0 exit=0 allFailed");
}

TEST_CASE("hey: a report cut before its status codes knows no counts and no rate") {
    const auto text = readFixture("load/hey/duration_z.txt");
    CHECK(lineOfText(text.substr(0, text.find("Status code"))) ==
          "hey total=3.0276 fast=0.0052 slow=0.0519 avg=0.0279 bytes=259259 p50=0.0271 "
          "p90=0.0474 p95=0.05 p99=0.0514 exit=0");
}
