#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/documents/live_pod.h"
#include "memfit/edge/edge_search.h"
#include "memfit/error.h"
#include "memfit/trial/comparison.h"
#include "memfit/trial/memory_sample.h"
#include "memfit/trial/statistics.h"
#include "memfit/trial/trial.h"

namespace memfit {

inline constexpr std::string_view apiVersion = "memfit.dev/v1alpha1";

/// What was measured.
struct Target {
    std::string type;  ///< `process`, or a Kubernetes kind in lower case (`deployment`)
    std::optional<std::string> ns, name, container, uid, context;
    std::optional<std::int64_t> generation;
    std::vector<std::string> command;  ///< type `process` only; redacted
    std::optional<std::int64_t> port;  ///< type `process` only: where it serves, if that was given
    bool sidecar = false;              ///< the container is a native one: of initContainers

    /// `deployment/sales-api` (with ` in NAMESPACE`), or the program's name.
    [[nodiscard]] std::string describe() const;
    /// Same object: type, namespace, name and container; the command for a process. A field that
    /// one side does not know does not count.
    [[nodiscard]] bool sameAs(const Target& other) const;

    friend bool operator==(const Target&, const Target&) = default;
};

/// Where it was measured.
struct Environment {
    std::optional<std::string> testbed;  ///< `pod`, `in-place`, `process`
    /// `cgroup-v1`, `cgroup-v2`, `kubelet`, `rss-watchdog`
    std::optional<std::string> enforcement;
    std::optional<std::string> cpuLimit;  ///< quantity, `250m`
    std::optional<std::int64_t> cores;
    /// CPU time of the first use of a MiB of memory on that machine, seconds: finding and zeroing
    /// its pages.
    std::optional<double> firstUseSecondsPerMiB;
    std::optional<std::string> node, kubernetesVersion, goVersion, memfitVersion;

    friend bool operator==(const Environment&, const Environment&) = default;
};

struct LoadInfo {
    std::optional<std::string> command;  ///< as typed, redacted
    std::optional<std::string> tool;
    std::optional<std::string> via;  ///< `direct`, `port-forward`, `pod`
    /// What ran before each trial, before the first, and after the last, as typed, redacted.
    std::optional<std::string> prepare, setup, cleanup;

    friend bool operator==(const LoadInfo&, const LoadInfo&) = default;
};

/// Something a reader of the result must know. `code` is stable, `text` is for people.
struct Warning {
    std::string code;
    std::string text;

    friend bool operator==(const Warning&, const Warning&) = default;
};

/// Code of the warning that no report of a load was understood: everything about its requests is
/// unknown, which a reader has to know first.
inline constexpr std::string_view onlyWallTimeCode = "only-wall-time";

/// What every result document has.
struct Header {
    Target target;
    Environment environment;
    LoadInfo load;
    std::optional<Timestamp> startedAt, finishedAt;
    bool partial = false;  ///< interrupted
    std::vector<Warning> warnings;
    /// The documents that went in, each as JSON text with its own `inputs` taken out.
    std::vector<std::string> inputs;

    friend bool operator==(const Header&, const Header&) = default;
};

struct ProbeResult {
    Header header;
    CurrentSettings settings;
    std::optional<MemorySnapshot> idle, loaded, peak;
    std::vector<MemorySnapshot> samples;
    std::optional<LoadReport> run;
    std::optional<Usage> usage;
    std::optional<Cost> cost;   ///< of the load
    std::vector<LivePod> pods;  ///< of a live workload

    friend bool operator==(const ProbeResult&, const ProbeResult&) = default;
};

/// Edge as a document carries it: any part may be unknown.
struct EdgeBounds {
    std::optional<Bytes> estimate, low, high;
    std::optional<double> confidence;

    friend bool operator==(const EdgeBounds&, const EdgeBounds&) = default;
};

struct SqueezeResult {
    Header header;
    Mode mode = Mode::plain;
    std::optional<Bytes> goSys, ceiling;
    std::vector<Trial> trials;
    EdgeBounds edge;
    std::optional<Bytes> minimum;
    std::optional<double> riskAtMinimum;
    std::optional<std::int64_t> confirmations;

    friend bool operator==(const SqueezeResult&, const SqueezeResult&) = default;
};

struct BenchRun {
    Outcome outcome = Outcome::inconclusive;
    std::optional<int> block;  ///< round of the shuffled order, from 0
    std::optional<LoadReport> load;
    std::optional<MemorySnapshot> memory;
    std::optional<Usage> usage;
    std::optional<Cost> cost;

    friend bool operator==(const BenchRun&, const BenchRun&) = default;
};

struct CellSummary {
    std::optional<Estimate> requestsPerSecond, totalSeconds, p50Seconds, p99Seconds;
    std::optional<Estimate> cpuPerRequestSeconds, collections;

    friend bool operator==(const CellSummary&, const CellSummary&) = default;
};

struct BenchCell {
    std::string label;
    Settings settings;
    std::vector<BenchRun> runs;
    CellSummary summary;                ///< computed from the runs when a document lacks it
    std::vector<MemorySample> samples;  ///< of its last run that survived, thinned

    friend bool operator==(const BenchCell&, const BenchCell&) = default;
};

/// `cell` and `against` are indices into the cells. A document names them as cellNames() does.
struct CellComparison {
    std::size_t cell = 0;
    std::size_t against = 0;
    Difference difference;          ///< of requestsPerSecond
    std::optional<Difference> cpu;  ///< of CPU time per request: below 1, the cell needs less

    friend bool operator==(const CellComparison&, const CellComparison&) = default;
};

struct BenchResult {
    Header header;
    std::optional<Bytes> minimum, goSys;
    std::vector<BenchCell> cells;
    std::vector<CellComparison> comparisons;

    friend bool operator==(const BenchResult&, const BenchResult&) = default;
};

/// The names by which a document's comparisons refer to its cells: label and mode,
/// `2x/gomemlimit`, `none/plain`; where that occurs again, with its number: `2x/gomemlimit#2`.
[[nodiscard]] std::vector<std::string> cellNames(const std::vector<BenchCell>& cells);

/// Fills one cell's summary from its surviving runs.
void summarizeCell(BenchCell& cell);
/// Replaces the comparisons, see summarize(). Needs the cells' summaries.
void compareCells(BenchResult& bench);
/// Fills every cell's summary and all comparisons (each cell against `none`, and gomemlimit
/// against plain at the same limit, and each cell against the fastest) from its runs.
void summarize(BenchResult& bench);

/// JSON texts, indented by one space, integers exact, `null` only for "no limit"; what was not
/// measured is absent. Ends in a newline.
[[nodiscard]] std::string toJson(const ProbeResult& result);
[[nodiscard]] std::string toJson(const SqueezeResult& result);
[[nodiscard]] std::string toJson(const BenchResult& result);

/// Result documents taken apart: whatever was in `inputs` stands beside what it came in with,
/// each document once.
struct Results {
    std::vector<ProbeResult> probes;
    std::vector<SqueezeResult> squeezes;
    std::vector<BenchResult> benches;
    /// Every document above as compact JSON text without its `inputs`, for the `inputs` of the
    /// next; in the order in which they were read, a document before its inputs.
    std::vector<std::string> texts;
    /// Kind of the document that was read first.
    enum class Kind { probe, squeeze, bench } first = Kind::probe;
    std::size_t given = 0;  ///< how many documents were read, inputs of others not counted
    /// The text of the only document that was given, without its inputs, where it is a
    /// Recommendation: for readRecommendation() (advice/recommendation_read.h).
    std::optional<std::string> recommendation;

    [[nodiscard]] bool empty() const { return texts.empty(); }
    /// The header of the first document. Only when !empty().
    [[nodiscard]] const Header& firstHeader() const;
};

/// Reads one or several result documents: concatenated, or in a JSON array. A Recommendation is
/// read for its inputs, and kept as text where it is all there is. Unknown fields are ignored,
/// `null` where a value is unknown is taken as absent (except limits). Errors (kind input), with
/// `file:line:column` where JSON itself is at fault, else the field: not JSON, truncated, wrong
/// kind or apiVersion, a field of the wrong type (`cells[2].limitBytes`; the place is that of the
/// document), an unknown word, a Recommendation without inputs, nothing at all. Bounds: 64 levels,
/// 512 fields an object, 256 cells, 1,000 runs a cell, 10,000 trials. `into` collects over several
/// files and is unchanged after an error; documents of two different targets are an error that
/// names both.
[[nodiscard]] Result<void> readDocuments(std::string_view text, const std::string& fileName,
                                         Results& into);

}  // namespace memfit
