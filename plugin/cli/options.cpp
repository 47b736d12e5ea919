#include "cli/options.h"

#include <fmt/format.h>

#include <array>

#include "cli/option_rows.h"
#include "cli/values.h"

namespace memfit::plugin {
namespace {

constexpr std::array commands{
    CommandSpec{
        CommandKind::probe, "probe",
        "read what the Go runtime says of its memory: idle, and under a load",
        "(TARGET | --local -- PROGRAM [ARG...]) [flags]",
        "Reads the memory statistics page of the workload's own pod (expvar, Prometheus or\n"
        "pprof), and changes nothing. With --load, or --local, it starts a copy without a limit\n"
        "(but under a ceiling far above its need), and reads the page before, during and after.",
        "kubectl memfit probe deploy/sales-api\n"
        "kubectl memfit probe --local --port 3000 -- ./sales-api\n"
        "kubectl memfit probe --local --port 3000 --load 'hey -n 1000 -c 10 {url}/v1/users' "
        "-- ./sales-api"},
    CommandSpec{
        CommandKind::squeeze, "squeeze",
        "find the OOM edge: the memory limit at which the load gets the program killed",
        "(TARGET | --local -- PROGRAM [ARG...]) --load 'COMMAND' [flags]",
        "Runs the load against copies of the service: first without a limit, then each time at\n"
        "the limit that teaches most. It ends when no further trial would lower the minimum by\n"
        "much, the minimum has its clean confirmations, and a load was killed below the edge.",
        "kubectl memfit squeeze deploy/sales-api --load 'hey -n 1000 -c 10 {url}/v1/users'\n"
        "kubectl memfit squeeze --local --port 3000 --load 'hey -n 1000 -c 10 {url}/v1/users' "
        "-- ./sales-api\n"
        "kubectl memfit squeeze --local --port 80 --load 'wrk -d 5s {url}/' -o json -- ./api | "
        "kubectl "
        "memfit recommend -f -"},
    CommandSpec{
        CommandKind::bench, "bench",
        "run the load over limits x {plain, gomemlimit}, repeated, and compare",
        "(TARGET | --local -- PROGRAM [ARG...]) --load 'COMMAND' [flags]",
        "Runs cells (a limit in a mode) in rounds, in shuffled order, so that drift of the\n"
        "machine hits all alike: every cell first, then those that teach most about what to\n"
        "choose, until that is settled (--runs: the most rounds). Without --min or a squeeze\n"
        "result (-f), it squeezes first. With -f and nothing after `--`, program and load are\n"
        "taken from the result.",
        "kubectl memfit bench deploy/sales-api --load 'hey -n 1000 -c 10 {url}/v1/users'\n"
        "kubectl memfit bench --local --port 3000 --load 'hey -n 1000 -c 10 {url}/v1/users' "
        "-- ./sales-api\n"
        "kubectl memfit bench -f squeeze.json --limits none,min,2x,64Mi -o json"},
    CommandSpec{
        CommandKind::recommend, "recommend",
        "turn results into limit, request, GOMEMLIMIT and GOGC, with reasons",
        "(TARGET | TYPE[,TYPE...] | -f FILE... | --local -- PROGRAM [ARG...]) [flags]",
        "With --load: runs probe, squeeze, bench, and then a confirmation of exactly the\n"
        "settings that it advises. With -f: judges the given result documents and runs nothing.\n"
        "With neither: judges from what can be read of the TARGET, and changes nothing; with a\n"
        "TYPE alone, --all, -A or -l: every such workload, in one table, the most urgent first.",
        "kubectl memfit recommend deploy/sales-api\n"
        "kubectl memfit recommend deploy -n shop\n"
        "kubectl memfit recommend --all -A -o json\n"
        "kubectl memfit recommend deploy/sales-api --load 'hey -n 1000 -c 10 {url}/v1/users'\n"
        "kubectl memfit recommend --local --port 3000 --load 'hey -n 1000 -c 10 "
        "{url}/v1/users' -- ./sales-api\n"
        "kubectl memfit recommend -f squeeze.json -f bench.json --policy lean\n"
        "kubectl memfit recommend -f bench.json -o patch\n"
        "kubectl memfit recommend -f bench.json --edit k8s/deploy.yaml --diff\n"
        "kubectl memfit recommend -f bench.json --check --limit 64Mi"},
    CommandSpec{
        CommandKind::lint, "lint", "find memory settings that are wrong on sight",
        "(FILE... | - | TARGET) [flags]",
        "Reads manifests (YAML or JSON, any number of documents), standard input, or a live\n"
        "workload, and names each setting that is wrong whatever the program does, with its line,\n"
        "the consequence and the fix. The last line says what was judged. Shows only findings of\n"
        "--severity or above, and exits 3 when there are any.",
        "kubectl memfit lint k8s/*.yaml\n"
        "helm template . | kubectl memfit lint -\n"
        "kubectl memfit lint deploy/sales-api\n"
        "kubectl memfit lint k8s/*.yaml -o sarif > memfit.sarif"},
    CommandSpec{
        CommandKind::cleanup, "cleanup", "remove what an interrupted run left behind", "[flags]",
        "Restores workloads that a killed --in-place run left changed, removes from their\n"
        "history what its trials made, and removes trial pods of runs that are over: those of\n"
        "this machine whose process is gone, and all that have outlived their deadline. It does\n"
        "not touch live runs of other users, unless --all is given. Removes the folders ({dir})\n"
        "that killed runs of yours left on this machine.",
        "kubectl memfit cleanup\n"
        "kubectl memfit cleanup --all -n shop"},
};

std::optional<ColorWish> colorWish(std::string_view name) {
    if (name == "auto") return ColorWish::automatic;
    if (name == "always") return ColorWish::always;
    if (name == "never") return ColorWish::never;
    return std::nullopt;
}

std::optional<Enforcement> enforcement(std::string_view name) {
    if (name == "auto") return Enforcement::automatic;
    if (name == "watchdog") return Enforcement::watchdog;
    return std::nullopt;
}

Result<void> storeModes(const std::string& text, std::vector<Mode>& field) {
    const auto words = splitCommas(text);
    if (!words) return words.error();
    field.clear();
    for (const auto& word : *words) {
        const auto mode = modeFromString(word);
        if (!mode) return usageError(fmt::format("'{}' is not one of plain, gomemlimit", word));
        field.push_back(*mode);
    }
    return {};
}

constexpr std::string_view measured = "What is measured";
constexpr std::string_view loadGroup = "Load";
constexpr std::string_view aroundGroup = "Around the trials";
constexpr std::string_view edgeGroup = "Edge search";
constexpr std::string_view benchGroup = "Bench";
constexpr std::string_view adviceGroup = "Advice";
constexpr std::string_view outputGroup = "Output";

constexpr std::string_view outputChoices = "table|json|yaml|markdown|html|patch|sarif|github";
constexpr std::string_view colorChoices = "auto|always|never";
constexpr std::string_view enforcementChoices = "auto|watchdog";
constexpr std::string_view modeChoices = "plain|gomemlimit";
constexpr std::string_view policyChoices = "balanced|lean|fast|no-limit";
constexpr std::string_view loadFormatChoices =
    "auto|hey|wrk|wrk2|ab|siege|autocannon|oha|k6|vegeta|fortio|bombardier|none";

constexpr std::array options{
    OptionSpec{"local", "", "", measured, onTrials,
               "measure a program on this machine, in a memory cgroup of its own", "",
               [](Options& o, Value) -> Result<void> {
                   o.local = true;
                   return {};
               }},
    OptionSpec{
        "port", "", "PORT", measured, onTrials,
        "the port on which the service answers (default: the one named http, else the only one; "
        "with --local the one it listens on)",
        "", [](Options& o, Value v) { return store(parseInteger(v, 1, 65535), o.port); }},
    OptionSpec{"env", "e", "NAME=VALUE", measured, onTrials,
               "set a variable in the program's environment (repeatable)", "",
               [](Options& o, Value v) -> Result<void> {
                   auto assignment = parseAssignment(v);
                   if (!assignment) return assignment.error();
                   o.env.push_back(*std::move(assignment));
                   return {};
               }},
    OptionSpec{"unset-env", "", "NAME", measured, onTrials,
               "remove a variable from the program's environment (repeatable)", "",
               [](Options& o, Value v) -> Result<void> {
                   o.unsetEnv.push_back(v);
                   return {};
               }},
    OptionSpec{"keep-env", "", "", measured, onTrials,
               "leave the program's own GOMEMLIMIT and GOGC in plain trials", "",
               [](Options& o, Value) -> Result<void> {
                   o.keepEnv = true;
                   return {};
               }},
    OptionSpec{"cpu", "", "CPU", measured, onTrials,
               "CPU limit of the program, as in a manifest: 250m, 1.5", "",
               [](Options& o, Value v) -> Result<void> {
                   o.cpuText = v;
                   return store(parseMilliCpu(v), o.cpuMilli);
               }},
    OptionSpec{
        "enforcement", "", "HOW", measured, onTrials,
        "what enforces the limit: the kernel, where a memory cgroup can be made (default auto)",
        enforcementChoices,
        [](Options& o, Value v) {
            return storeChoice(v, enforcement, enforcementChoices, o.enforcement);
        }},
    OptionSpec{"ready-url", "", "URL", measured, onTrials,
               "ready when this answers 2xx (default: when the port accepts); {url}, {host} and "
               "{port} are filled in",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.readyUrl = v;
                   return {};
               }},
    OptionSpec{"ready-timeout", "", "DURATION", measured, onTrials,
               "how long the program may take to become ready (default 60s)", "",
               [](Options& o, Value v) { return store(parseSeconds(v), o.readyTimeoutSeconds); }},
    OptionSpec{
        "stats-port", "", "PORT", measured, onTrials,
        "port of the Go memory statistics page (default: tries those the program listens on)", "",
        [](Options& o, Value v) { return store(parseInteger(v, 1, 65535), o.statsPort); }},
    OptionSpec{"stats-path", "", "PATH", measured, onTrials,
               "path of that page (default: tries /debug/vars, /metrics, "
               "/debug/pprof/heap?debug=1)",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.statsPath = v;
                   return {};
               }},
    OptionSpec{"ceiling", "", "QUANTITY", measured, onTrials,
               "safety limit of the run without a limit (default: half of the memory that is free; "
               "of a pod "
               "1Gi or 4 x its limit, as far as node and namespace allow)",
               "", [](Options& o, Value v) { return storeBytes(v, o.ceiling); }},

    OptionSpec{"load", "", "COMMAND", loadGroup, onTrials,
               "the load, split into words like a shell does but never given to one; {url}, {host} "
               "and {port} are filled in",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.load = v;
                   return {};
               }},
    OptionSpec{"load-format", "", "FORMAT", loadGroup, onTrials,
               "the load tool whose report the load prints (default auto)", loadFormatChoices,
               [](Options& o, Value v) {
                   return storeChoice(v, loadFormatFromString, loadFormatChoices, o.loadFormat);
               }},
    OptionSpec{"load-timeout", "", "DURATION", loadGroup, onTrials,
               "stop a load or a warm-up after this time (default: 3 x the slower of the two in "
               "the run without a limit, at least 30s; 1h in that run)",
               "",
               [](Options& o, Value v) { return store(parseSeconds(v), o.loadTimeoutSeconds); }},
    OptionSpec{"warmup", "", "COMMAND", loadGroup, onTrials, "run this before each load", "",
               [](Options& o, Value v) -> Result<void> {
                   o.warmup = v;
                   return {};
               }},

    OptionSpec{"prepare", "", "COMMAND", aroundGroup, onTrials,
               "run this before each trial, for a fresh start; split and filled in like the load, "
               "but there is no {url} yet; {dir}, here and in --load, --warmup, --env and the "
               "program's arguments, is a private folder that is new and empty for each trial; "
               "with --parallel one at a time, while other trials run",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.prepare = v;
                   return {};
               }},
    OptionSpec{"setup", "", "COMMAND", aroundGroup, onTrials,
               "run this once, before the first trial; each of these commands runs on this machine "
               "and may take 5 minutes; if it fails or takes longer, the run ends",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.setup = v;
                   return {};
               }},
    OptionSpec{"cleanup", "", "COMMAND", aroundGroup, onTrials,
               "run this once at the end, also after an error or Ctrl-C (a second Ctrl-C ends it); "
               "a failure is a warning",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.cleanupCommand = v;
                   return {};
               }},

    OptionSpec{"from", "", "QUANTITY", edgeGroup, onSearching, "never try a limit below this", "",
               [](Options& o, Value v) { return storeBytes(v, o.search.from); }},
    OptionSpec{"to", "", "QUANTITY", edgeGroup, onSearching, "never try a limit above this", "",
               [](Options& o, Value v) { return storeBytes(v, o.search.to); }},
    OptionSpec{
        "resolution", "", "SHARE", edgeGroup, onSearching,
        "how precisely to find the minimum and the edge (default 2%, at least 256Ki)", "",
        [](Options& o, Value v) { return store(parseShare(v, 0.001, 0.5), o.search.resolution); }},
    OptionSpec{"confirm", "", "N", edgeGroup, onSearching,
               "clean loads required at the minimum (default 3)", "",
               [](Options& o, Value v) {
                   return store(parseInteger(v, 1, 1000), o.search.confirmations);
               }},
    OptionSpec{
        "max-trials", "", "N", edgeGroup, onSearching,
        "the most trials the search may take (default 24)", "",
        [](Options& o, Value v) { return store(parseInteger(v, 1, 1000), o.search.maxTrials); }},
    OptionSpec{"budget", "", "DURATION", edgeGroup, onSearching,
               "time for all trials, from the first on; the result is the best that fits into it",
               "", [](Options& o, Value v) { return store(parseSeconds(v), o.budgetSeconds); }},
    OptionSpec{"risk", "", "SHARE", edgeGroup, onSearching,
               "accepted chance that one load is OOM-killed at the minimum, by the model (default "
               "0.01)",
               "",
               [](Options& o, Value v) { return store(parseShare(v, 1e-6, 0.5), o.search.risk); }},
    OptionSpec{
        "mode", "", "MODE", edgeGroup, onSqueeze, "settings of Go in the search (default plain)",
        modeChoices,
        [](Options& o, Value v) { return storeChoice(v, modeFromString, modeChoices, o.mode); }},
    OptionSpec{"gomemlimit", "", "RULE", edgeGroup, onSearching,
               "GOMEMLIMIT of gomemlimit trials: limit, 90%, or a quantity (default limit)", "",
               [](Options& o, Value v) { return store(parseGomemlimitRule(v), o.gomemlimit); },
               "limit"},
    OptionSpec{"floor", "", "TERMS", edgeGroup, onSearching,
               "what a survivor must deliver, 'rps>=0.9x,p99<=500ms'; x: times the run without a "
               "limit",
               "",
               [](Options& o, Value v) {
                   o.floorText = v;
                   return store(Floor::parse(v), o.floor);
               }},

    OptionSpec{"limits", "", "LIST", benchGroup, onBenching,
               "limits to compare (default none,min,sys,2x,4x); also quantities", "",
               [](Options& o, Value v) { return store(parseLimitWords(v), o.limits); },
               "none|min|sys|2x|4x"},
    OptionSpec{"modes", "", "LIST", benchGroup, onBenching,
               "modes to compare (default plain,gomemlimit)", modeChoices,
               [](Options& o, Value v) { return storeModes(v, o.modes); }},
    OptionSpec{"runs", "", "N", benchGroup, onBenching,
               "the most rounds (default 15); the bench ends earlier when the choice is settled",
               "", [](Options& o, Value v) { return store(parseInteger(v, 1, 1000), o.runs); }},
    OptionSpec{"min", "", "QUANTITY", benchGroup, onBenching,
               "the minimum, instead of a squeeze that finds it", "",
               [](Options& o, Value v) { return storeBytes(v, o.minimum); }},

    OptionSpec{"filename", "f", "FILE", adviceGroup, onBenching,
               "result documents to start from (repeatable; - is standard input); program, port, "
               "CPU limit, load, --prepare, --setup and --cleanup come from them unless given; "
               "--env, --unset-env, --ready-url, --warmup, --floor, --stats-port and --stats-path "
               "must be given again",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.files.push_back(v);
                   return {};
               }},
    OptionSpec{"tolerance", "", "SHARE", adviceGroup, onRecommend,
               "how much throughput may be given up for a smaller limit (default 5%)", "",
               [](Options& o, Value v) { return store(parseShare(v, 0, 0.9), o.tolerance); }},
    OptionSpec{"policy", "", "POLICY", adviceGroup, onRecommend,
               "what matters most (default balanced)", policyChoices,
               [](Options& o, Value v) {
                   return storeChoice(v, policyFromString, policyChoices, o.policy);
               }},
    OptionSpec{
        "check", "", "", adviceGroup, onRecommend,
        "exit 3 when what is set (the TARGET's, --edit FILE's, or --limit and --env) does not "
        "fit the advice",
        "",
        [](Options& o, Value) -> Result<void> {
            o.check = true;
            return {};
        }},
    OptionSpec{"edit", "", "FILE", adviceGroup, onRecommend,
               "write the advised settings into the workload of this manifest, in place (- reads "
               "standard input and writes standard output)",
               "",
               [](Options& o, Value v) -> Result<void> {
                   o.edit = v;
                   return {};
               }},
    OptionSpec{"diff", "", "", adviceGroup, onRecommend,
               "with --edit: print what would change as a unified diff, and write nothing", "",
               setSwitch<&Options::diff>},
    OptionSpec{"apply", "", "", adviceGroup, onRecommend,
               "patch the TARGET with the advice, after showing the diff and asking; wait for its "
               "pods",
               "", setSwitch<&Options::apply>},
    OptionSpec{"limit", "", "QUANTITY", adviceGroup, onRecommend,
               "the limit that is set now, for --check", "",
               [](Options& o, Value v) { return storeBytes(v, o.currentLimit); }},

    OptionSpec{"severity", "", "LEVEL", adviceGroup, onLint,
               "show findings of this level or above, and exit 3 on one (default warning)",
               "note|warning|error",
               [](Options& o, Value v) {
                   return storeChoice(v, severityFromString, "note|warning|error", o.severity);
               }},

    OptionSpec{
        "output", "o", "FORMAT", outputGroup, onAll,
        "how to print the result (default table, the only one for cleanup); patch is for "
        "recommend: a strategic merge patch; sarif and github are for lint",
        outputChoices,
        [](Options& o, Value v) { return storeChoice(v, outputFormat, outputChoices, o.output); }},
    OptionSpec{
        "color", "", "WHEN", outputGroup, onAll,
        "colours (default auto: on a terminal; honours NO_COLOR)", colorChoices,
        [](Options& o, Value v) { return storeChoice(v, colorWish, colorChoices, o.color); }},
    OptionSpec{"quiet", "q", "", outputGroup, onAll, "no progress, no notes on standard error", "",
               [](Options& o, Value) -> Result<void> {
                   o.quiet = true;
                   return {};
               }},
    OptionSpec{"verbose", "v", "", outputGroup, onAll,
               "print every trial in full, and every command that is run", "",
               [](Options& o, Value) -> Result<void> {
                   o.verbose = true;
                   return {};
               }},
    OptionSpec{"dry-run", "", "", outputGroup, onAll,
               "print what would run, and the most trials it could take; change nothing", "",
               [](Options& o, Value) -> Result<void> {
                   o.dryRun = true;
                   return {};
               }},
};

}  // namespace

std::span<const CommandSpec> commandTable() {
    return commands;
}
std::span<const OptionSpec> optionTable() {
    static const auto table = [] {
        std::vector<OptionSpec> rows(options.begin(), options.end());
        const auto cluster = clusterOptionRows();
        rows.insert(rows.end(), cluster.begin(), cluster.end());
        return rows;
    }();
    return table;
}

std::optional<OutputFormat> outputFormat(std::string_view name) {
    if (name == "table") return OutputFormat::table;
    if (name == "json") return OutputFormat::json;
    if (name == "yaml") return OutputFormat::yaml;
    if (name == "markdown") return OutputFormat::markdown;
    if (name == "html") return OutputFormat::html;
    if (name == "patch") return OutputFormat::patch;
    if (name == "sarif") return OutputFormat::sarif;
    if (name == "github") return OutputFormat::github;
    return std::nullopt;
}

bool writes(CommandKind command, OutputFormat format) {
    switch (format) {
        case OutputFormat::patch:
            return command == CommandKind::recommend;
        case OutputFormat::sarif:
        case OutputFormat::github:
            return command == CommandKind::lint;
        case OutputFormat::table:
            return true;
        default:
            return command != CommandKind::cleanup;
    }
}

const CommandSpec& specOf(CommandKind kind) {
    return commands.at(static_cast<std::size_t>(kind));
}

}  // namespace memfit::plugin
