#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "memfit/observe/load/load_report.h"
#include "support/load_reports.h"

using namespace memfit;
using namespace memfit::test;

namespace {

constexpr std::array allTools{
    LoadFormat::hey,        LoadFormat::wrk,        LoadFormat::ab, LoadFormat::siege,
    LoadFormat::autocannon, LoadFormat::oha,        LoadFormat::k6, LoadFormat::vegeta,
    LoadFormat::fortio,     LoadFormat::bombardier,
};

/// `hey/normal_n`, …: every fixture that has an exit code.
std::vector<std::string> fixtureNames() {
    namespace fs = std::filesystem;
    const fs::path root = fixturePath("load");
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (entry.path().extension() != ".rc") continue;
        names.push_back(fs::relative(entry.path(), root).replace_extension("").generic_string());
    }
    std::ranges::sort(names);
    return names;
}

std::string readAs(const LoadOutput& output, LoadFormat format) {
    return parseLoadReport(output, format).report.tool.value_or("");
}

const std::string unknownWarning =
    "the load command's output holds no report that memfit knows: only its duration and exit code "
    "are used";

}  // namespace

TEST_CASE("every fixture reads as its expected line says") {
    std::string lines;
    for (const auto& name : fixtureNames()) lines += name + ": " + lineOf(name) + "\n";
    CHECK(lines == readFixture("load/expected.txt"));
}

TEST_CASE("every report is taken for one tool's only") {
    for (const auto& name : fixtureNames()) {
        CAPTURE(name);
        const auto output = loadOutput(name);
        std::string takers;
        for (const auto format : allTools) takers += readAs(output, format);
        CHECK(takers == readAs(output, LoadFormat::automatic));
    }
}

TEST_CASE("a report is found among other lines") {
    for (const auto& name : fixtureNames()) {
        CAPTURE(name);
        auto output = loadOutput(name);
        if (output.out.empty()) continue;
        const auto plain = parseLoadReport(output);
        output.out = "cd bench && ./run {url} [1/2]\nmake: Entering directory 'bench {'\n" +
                     output.out + "\nmake: Leaving directory 'bench }'\n{\"took\": 3}\n";
        CHECK(describe(parseLoadReport(output).report) == describe(plain.report));
    }
}

TEST_CASE("a report with terminal colours and carriage returns reads the same") {
    for (const auto* const name : {"hey/killed_midrun", "oha/text", "wrk/mixed", "k6/text"}) {
        CAPTURE(name);
        auto output = loadOutput(name);
        const auto plain = parseLoadReport(output);
        std::string coloured;
        for (const char c : output.out) {
            coloured += c == '\n' ? "\x1b[0m\r\n\x1b[1;32m" : std::string(1, c);
        }
        output.out = coloured;
        CHECK(describe(parseLoadReport(output).report) == describe(plain.report));
    }
}

TEST_CASE("both streams in one read the same") {
    for (const auto* const name : {"siege/plain_mixed", "ab/killed_midrun", "autocannon/table"}) {
        CAPTURE(name);
        auto output = loadOutput(name);
        const auto apart = parseLoadReport(output);
        output.out += output.err;
        output.err.clear();
        CHECK(describe(parseLoadReport(output).report) == describe(apart.report));
    }
}

TEST_CASE("of several runs of one tool the last one is read") {
    for (const auto* const tool :
         {"hey/normal_n hey/duration_z", "wrk/mixed wrk/slow_latency", "ab/normal ab/slow",
          "siege/normal siege/slow", "vegeta/text vegeta/text_old",
          "fortio/text_killed fortio/text"}) {
        const std::string pair = tool;
        CAPTURE(pair);
        const auto space = pair.find(' ');
        const auto last = pair.substr(space + 1);
        const auto text = readFixture("load/" + pair.substr(0, space) + ".txt") +
                          readFixture("load/" + last + ".txt");
        CHECK(lineOfText(text) == lineOf(last));
    }
}

TEST_CASE("output that is not a report gives the measured time, the exit code and a warning") {
    const auto parsed = parseLoadReport(
        {.out = "done in 3 s\n", .err = "curl: (7)", .exitCode = 7, .wallSeconds = 3.25});
    CHECK(describe(parsed.report) == "- total=3.25 exit=7");
    CHECK(parsed.warnings == std::vector{unknownWarning});
    CHECK_FALSE(parsed.report.allFailed());
}

TEST_CASE("nothing printed and no time measured leaves only the exit code") {
    const auto parsed = parseLoadReport({});
    CHECK(describe(parsed.report) == "- exit=0");
    CHECK(parsed.warnings == std::vector{unknownWarning});
}

TEST_CASE("format none reads nothing and warns of nothing") {
    const auto parsed = parseLoadReport(loadOutput("hey/normal_n"), LoadFormat::none);
    CHECK(describe(parsed.report) == "- total=7.5 exit=0");
    CHECK(parsed.warnings.empty());
}

TEST_CASE("an explicit format that does not match says what the output looks like") {
    const auto parsed = parseLoadReport(loadOutput("hey/normal_n"), LoadFormat::wrk);
    CHECK(describe(parsed.report) == "- total=7.5 exit=0");
    CHECK(parsed.warnings ==
          std::vector<std::string>{"the load command's output holds no report of wrk, but one of "
                                   "hey: only its duration and exit code are used"});
    const auto empty = parseLoadReport(onOut("x"), LoadFormat::wrk);
    CHECK(empty.warnings ==
          std::vector<std::string>{"the load command's output holds no report of wrk: only its "
                                   "duration and exit code are used"});
}

TEST_CASE("reports of two tools: the first is read, with a warning; a format chooses") {
    LoadOutput output = loadOutput("hey/normal_n");
    output.out += readFixture("load/wrk/normal.txt");
    const auto parsed = parseLoadReport(output);
    CHECK(parsed.report.tool == "hey");
    CHECK(parsed.warnings ==
          std::vector<std::string>{"the load command's output looks like reports of hey, wrk; the "
                                   "first is read; choose one with --load-format"});
    CHECK(describe(parseLoadReport(output, LoadFormat::wrk).report) == lineOf("wrk/normal"));
    CHECK(parseLoadReport(output, LoadFormat::wrk).warnings.empty());
}

TEST_CASE("successes are what is neither an error nor a non-2xx answer") {
    LoadReport report;
    CHECK(report.successes() == std::nullopt);
    report.requests = 100;
    CHECK(report.successes() == std::nullopt);
    CHECK_FALSE(report.allFailed());
    report.errors = 30;
    CHECK(report.successes() == 70);
    report.non2xx = 20;
    CHECK(report.successes() == 50);
    CHECK_FALSE(report.allFailed());
    report.non2xx = 70;
    CHECK(report.successes() == 0);
    CHECK(report.allFailed());
    report.errors = 500;
    CHECK(report.successes() == 0);
}

TEST_CASE("a load of no requests has not failed them all") {
    LoadReport report;
    report.requests = 0;
    report.errors = 0;
    CHECK_FALSE(report.allFailed());
}

TEST_CASE("a load that served none: all failed, none came to an end, or none was counted") {
    LoadReport report;
    CHECK_FALSE(report.servedNone());
    report.requests = 0;
    report.errors = 0;
    CHECK(report.servedNone());
    report.requests = 2;
    CHECK_FALSE(report.servedNone());
    report.errors = 2;
    CHECK(report.servedNone());
    LoadReport uncounted;
    uncounted.requestsPerSecond = 0;
    CHECK(uncounted.allFailed());
    CHECK(uncounted.servedNone());
    uncounted.errors = 3;
    CHECK(uncounted.servedNone());
}

TEST_CASE("a reading says whether it knows more than the wall time") {
    CHECK(parseLoadReport(onOut("done")).onlyWallTime);
    CHECK(parseLoadReport(loadOutput("hey/normal_n"), LoadFormat::none).onlyWallTime);
    CHECK(parseLoadReport(loadOutput("ab/html")).onlyWallTime);
    CHECK_FALSE(parseLoadReport(loadOutput("hey/conn_refused")).onlyWallTime);
}

TEST_CASE("format names are read back, and no other word is") {
    for (const auto* const name : {"auto", "hey", "wrk", "wrk2", "ab", "siege", "autocannon", "oha",
                                   "k6", "vegeta", "fortio", "bombardier", "none"}) {
        const auto format = loadFormatFromString(name);
        REQUIRE(format);
        CHECK(toString(*format) == name);
    }
    CHECK(loadFormatFromString("Hey") == std::nullopt);
    CHECK(loadFormatFromString("") == std::nullopt);
}
