#include <doctest/doctest.h>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

TEST_CASE("wrk: a report with percentiles, field by field") {
    LoadReport expected;
    expected.tool = "wrk";
    expected.totalSeconds = 3.01;
    expected.slowestSeconds = 0.05142;
    expected.averageSeconds = 0.02842;
    expected.requestsPerSecond = 349.20;
    expected.requests = 1050;
    expected.errors = 0;
    expected.non2xx = 0;
    expected.bytes = 613202;
    expected.latency = {0.02867, 0.04642, std::nullopt, 0.05099};
    expected.exitCode = 0;
    CHECK(describe(parseLoadReport(loadOutput("wrk/slow_latency")).report) == describe(expected));
}

TEST_CASE("wrk: without --latency there are no percentiles") {
    CHECK(parseLoadReport(loadOutput("wrk/normal")).report.latency == Latency{});
}

TEST_CASE("wrk: m is minutes") {
    CHECK(readFixture("load/wrk/minutes.txt").find("requests in 1.02m,") != std::string::npos);
    CHECK(*parseLoadReport(loadOutput("wrk/minutes")).report.totalSeconds == doctest::Approx(61.2));
}

TEST_CASE("wrk: units of latency change from row to row") {
    const auto report = parseLoadReport(loadOutput("wrk/lua_done")).report;
    CHECK(*report.averageSeconds == doctest::Approx(453.89e-6));
    CHECK(*report.latency.p50 == doctest::Approx(75e-6));
    CHECK(*report.latency.p90 == doctest::Approx(1.45e-3));
    const auto second = replaced(readFixture("load/wrk/mixed.txt"), "8.75ms", " 1.07s");
    CHECK(parseLoadReport(onOut(second)).report.slowestSeconds == 1.07);
}

TEST_CASE("wrk: -nan% and 0.00us are not latencies") {
    CHECK(lineOf("wrk/sock_errors_all") ==
          "wrk total=2.1 rps=0 requests=23708 errors=23708 non2xx=0 bytes=0 exit=0 allFailed");
}

TEST_CASE("wrk: failures of the socket are requests too, but not in the rate") {
    const auto report = parseLoadReport(loadOutput("wrk/killed_midrun")).report;
    CHECK(report.requests == 349 + 5 + 94980);
    CHECK(report.errors == 5 + 94980);
    CHECK(report.requestsPerSecond == 87.20);
}

TEST_CASE("wrk: answers that came too late are errors, once") {
    const auto report = parseLoadReport(loadOutput("wrk/timeouts")).report;
    CHECK(report.requests == 33);
    CHECK(report.errors == 8);
    CHECK(*report.requestsPerSecond == doctest::Approx(10.98 * 25 / 33));
}

TEST_CASE("wrk: answers of 400 and above leave the rate, redirects cannot be told") {
    CHECK(*parseLoadReport(loadOutput("wrk/mixed")).report.requestsPerSecond ==
          doctest::Approx(54585.11 * (114607 - 11460) / 114607));
    CHECK(parseLoadReport(loadOutput("wrk/non2xx")).report.allFailed());
    CHECK(parseLoadReport(loadOutput("wrk/redirect")).report.non2xx == 0);
}

TEST_CASE("wrk: a refused connection is told from standard error alone") {
    CHECK(lineOf("wrk/conn_refused") == "wrk total=7.5 rps=0 requests=1 errors=1 exit=1 allFailed");
}

TEST_CASE("wrk2: a tool of its own, which the name of its program chooses too") {
    const auto output = onOut(readFixture("load/readings/wrk2/latency.txt"));
    CHECK(parseLoadReport(output).report.tool == "wrk2");
    CHECK(parseLoadReport(output, LoadFormat::wrk).report == parseLoadReport(output).report);
    CHECK(parseLoadReport(loadOutput("wrk/normal"), LoadFormat::wrk2).report.tool == std::nullopt);
}

TEST_CASE("wrk2: connections that wait are not answers that came too late") {
    const auto parsed = parseLoadReport(onOut(readFixture("load/readings/wrk2/spectrum.txt")));
    CHECK(describe(parsed.report) ==
          "wrk2 total=30 slow=0.0125 avg=0.0066 rps=1999.6801 requests=130021 errors=70003 "
          "non2xx=18 bytes=20772291 p50=0.00667 p90=0.00914 p95=0.009855 p99=0.01118 exit=0");
    CHECK(parsed.report.successes() == 60000);
}
