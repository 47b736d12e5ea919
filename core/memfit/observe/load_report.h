#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// The load tools whose reports are understood. `none`: do not try to read a report.
enum class LoadFormat {
    automatic, hey, wrk, ab, siege, autocannon, oha, k6, vegeta, fortio, bombardier, none,
};

/// `auto`, `hey`, … as on the command line and in documents.
[[nodiscard]] std::string_view toString(LoadFormat format);
/// The names above; nullopt for another word.
[[nodiscard]] std::optional<LoadFormat> loadFormatFromString(std::string_view name);

/// What a load command left behind.
struct LoadOutput {
    std::string out;             ///< standard output
    std::string err;             ///< standard error (siege and autocannon report there)
    int exitCode = 0;            ///< 128 + signal when a signal ended it
    double wallSeconds = 0;      ///< measured by the caller
};

struct Latency {
    std::optional<double> p50, p90, p95, p99;  ///< seconds

    friend bool operator==(const Latency&, const Latency&) = default;
};

/// What a load did, in one vocabulary for all tools. Absent means that the tool does not say.
struct LoadReport {
    std::optional<std::string> tool;  ///< absent when the output was not recognised
    std::optional<double> totalSeconds, fastestSeconds, slowestSeconds, averageSeconds;
    /// Successes per second, recomputed where the tool counts failures too.
    std::optional<double> requestsPerSecond;
    std::optional<std::int64_t> requests;  ///< attempted, successes and failures together
    std::optional<std::int64_t> errors;    ///< transport failures: refused, reset, timed out
    std::optional<std::int64_t> non2xx;    ///< answered, but not with success
    std::optional<Bytes> bytes;
    Latency latency;
    std::optional<int> exitCode;  ///< of the load command

    /// Requests that succeeded; absent unless it can be told.
    [[nodiscard]] std::optional<std::int64_t> successes() const;
    /// Every request failed (and there was at least one), or the tool could reach nothing at all.
    [[nodiscard]] bool allFailed() const;

    friend bool operator==(const LoadReport&, const LoadReport&) = default;
};

/// A report and what a reader of it should know ("redirects are counted as successes", …).
struct ParsedLoad {
    LoadReport report;
    std::vector<std::string> warnings;
};

/// Reads the report of a load tool; with LoadFormat::automatic the tool is told from the text.
///
/// Never an error for odd output: an unknown or mangled report gives wall time and exit code only,
/// and a warning. An explicit format that does not match the output warns too. Exit code 0 is not
/// taken as success: tools exit 0 when every request failed.
/// Sources of the formats: the tools' own code and recorded runs (tests/fixtures/load).
[[nodiscard]] ParsedLoad parseLoadReport(const LoadOutput& output,
                                         LoadFormat format = LoadFormat::automatic);

}  // namespace memfit
