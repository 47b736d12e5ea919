#pragma once

#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/observe/load/load_report.h"
#include "support/fixtures.h"

namespace memfit {

/// One line, `hey total=3.0276 fast=0.0052 …`; what is absent is left out.
inline std::string describe(const LoadReport& report) {
    std::ostringstream line;
    line.precision(9);
    line << report.tool.value_or("-");
    const auto add = [&](const char* name, const auto& value) {
        if (value) line << ' ' << name << '=' << *value;
    };
    add("total", report.totalSeconds);
    add("fast", report.fastestSeconds);
    add("slow", report.slowestSeconds);
    add("avg", report.averageSeconds);
    add("rps", report.requestsPerSecond);
    add("requests", report.requests);
    add("errors", report.errors);
    add("non2xx", report.non2xx);
    add("bytes", report.bytes);
    add("p50", report.latency.p50);
    add("p90", report.latency.p90);
    add("p95", report.latency.p95);
    add("p99", report.latency.p99);
    add("exit", report.exitCode);
    if (report.allFailed()) line << " allFailed";
    return line.str();
}

namespace test {

/// The time that every fixture's command is assumed to have taken.
inline constexpr double fixtureWallSeconds = 7.5;

/// What the command of a fixture (`hey/normal_n`) left: NAME.txt, NAME.err where it wrote there,
/// NAME.rc.
inline LoadOutput loadOutput(std::string_view name) {
    const std::string base = "load/" + std::string(name);
    LoadOutput output;
    output.out = readFixture(base + ".txt");
    if (std::filesystem::exists(fixturePath(base + ".err"))) {
        output.err = readFixture(base + ".err");
    }
    output.exitCode = std::stoi(readFixture(base + ".rc"));
    output.wallSeconds = fixtureWallSeconds;
    return output;
}

/// The line of a fixture's report, see describe.
inline std::string lineOf(std::string_view name) {
    return describe(parseLoadReport(loadOutput(name)).report);
}

/// What a command left that wrote only to standard output, or only to standard error.
inline LoadOutput onOut(std::string_view text) {
    LoadOutput output;
    output.out = text;
    output.wallSeconds = fixtureWallSeconds;
    return output;
}
inline LoadOutput onErr(std::string_view text) {
    LoadOutput output;
    output.err = text;
    output.wallSeconds = fixtureWallSeconds;
    return output;
}

/// The line of a report on standard output.
inline std::string lineOfText(std::string_view text) {
    return describe(parseLoadReport(onOut(text)).report);
}

/// The warnings that a reader of a fixture's report gets.
inline std::vector<std::string> warningsOf(std::string_view name) {
    return parseLoadReport(loadOutput(name)).warnings;
}

/// `text` with the first `from` replaced; the fixture must hold it.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("nothing to replace");
    return text.replace(at, from.size(), to);
}

}  // namespace test

}  // namespace memfit
