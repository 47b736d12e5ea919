#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memfit/advice/recommendation.h"
#include "memfit/bench/bench_plan.h"
#include "memfit/edge/edge_search.h"
#include "memfit/error.h"
#include "memfit/lint/lint.h"
#include "memfit/observe/load/load_report.h"
#include "memfit/trial/floor.h"
#include "memfit/units/bytes.h"

namespace memfit::plugin {

enum class CommandKind { probe, squeeze, bench, recommend, lint, cleanup };

enum class OutputFormat { table, json, yaml, markdown, html, patch, sarif, github };
enum class ColorWish { automatic, always, never };

/// How limits are kept on this machine: by the kernel where it can be, or always by the watchdog.
enum class Enforcement { automatic, watchdog };

/// How the load reaches a trial pod.
enum class Via {
    automatic,    ///< its IP where that answers from here, else a port-forward
    direct,       ///< its IP
    portForward,  ///< kubectl port-forward
    pod,          ///< the load command runs in a pod of its own, see Options::loadImage
};

/// Everything the command line can say, after parsing: typed, checked, nothing left as text that
/// means something else. Fields that were not given are absent or hold the documented default.
struct Options {
    // What is measured.
    bool local = false;
    std::vector<std::string> target;   ///< words before `--`
    std::vector<std::string> program;  ///< words after `--`
    std::vector<std::pair<std::string, std::string>> env;
    std::vector<std::string> unsetEnv;
    bool keepEnv = false;
    std::optional<std::int64_t> cpuMilli;
    std::optional<std::string> cpuText;
    std::optional<int> port;
    std::optional<std::string> readyUrl;
    double readyTimeoutSeconds = 60;
    Enforcement enforcement = Enforcement::automatic;
    std::optional<int> statsPort;
    std::optional<std::string> statsPath;

    // The cluster.
    std::vector<std::string> connectionFlags;  ///< kubectl's own, handed on: `--context=prod`
    std::optional<std::string> ns;
    std::optional<std::string> container;
    bool yes = false;  ///< what a run would ask for is granted
    bool skipInit = false;
    bool keepLabels = false;
    bool force = false;
    bool inPlace = false;
    int parallel = 1;
    Via via = Via::automatic;
    std::optional<std::string> loadImage;
    bool all = false;  ///< of cleanup: live runs of others too; of recommend: every workload
    bool allNamespaces = false;
    std::optional<std::string> selector;  ///< labels of the workloads, as kubectl takes them

    // The load.
    std::optional<std::string> load;
    std::optional<std::string> warmup;
    std::optional<std::string> prepare;         ///< before each trial
    std::optional<std::string> setup;           ///< before the first
    std::optional<std::string> cleanupCommand;  ///< at the end; not the command of that name
    LoadFormat loadFormat = LoadFormat::automatic;
    std::optional<double> loadTimeoutSeconds;

    // The edge.
    EdgeSearchOptions search;
    std::optional<Bytes> ceiling;
    std::optional<double> budgetSeconds;
    Mode mode = Mode::plain;
    GomemlimitRule gomemlimit;
    std::optional<Floor> floor;
    std::optional<std::string> floorText;  ///< as given

    // The bench.
    std::vector<LimitWord> limits;  ///< empty: none,min,sys,2x,4x
    std::vector<Mode> modes = {Mode::plain, Mode::gomemlimit};
    int runs = 15;  ///< the most rounds of a bench
    std::optional<Bytes> minimum;

    // The advice.
    std::vector<std::string> files;
    std::optional<double> tolerance;
    std::optional<Policy> policy;
    bool check = false;
    std::optional<Bytes> currentLimit;
    std::optional<std::string> edit;  ///< a manifest; `-` is standard input
    bool diff = false;
    bool apply = false;

    // Lint; `target` holds the files.
    Severity severity = Severity::warning;

    // The output.
    OutputFormat output = OutputFormat::table;
    ColorWish color = ColorWish::automatic;
    bool quiet = false;
    bool verbose = false;
    bool dryRun = false;
};

/// A command line that asks for a command to be run.
struct Command {
    CommandKind kind = CommandKind::probe;
    Options options;
};

/// One row a command. The same table feeds parsing, help and documentation.
struct CommandSpec {
    CommandKind kind;
    std::string_view name;
    std::string_view summary;   ///< one line
    std::string_view usage;     ///< what follows the name
    std::string_view details;   ///< paragraphs for --help
    std::string_view examples;  ///< one a line
};

/// Names that only the cluster, or the kubeconfig, knows.
enum class LiveNames { none, contexts, clusters, users, namespaces, workloads, containers };

/// One row a flag. `apply` reads the value into the options; an Error of it names the value only,
/// the caller adds the flag.
struct OptionSpec {
    std::string_view name;         ///< without dashes
    std::string_view shortName;    ///< one letter or empty
    std::string_view placeholder;  ///< empty: a switch without a value; LIST: choices, by commas
    std::string_view group;        ///< heading in --help
    unsigned commands;             ///< bit mask of bit(CommandKind)
    std::string_view help;
    std::string_view choices;  ///< `table|json`, or empty
    Result<void> (*apply)(Options&, const std::string& value);
    /// As choices, of values that may be others too.
    std::string_view offered = {};  // NOLINT(readability-redundant-member-init): rows leave it out
    LiveNames names = LiveNames::none;  ///< of which the value is one
};

[[nodiscard]] constexpr unsigned bit(CommandKind kind) {
    return 1U << static_cast<unsigned>(kind);
}

[[nodiscard]] std::span<const CommandSpec> commandTable();
[[nodiscard]] std::span<const OptionSpec> optionTable();

/// Are many workloads meant: `deploy`, `deploy,sts`, --all, -A, -l?
[[nodiscard]] bool meansMany(const Options& options);

[[nodiscard]] const CommandSpec& specOf(CommandKind kind);

/// A format of `--output` by its name.
[[nodiscard]] std::optional<OutputFormat> outputFormat(std::string_view name);

/// Whether the results of a command can be had in this format: a patch is what recommend gives,
/// the findings' own formats are lint's, and cleanup prints text only.
[[nodiscard]] bool writes(CommandKind command, OutputFormat format);

}  // namespace memfit::plugin
