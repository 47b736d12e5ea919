#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

const std::string countedTwice =
    "ab -r counts a failed request several times and as answered in 0 ms: the number of errors is "
    "an estimate and the latencies are left out";
const std::string otherLength =
    "ab counts answers of another length than the first as failed; here they are not (ab -l does "
    "the same)";
const std::string redirects =
    "ab does not follow redirects and counts them among the answers without success";

}  // namespace

TEST_CASE("ab: the average is that of the connection times, not the time per request") {
    CHECK(lineOf("ab/slow") ==
          "ab total=0.623 fast=0.006 slow=0.052 avg=0.029 rps=321.12 requests=200 errors=0 "
          "non2xx=0 bytes=96200 p50=0.029 p90=0.046 p95=0.049 p99=0.051 exit=0");
}

TEST_CASE("ab: a time of 0 ms is one below the resolution, not zero") {
    const auto report = parseLoadReport(loadOutput("ab/normal")).report;
    CHECK(report.fastestSeconds == std::nullopt);
    CHECK(report.latency == Latency{std::nullopt, 0.001, 0.001, 0.002});
}

TEST_CASE("ab: answers of another length are not failures") {
    const auto parsed = parseLoadReport(loadOutput("ab/var_nol"));
    CHECK(parsed.report.errors == 0);
    CHECK(parsed.report.successes() == 200);
    CHECK(parsed.report.requestsPerSecond == 15769.14);
    CHECK(parsed.warnings == std::vector{otherLength});
}

TEST_CASE("ab: answers without success leave the rate though ab reports no failure") {
    const auto parsed = parseLoadReport(loadOutput("ab/non2xx"));
    CHECK(parsed.report.non2xx == 200);
    CHECK(parsed.report.requestsPerSecond == 0.0);
    CHECK(parsed.report.allFailed());
    CHECK(parsed.warnings == std::vector{redirects});
}

TEST_CASE("ab: redirects are answers without success") {
    CHECK(parseLoadReport(loadOutput("ab/redirect")).report.non2xx == 20);
    CHECK(warningsOf("ab/redirect") == std::vector{redirects});
}

TEST_CASE("ab -r: all failed, though it prints 40 failures of 20 and latencies of zero") {
    CHECK(lineOf("ab/all_reset_r") ==
          "ab total=0.004 rps=0 requests=20 errors=20 non2xx=0 bytes=0 exit=0 allFailed");
    CHECK(warningsOf("ab/all_reset_r") == std::vector{countedTwice});
}

TEST_CASE("ab -r: of a server that died midway the rate is near the true one") {
    const auto report = parseLoadReport(loadOutput("ab/killed_midrun_k_r")).report;
    CHECK(report.requests == 500);
    // The server answered 161.
    CHECK(*report.successes() == doctest::Approx(161).epsilon(0.02));
    CHECK(*report.requestsPerSecond == doctest::Approx(161 / 0.996).epsilon(0.02));
    CHECK(report.latency == Latency{});
    CHECK(report.averageSeconds == std::nullopt);
    CHECK(report.slowestSeconds == 0.051);
}

TEST_CASE("ab: a run that the first failure ended") {
    CHECK(lineOf("ab/conn_refused") == "ab total=7.5 rps=0 requests=1 errors=1 exit=111 allFailed");
    CHECK(lineOf("ab/timeouts_s") == "ab total=7.5 rps=0 requests=1 errors=1 exit=119 allFailed");
    CHECK(lineOf("ab/killed_midrun") == "ab total=7.5 requests=168 errors=1 exit=111");
}

TEST_CASE("ab: a run that a signal ended says nothing of failures") {
    CHECK(lineOf("ab/sigterm") == "ab total=7.5 exit=143");
    CHECK(parseLoadReport(loadOutput("ab/sigint")).report.requests == 72);
}

TEST_CASE("ab -e: times with three decimals are preferred") {
    CHECK(lineOf("ab/percentiles_csv") ==
          "ab total=1.469 fast=0.006147 slow=0.050181 avg=0.029 rps=68.07 requests=100 errors=0 "
          "non2xx=0 bytes=48100 p50=0.028953 p90=0.048153 p95=0.049142 p99=0.050181 exit=0");
    CHECK(lineOfText(
              "Percentage served,Time in ms\n0,0.120\n50,0.310\n90,0.5\n95,1\n99,2\n100,3\n") ==
          "ab total=7.5 fast=0.00012 slow=0.003 p50=0.00031 p90=0.0005 p95=0.001 p99=0.002 "
          "exit=0");
}

TEST_CASE("ab -S: without deviation and median the columns are three") {
    const auto report = parseLoadReport(loadOutput("ab/no_median")).report;
    CHECK(report.fastestSeconds == 0.006);
    CHECK(report.averageSeconds == 0.025);
    CHECK(report.slowestSeconds == 0.05);
}

TEST_CASE("ab -d and a single request have no percentiles") {
    CHECK(parseLoadReport(loadOutput("ab/no_percentiles")).report.latency == Latency{});
    CHECK(parseLoadReport(loadOutput("ab/one_request")).report.latency == Latency{});
}

TEST_CASE("ab -w is recognised and not read") {
    CHECK(lineOf("ab/html") == "ab total=7.5 exit=0");
    CHECK(warningsOf("ab/html") ==
          std::vector<std::string>{"ab's HTML (-w) is not read; leave -w out"});
}
