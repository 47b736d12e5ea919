#include <doctest/doctest.h>

#include "memfit/observe/load/load_report.h"
#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

void checkSane(const LoadReport& report) {
    for (const auto& value :
         {report.totalSeconds, report.fastestSeconds, report.slowestSeconds, report.averageSeconds,
          report.latency.p50, report.latency.p90, report.latency.p95, report.latency.p99}) {
        if (value) REQUIRE(*value > 0);
    }
    if (report.requestsPerSecond) REQUIRE(*report.requestsPerSecond >= 0);
    for (const auto& value : {report.requests, report.errors, report.non2xx, report.bytes}) {
        if (value) REQUIRE(*value >= 0);
    }
}

void checkPrefixes(const std::string& text, bool onErr) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
        LoadOutput output;
        (onErr ? output.err : output.out) = text.substr(0, size);
        checkSane(parseLoadReport(output).report);
    }
}

std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
}

}  // namespace

TEST_CASE("a report cut anywhere is read without harm") {
    namespace fs = std::filesystem;
    for (const auto& entry : fs::recursive_directory_iterator(fixturePath("load"))) {
        const auto extension = entry.path().extension();
        if (extension != ".txt" && extension != ".err") continue;
        CAPTURE(entry.path().string());
        const auto name = fs::relative(entry.path(), fixturePath("")).generic_string();
        if (name == "load/expected.txt") continue;
        checkPrefixes(readFixture(name), extension == ".err");
    }
}

TEST_CASE("numbers out of all range are not taken") {
    auto text = readFixture("load/hey/duration_z.txt");
    text = replaced(text, "[200]\t539", "[200]\t99999999999999999999999999");
    text = replaced(text, "Total:\t3.0276", "Total:\t1e999");
    text = replaced(text, "Total data:\t259259", "Total data:\t-5");
    text = replaced(text, "Average:\t0.0279", "Average:\tinf");
    CHECK(lineOfText(text) ==
          "hey total=7.5 fast=0.0052 slow=0.0519 p50=0.0271 p90=0.0474 p95=0.05 p99=0.0514 exit=0");
}

TEST_CASE("counts that would overflow when added are capped") {
    CHECK(lineOfText(R"({"latencies":{"50th":1e6},"duration":1e9,"status_codes":{)"
                     R"("200":9007199254740992,"201":9007199254740992,"0":9007199254740992}})") ==
          "vegeta total=1 rps=0 requests=9007199254740992 errors=9007199254740992 non2xx=0 "
          "p50=0.001 exit=0 allFailed");
}

TEST_CASE("JSON of the wrong types gives the tool and nothing else") {
    CHECK(lineOfText(R"({"transactions":"many","availability":[],"shortest_transaction":{}})") ==
          "siege total=7.5 exit=0");
    CHECK(lineOfText(R"({"latencies":{"50th":null},"status_codes":[200]})") ==
          "vegeta total=7.5 exit=0");
    CHECK(lineOfText(R"({"root_group":{},"metrics":{"http_reqs":7,"http_req_failed":[]}})") ==
          "k6 total=7.5 exit=0");
    CHECK(lineOfText(R"({"config":1,"results":{"metrics":{"name":"http_reqs"}}})") ==
          "k6 total=7.5 exit=0");
}

TEST_CASE("a long text full of braces, quotes or escapes is not a report, and is read to its end") {
    // Megabytes of each: what takes more than linear time does not come back within the time that
    // a test may take.
    for (const auto* const part :
         {"{", "{\"", "{\"a\":", "{}", "{\"\\", "[{", "\x1b[", "{x}",
          "Summary:\nTotal:", "Requests/sec:", "Code 1 : 2 Ended after "}) {
        CAPTURE(part);
        CHECK(lineOfText(repeated(part, 500'000)).find("requests=") == std::string::npos);
    }
}
