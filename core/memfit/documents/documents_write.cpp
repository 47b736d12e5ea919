#include <string>
#include <vector>

#include "memfit/documents/documents.h"
#include "memfit/documents/json_trees.h"
#include "memfit/documents/rfc3339.h"

namespace memfit {

namespace {

void putTime(Json& tree, const char* name, const std::optional<Timestamp>& time) {
    if (time) tree[name] = formatRfc3339(*time);
}

/// Puts an object that says something; an empty one is left out.
void putObject(Json& tree, const char* name, Json object) {
    if (!object.empty()) tree[name] = std::move(object);
}

Json targetTree(const Target& target) {
    Json tree = Json::object();
    if (!target.type.empty()) tree["type"] = target.type;
    putKnown(tree, "namespace", target.ns);
    putKnown(tree, "name", target.name);
    putKnown(tree, "container", target.container);
    if (target.sidecar) tree["sidecar"] = true;
    putKnown(tree, "uid", target.uid);
    putKnown(tree, "generation", target.generation);
    putKnown(tree, "context", target.context);
    if (!target.command.empty()) tree["command"] = target.command;
    putKnown(tree, "port", target.port);
    return tree;
}

Json environmentTree(const Environment& environment) {
    Json tree = Json::object();
    putKnown(tree, "testbed", environment.testbed);
    putKnown(tree, "enforcement", environment.enforcement);
    putKnown(tree, "cpuLimit", environment.cpuLimit);
    putKnown(tree, "cores", environment.cores);
    putKnown(tree, "firstUseSecondsPerMiB", environment.firstUseSecondsPerMiB);
    putKnown(tree, "node", environment.node);
    putKnown(tree, "kubernetesVersion", environment.kubernetesVersion);
    putKnown(tree, "goVersion", environment.goVersion);
    putKnown(tree, "memfitVersion", environment.memfitVersion);
    return tree;
}

Json loadInfoTree(const LoadInfo& load) {
    Json tree = Json::object();
    putKnown(tree, "command", load.command);
    putKnown(tree, "tool", load.tool);
    putKnown(tree, "via", load.via);
    putKnown(tree, "setup", load.setup);
    putKnown(tree, "prepare", load.prepare);
    putKnown(tree, "cleanup", load.cleanup);
    return tree;
}

Json warningsTree(const std::vector<Warning>& warnings) {
    Json tree = Json::array();
    for (const auto& warning : warnings)
        tree.push_back({{"code", warning.code}, {"text", warning.text}});
    return tree;
}

Json memoryTree(const MemorySnapshot& memory) {
    Json tree = Json::object();
    putTime(tree, "time", memory.time);
    putKnown(tree, "goroutines", memory.goroutines);
    putKnown(tree, "sysBytes", memory.sys);
    putKnown(tree, "heapAllocBytes", memory.heapAlloc);
    putKnown(tree, "heapSysBytes", memory.heapSys);
    putKnown(tree, "heapReleasedBytes", memory.heapReleased);
    putKnown(tree, "heapInuseBytes", memory.heapInuse);
    putKnown(tree, "stackSysBytes", memory.stackSys);
    putKnown(tree, "nextGcBytes", memory.nextGc);
    putKnown(tree, "totalAllocBytes", memory.totalAlloc);
    putKnown(tree, "numGc", memory.numGc);
    putKnown(tree, "gcCpuFraction", memory.gcCpuFraction);
    putKnown(tree, "pauseTotalSeconds", memory.pauseTotalSeconds);
    putKnown(tree, "residentBytes", memory.resident);
    putKnown(tree, "cpuSeconds", memory.cpuSeconds);
    putKnown(tree, "gcCpuSeconds", memory.gcCpuSeconds);
    putKnown(tree, "goMappedBytes", memory.mapped);
    putKnown(tree, "gomemlimit", memory.gomemlimit);
    putKnown(tree, "gogc", memory.gogc);
    putKnown(tree, "goVersion", memory.goVersion);
    if (memory.source) tree["source"] = toString(*memory.source);
    return tree;
}

Json usageTree(const Usage& usage) {
    Json tree = Json::object();
    putKnown(tree, "currentBytes", usage.current);
    putKnown(tree, "peakBytes", usage.peak);
    putKnown(tree, "anonBytes", usage.anon);
    putKnown(tree, "demandBytes", usage.demand);
    putKnown(tree, "limitHits", usage.limitHits);
    return tree;
}

Json loadTree(const LoadReport& load) {
    Json latency = Json::object();
    putKnown(latency, "p50", load.latency.p50);
    putKnown(latency, "p90", load.latency.p90);
    putKnown(latency, "p95", load.latency.p95);
    putKnown(latency, "p99", load.latency.p99);

    Json tree = Json::object();
    putKnown(tree, "tool", load.tool);
    putKnown(tree, "totalSeconds", load.totalSeconds);
    putKnown(tree, "fastestSeconds", load.fastestSeconds);
    putKnown(tree, "slowestSeconds", load.slowestSeconds);
    putKnown(tree, "averageSeconds", load.averageSeconds);
    putKnown(tree, "requestsPerSecond", load.requestsPerSecond);
    putKnown(tree, "requests", load.requests);
    putKnown(tree, "errors", load.errors);
    putKnown(tree, "non2xx", load.non2xx);
    putKnown(tree, "bytes", load.bytes);
    putObject(tree, "latencySeconds", std::move(latency));
    putKnown(tree, "exitCode", load.exitCode);
    return tree;
}

Json currentTree(const CurrentSettings& settings) {
    Json tree = Json::object();
    putLimit(tree, "limitBytes", settings.limit);
    putKnown(tree, "requestBytes", settings.request);
    putKnown(tree, "gomemlimit", settings.gomemlimit);
    putKnown(tree, "gogc", settings.gogc);
    return tree;
}

Json podTree(const LivePod& pod) {
    Json tree{{"name", pod.name}};
    if (!pod.node.empty()) tree["node"] = pod.node;
    tree["settings"] = currentTree(pod.settings);
    if (pod.memory) tree["memory"] = memoryTree(*pod.memory);
    if (pod.usage) tree["usage"] = usageTree(*pod.usage);
    tree["restarts"] = pod.restarts;
    tree["oomKilled"] = pod.oomKilled;
    if (!pod.oomKilledAt.empty()) tree["oomKilledAt"] = pod.oomKilledAt;
    return tree;
}

/// `cpu` and `gc`, beside `usage`. CPU time per request is there for readers; it is not read back.
void putCost(Json& tree, const std::optional<Cost>& cost, const std::optional<LoadReport>& load) {
    if (!cost) return;
    Json cpu = Json::object();
    putKnown(cpu, "seconds", cost->cpuSeconds);
    putKnown(cpu, "perRequestSeconds", cpuPerRequest(cost, load));
    putKnown(cpu, "gcSeconds", cost->gcSeconds);
    putKnown(cpu, "source", cost->cpuSource);
    putObject(tree, "cpu", std::move(cpu));
    Json gc = Json::object();
    putKnown(gc, "collections", cost->collections);
    putKnown(gc, "allocatedBytes", cost->allocated);
    putObject(tree, "gc", std::move(gc));
}

/// What trials and bench runs have in common about one load.
template <class Run>
void putMeasured(Json& tree, const Run& run) {
    if (run.load) tree["load"] = loadTree(*run.load);
    if (run.memory) tree["memory"] = memoryTree(*run.memory);
    if (run.usage) tree["usage"] = usageTree(*run.usage);
    putCost(tree, run.cost, run.load);
}

void putSettings(Json& tree, const Settings& settings) {
    putLimit(tree, "limitBytes", settings.limit);
    tree["mode"] = toString(settings.mode);
    putKnown(tree, "gomemlimitBytes", settings.gomemlimit);
    putKnown(tree, "gogc", settings.gogc);
}

Json trialTree(const Trial& trial) {
    Json tree = Json::object();
    putSettings(tree, trial.settings);
    tree["outcome"] = toString(trial.outcome);
    putMeasured(tree, trial);
    putTime(tree, "startedAt", trial.startedAt);
    putKnown(tree, "seconds", trial.seconds);
    if (!trial.note.empty()) tree["note"] = trial.note;
    return tree;
}

Json edgeTree(const EdgeBounds& edge) {
    Json tree = Json::object();
    putKnown(tree, "estimateBytes", edge.estimate);
    putKnown(tree, "lowBytes", edge.low);
    putKnown(tree, "highBytes", edge.high);
    putKnown(tree, "confidence", edge.confidence);
    return tree;
}

Json runTree(const BenchRun& run) {
    Json tree = Json::object();
    tree["outcome"] = toString(run.outcome);
    putKnown(tree, "block", run.block);
    putMeasured(tree, run);
    return tree;
}

void putEstimate(Json& tree, const char* name, const std::optional<Estimate>& estimate) {
    if (estimate)
        tree[name] = {
            {"median", estimate->median}, {"low", estimate->low}, {"high", estimate->high}};
}

Json samplesTree(const std::vector<MemorySample>& samples) {
    Json tree = Json::array();
    for (const auto& sample : samples) {
        Json one = {{"seconds", sample.seconds}};
        putKnown(one, "usageBytes", sample.usage);
        putKnown(one, "sysBytes", sample.sys);
        putKnown(one, "heapAllocBytes", sample.heapAlloc);
        putKnown(one, "numGc", sample.numGc);
        tree.push_back(std::move(one));
    }
    return tree;
}

Json cellTree(const BenchCell& cell) {
    Json tree = Json::object();
    tree["label"] = cell.label;
    putSettings(tree, cell.settings);
    tree["runs"] = Json::array();
    for (const auto& run : cell.runs) tree["runs"].push_back(runTree(run));
    Json summary = Json::object();
    putEstimate(summary, "requestsPerSecond", cell.summary.requestsPerSecond);
    putEstimate(summary, "totalSeconds", cell.summary.totalSeconds);
    putEstimate(summary, "p50Seconds", cell.summary.p50Seconds);
    putEstimate(summary, "p99Seconds", cell.summary.p99Seconds);
    putEstimate(summary, "cpuPerRequestSeconds", cell.summary.cpuPerRequestSeconds);
    putEstimate(summary, "collections", cell.summary.collections);
    tree["summary"] = std::move(summary);
    if (!cell.samples.empty()) tree["samples"] = samplesTree(cell.samples);
    return tree;
}

void putDifference(Json& tree, const Difference& difference) {
    tree["ratio"] = difference.ratio;
    tree["low"] = difference.low;
    tree["high"] = difference.high;
    tree["significant"] = difference.significant;
    tree["pValue"] = difference.pValue;
    tree["test"] = difference.test;
}

Json comparisonTree(const CellComparison& comparison, const std::vector<std::string>& names) {
    Json tree = {{"cell", names[comparison.cell]}, {"against", names[comparison.against]}};
    putDifference(tree, comparison.difference);
    if (comparison.cpu) putDifference(tree["cpu"], *comparison.cpu);
    return tree;
}

Json comparisonsTree(const BenchResult& bench) {
    const auto names = cellNames(bench.cells);
    Json tree = Json::array();
    for (const auto& comparison : bench.comparisons)
        if (comparison.cell < names.size() && comparison.against < names.size())
            tree.push_back(comparisonTree(comparison, names));
    return tree;
}

std::string finish(Json tree, const Header& header) {
    putInputs(tree, header);
    return documentText(tree);
}

}  // namespace

void putLimit(Json& tree, std::string_view name, std::optional<Bytes> limit) {
    tree[std::string(name)] = limit ? Json(*limit) : Json(nullptr);
}

Json podsTree(const std::vector<LivePod>& pods) {
    Json tree = Json::array();
    for (const auto& pod : pods) tree.push_back(podTree(pod));
    return tree;
}

Json documentTree(std::string_view kind, const Header& header) {
    Json tree = Json::object();
    tree["apiVersion"] = apiVersion;
    tree["kind"] = kind;
    putObject(tree, "target", targetTree(header.target));
    putObject(tree, "environment", environmentTree(header.environment));
    putObject(tree, "load", loadInfoTree(header.load));
    putTime(tree, "startedAt", header.startedAt);
    putTime(tree, "finishedAt", header.finishedAt);
    tree["partial"] = header.partial;
    tree["warnings"] = warningsTree(header.warnings);
    return tree;
}

void putInputs(Json& tree, const Header& header) {
    Json inputs = Json::array();
    for (const auto& text : header.inputs) {
        auto parsed = parseJsonTexts(text, {});
        if (!parsed) continue;
        for (auto& document : *parsed) inputs.push_back(std::move(document.value));
    }
    putObject(tree, "inputs", std::move(inputs));
}

std::string documentText(const Json& tree) {
    return tree.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string toJson(const ProbeResult& result) {
    auto tree = documentTree("ProbeResult", result.header);
    tree["settings"] = currentTree(result.settings);
    if (result.idle) tree["idle"] = memoryTree(*result.idle);
    if (result.loaded) tree["loaded"] = memoryTree(*result.loaded);
    if (result.peak) tree["peak"] = memoryTree(*result.peak);
    tree["samples"] = Json::array();
    for (const auto& sample : result.samples) tree["samples"].push_back(memoryTree(sample));
    if (result.run) tree["run"] = loadTree(*result.run);
    if (result.usage) tree["usage"] = usageTree(*result.usage);
    putCost(tree, result.cost, result.run);
    if (!result.pods.empty()) tree["pods"] = podsTree(result.pods);
    return finish(std::move(tree), result.header);
}

std::string toJson(const SqueezeResult& result) {
    auto tree = documentTree("SqueezeResult", result.header);
    tree["mode"] = toString(result.mode);
    putKnown(tree, "goSysBytes", result.goSys);
    putKnown(tree, "ceilingBytes", result.ceiling);
    tree["trials"] = Json::array();
    for (const auto& trial : result.trials) tree["trials"].push_back(trialTree(trial));
    putObject(tree, "edge", edgeTree(result.edge));
    putKnown(tree, "minimumBytes", result.minimum);
    putKnown(tree, "riskAtMinimum", result.riskAtMinimum);
    putKnown(tree, "confirmations", result.confirmations);
    return finish(std::move(tree), result.header);
}

std::string toJson(const BenchResult& result) {
    auto tree = documentTree("BenchResult", result.header);
    putKnown(tree, "minimumBytes", result.minimum);
    putKnown(tree, "goSysBytes", result.goSys);
    tree["cells"] = Json::array();
    for (const auto& cell : result.cells) tree["cells"].push_back(cellTree(cell));
    tree["comparisons"] = comparisonsTree(result);
    return finish(std::move(tree), result.header);
}

}  // namespace memfit
