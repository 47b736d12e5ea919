#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

namespace fs = std::filesystem;
using Document = nlohmann::ordered_json;

constexpr std::string_view expectationEnd = ".expected.json";

/// `k6/threshold.txt`, …: every file below readings/, with or without those that hold expectations.
std::vector<std::string> filesOfReadings(bool expectations) {
    const fs::path root = fixturePath("load/readings");
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const auto name = fs::relative(entry.path(), root).generic_string();
        if (entry.is_regular_file() && name.ends_with(expectationEnd) == expectations) {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

template <typename Value>
void put(Document& document, const char* name, const std::optional<Value>& value) {
    if (value) document[name] = *value;
}

/// All that is read of one output, and how it is judged. What is absent is left out.
std::string documentOf(const ParsedLoad& parsed) {
    const LoadReport& report = parsed.report;
    Document document;
    put(document, "tool", report.tool);
    put(document, "totalSeconds", report.totalSeconds);
    put(document, "fastestSeconds", report.fastestSeconds);
    put(document, "slowestSeconds", report.slowestSeconds);
    put(document, "averageSeconds", report.averageSeconds);
    put(document, "requestsPerSecond", report.requestsPerSecond);
    put(document, "requests", report.requests);
    put(document, "errors", report.errors);
    put(document, "non2xx", report.non2xx);
    put(document, "bytes", report.bytes);
    put(document, "p50", report.latency.p50);
    put(document, "p90", report.latency.p90);
    put(document, "p95", report.latency.p95);
    put(document, "p99", report.latency.p99);
    put(document, "exitCode", report.exitCode);
    put(document, "successes", report.successes());
    document["allFailed"] = report.allFailed();
    document["servedNone"] = report.servedNone();
    document["onlyWallTime"] = parsed.onlyWallTime;
    document["warnings"] = parsed.warnings;
    return document.dump(2) + "\n";
}

}  // namespace

TEST_CASE("every output below readings/ reads as the document beside it says") {
    for (const auto& name : filesOfReadings(false)) {
        CAPTURE(name);
        const auto actual =
            documentOf(parseLoadReport(onOut(readFixture("load/readings/" + name))));
        const auto expected = "load/readings/" + name + std::string(expectationEnd);
        if (fs::exists(fixturePath(expected))) {
            CHECK(actual == readFixture(expected));
        } else {
            FAIL_CHECK(name << " has no expectation beside it; it reads as\n" << actual);
        }
    }
}

TEST_CASE("no expectation below readings/ stands without its output") {
    for (auto name : filesOfReadings(true)) {
        CAPTURE(name);
        name.resize(name.size() - expectationEnd.size());
        CHECK(fs::exists(fixturePath("load/readings/" + name)));
    }
}
