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
enum class LoadFormat : std::uint8_t {
    automatic,
    hey,
    wrk,
    wrk2,
    ab,
    siege,
    autocannon,
    oha,
    k6,
    vegeta,
    fortio,
    bombardier,
    none,
};

/// `auto`, `hey`, … as on the command line and in documents.
[[nodiscard]] std::string_view toString(LoadFormat format);
/// The names above; nullopt for another word.
[[nodiscard]] std::optional<LoadFormat> loadFormatFromString(std::string_view name);

/// What a load command left behind.
struct LoadOutput {
    std::string out;         ///< standard output
    std::string err;         ///< standard error (siege and autocannon report there)
    int exitCode = 0;        ///< 128 + signal when a signal ended it
    double wallSeconds = 0;  ///< measured by the caller
};

struct Latency {
    std::optional<double> p50, p90, p95, p99;  ///< seconds

    friend bool operator==(const Latency&, const Latency&) = default;
};

/// What a load did, in one vocabulary for all tools. Absent means that the tool does not say, or
/// says it too coarsely: a time printed as 0 is one below the tool's resolution, so it is absent.
///
/// A success is an answer with a status of 200 to 299. Tools differ in what they call so:
/// - Redirects: hey, oha, k6, siege and vegeta follow them and count the final answer (siege counts
///   the redirect as one more request). A 3xx in the report itself (ab, autocannon, bombardier,
///   fortio, or vegeta told not to follow) is non2xx, whatever the tool calls it. wrk counts only
///   400 and above as non2xx and cannot tell redirects from successes.
/// - siege and k6 do not tell failed connections from answers with an error status (siege: 500 and
///   above): their `errors` are both, and k6 has no `non2xx`.
/// - wrk: an answer later than its time-out is an error. When it cannot connect, it makes one
///   attempt: one request, which is an error.
/// - wrk2 counts a connection that waits once at each look, so its `errors` and `requests` are
///   estimates; its successes are not.
/// - ab without -r ends at the first failure and gives no report: then `requests` are those
///   completed and that one.
/// - fortio: a gRPC call is a success when it says SERVING, any other health status is non2xx; over
///   TCP and UDP `OK` is a success and all else is an error.
/// - k6 before 0.31 counts requests but not the failed ones: `errors` are absent.
/// - autocannon's table has thousands as `56k`: counts are rounded to that, and `requests` are the
///   sent, some of which may have been under way at the end.
/// - ab -r counts failures several times: `errors` is an estimate. oha's requests that were cut off
///   when the time was up are not counted, unless there was no other: then they are errors.
/// - A tool that got no answer and prints no count: `requestsPerSecond` is 0, counts are absent.
struct LoadReport {
    std::optional<std::string> tool;  ///< absent when the output was not recognised
    /// As the tool measured it; the caller's wall time where the tool gives none.
    std::optional<double> totalSeconds;
    std::optional<double> fastestSeconds, slowestSeconds, averageSeconds;
    /// Successes per second, recomputed where the tool counts failures too. 0: there were none.
    std::optional<double> requestsPerSecond;
    std::optional<std::int64_t> requests;  ///< attempted, successes and failures together
    std::optional<std::int64_t> errors;    ///< transport failures: refused, reset, timed out
    std::optional<std::int64_t> non2xx;    ///< answered, but not with success
    /// Received: bodies only for hey, ab, oha and vegeta, with headers for wrk, autocannon, k6 and
    /// bombardier, either for siege and fortio.
    std::optional<Bytes> bytes;
    Latency latency;
    std::optional<int> exitCode;  ///< of the load command

    /// Requests that succeeded: requests - errors - non2xx (none where absent), at least 0; absent
    /// unless requests and errors are known.
    [[nodiscard]] std::optional<std::int64_t> successes() const;
    /// Every request failed (and there was at least one), or the tool could reach nothing at all.
    [[nodiscard]] bool allFailed() const;
    /// The report says that nothing was served: allFailed(), or no request came to an end. False
    /// where successes are not known.
    [[nodiscard]] bool servedNone() const;

    friend bool operator==(const LoadReport&, const LoadReport&) = default;
};

/// A report and what a reader of it should know ("redirects are counted as successes", …).
struct ParsedLoad {
    LoadReport report;
    std::vector<std::string> warnings;
    /// No report was understood, or it said nothing: the wall time and the exit code, both measured
    /// by the caller, are all that is known.
    bool onlyWallTime = false;
};

/// Reads the report of a load tool; with LoadFormat::automatic the tool is told from the text.
///
/// The report may stand anywhere in either stream, among other lines; JSON is preferred to text,
/// and of several runs of one tool the last counts. Never an error for odd output: an unknown
/// report gives wall time and exit code only, and a warning; a mangled one what can be told of it.
/// An explicit format that does not match the output warns too, and nothing is read; `wrk` also
/// takes what wrk2 prints, whose program has the same name. Exit code 0 is not taken as success:
/// tools exit 0 when every request failed. Time is linear in the output.
/// Sources of the formats: the tools' own code and recorded runs (tests/fixtures/load).
[[nodiscard]] ParsedLoad parseLoadReport(const LoadOutput& output,
                                         LoadFormat format = LoadFormat::automatic);

}  // namespace memfit
