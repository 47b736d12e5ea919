#include "memfit/documents/document_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace memfit {

namespace {

constexpr std::size_t maxSamples = 1'000'000;
constexpr std::size_t maxTrials = 10'000;
constexpr std::size_t maxCells = 256;
constexpr std::size_t maxRuns = 1'000;
constexpr std::size_t maxWarnings = 10'000;
constexpr std::size_t maxPods = 100'000;

Target readTarget(const JsonFields& fields) {
    Target target;
    target.type = fields.text("type").value_or("");
    target.ns = fields.text("namespace");
    target.name = fields.text("name");
    target.container = fields.text("container");
    target.sidecar = fields.flag("sidecar").value_or(false);
    target.uid = fields.text("uid");
    target.generation = fields.count("generation");
    target.context = fields.text("context");
    target.command = fields.texts("command");
    target.port = fields.count("port");
    return target;
}

Environment readEnvironment(const JsonFields& fields) {
    Environment environment;
    environment.testbed = fields.text("testbed");
    environment.enforcement = fields.text("enforcement");
    environment.cpuLimit = fields.text("cpuLimit");
    environment.cores = fields.count("cores");
    environment.firstUseSecondsPerMiB = fields.number("firstUseSecondsPerMiB");
    environment.node = fields.text("node");
    environment.kubernetesVersion = fields.text("kubernetesVersion");
    environment.goVersion = fields.text("goVersion");
    environment.memfitVersion = fields.text("memfitVersion");
    return environment;
}

std::optional<MemorySnapshot> readMemory(const std::optional<JsonFields>& fields) {
    if (!fields) return std::nullopt;
    MemorySnapshot memory;
    memory.time = fields->time("time");
    memory.goroutines = fields->count("goroutines");
    memory.sys = fields->bytes("sysBytes");
    memory.heapAlloc = fields->bytes("heapAllocBytes");
    memory.heapSys = fields->bytes("heapSysBytes");
    memory.heapReleased = fields->bytes("heapReleasedBytes");
    memory.heapInuse = fields->bytes("heapInuseBytes");
    memory.stackSys = fields->bytes("stackSysBytes");
    memory.nextGc = fields->bytes("nextGcBytes");
    memory.totalAlloc = fields->bytes("totalAllocBytes");
    memory.numGc = fields->count("numGc");
    memory.gcCpuFraction = fields->number("gcCpuFraction");
    memory.pauseTotalSeconds = fields->number("pauseTotalSeconds");
    memory.resident = fields->bytes("residentBytes");
    memory.cpuSeconds = fields->number("cpuSeconds");
    memory.gcCpuSeconds = fields->number("gcCpuSeconds");
    memory.mapped = fields->bytes("goMappedBytes");
    memory.gomemlimit = fields->text("gomemlimit");
    memory.gogc = fields->text("gogc");
    memory.goVersion = fields->text("goVersion");
    memory.source = fields->word<StatsSource>("source", toString, StatsSource::pprof);
    return memory;
}

std::optional<Usage> readUsage(const std::optional<JsonFields>& fields) {
    if (!fields) return std::nullopt;
    Usage usage;
    usage.current = fields->bytes("currentBytes");
    usage.peak = fields->bytes("peakBytes");
    usage.anon = fields->bytes("anonBytes");
    usage.demand = fields->bytes("demandBytes");
    usage.limitHits = fields->count("limitHits");
    return usage;
}

std::optional<Cost> readCost(const JsonFields& fields) {
    Cost cost;
    if (const auto cpu = fields.object("cpu")) {
        cost.cpuSeconds = cpu->number("seconds");
        cost.gcSeconds = cpu->number("gcSeconds");
        cost.cpuSource = cpu->text("source");
    }
    if (const auto gc = fields.object("gc")) {
        cost.collections = gc->count("collections");
        cost.allocated = gc->bytes("allocatedBytes");
    }
    return cost == Cost{} ? std::nullopt : std::optional(cost);
}

std::optional<LoadReport> readLoad(const std::optional<JsonFields>& fields) {
    if (!fields) return std::nullopt;
    LoadReport load;
    load.tool = fields->text("tool");
    load.totalSeconds = fields->number("totalSeconds");
    load.fastestSeconds = fields->number("fastestSeconds");
    load.slowestSeconds = fields->number("slowestSeconds");
    load.averageSeconds = fields->number("averageSeconds");
    load.requestsPerSecond = fields->number("requestsPerSecond");
    load.requests = fields->count("requests");
    load.errors = fields->count("errors");
    load.non2xx = fields->count("non2xx");
    load.bytes = fields->bytes("bytes");
    if (const auto latency = fields->object("latencySeconds"))
        load.latency = {latency->number("p50"), latency->number("p90"), latency->number("p95"),
                        latency->number("p99")};
    load.exitCode = fields->integer("exitCode");
    return load;
}

Settings readSettings(const JsonFields& fields) {
    Settings settings;
    if (!fields.has("limitBytes")) fields.fail("limitBytes", "is missing; no limit is null");
    settings.limit = fields.limit("limitBytes");
    settings.gomemlimit = fields.bytes("gomemlimitBytes");
    settings.gogc = readGogc(fields);
    const auto implied = settings.gomemlimit ? Mode::gomemlimit : Mode::plain;
    settings.mode = fields.word<Mode>("mode", toString, Mode::gomemlimit).value_or(implied);
    if (settings.mode == Mode::gomemlimit && !settings.limit)
        fields.fail("limitBytes", "is null, and mode gomemlimit needs a limit");
    return settings;
}

Outcome readOutcome(const JsonFields& fields) {
    if (!fields.has("outcome")) fields.fail("outcome", "is missing");
    return fields.word<Outcome>("outcome", toString, Outcome::inconclusive)
        .value_or(Outcome::inconclusive);
}

CurrentSettings readCurrent(const JsonFields& fields) {
    CurrentSettings settings;
    settings.limit = fields.limit("limitBytes");
    settings.request = fields.bytes("requestBytes");
    settings.gomemlimit = fields.text("gomemlimit");
    settings.gogc = readGogc(fields);
    return settings;
}

Trial readTrial(const JsonFields& fields) {
    Trial trial;
    trial.settings = readSettings(fields);
    trial.outcome = readOutcome(fields);
    trial.load = readLoad(fields.object("load"));
    trial.memory = readMemory(fields.object("memory"));
    trial.usage = readUsage(fields.object("usage"));
    trial.cost = readCost(fields);
    trial.startedAt = fields.time("startedAt");
    trial.seconds = fields.number("seconds");
    trial.note = fields.text("note").value_or("");
    return trial;
}

/// gomemlimit when every limited trial was.
Mode impliedMode(const std::vector<Trial>& trials) {
    const auto limited = [](const Trial& trial) { return trial.settings.limit.has_value(); };
    const auto plainLimited = [&](const Trial& trial) {
        return limited(trial) && trial.settings.mode == Mode::plain;
    };
    const bool gomemlimit =
        std::ranges::any_of(trials, limited) && std::ranges::none_of(trials, plainLimited);
    return gomemlimit ? Mode::gomemlimit : Mode::plain;
}

BenchRun readRun(const JsonFields& fields) {
    BenchRun run;
    run.outcome = readOutcome(fields);
    run.block = fields.integer("block");
    run.load = readLoad(fields.object("load"));
    run.memory = readMemory(fields.object("memory"));
    run.usage = readUsage(fields.object("usage"));
    run.cost = readCost(fields);
    return run;
}

double requiredNumber(const JsonFields& fields, std::string_view name) {
    if (!fields.has(name)) fields.fail(name, "is missing");
    return fields.number(name).value_or(0);
}

std::optional<Estimate> readEstimate(const std::optional<JsonFields>& fields) {
    if (!fields) return std::nullopt;
    return Estimate{requiredNumber(*fields, "median"), requiredNumber(*fields, "low"),
                    requiredNumber(*fields, "high")};
}

MemorySample readSample(const JsonFields& fields) {
    return {requiredNumber(fields, "seconds"), fields.bytes("usageBytes"), fields.bytes("sysBytes"),
            fields.bytes("heapAllocBytes"), fields.count("numGc")};
}

BenchCell readCell(const JsonFields& fields) {
    BenchCell cell;
    cell.settings = readSettings(fields);
    cell.label = fields.text("label").value_or("");
    for (const auto& run : fields.objects("runs", maxRuns)) cell.runs.push_back(readRun(run));
    for (const auto& sample : fields.objects("samples", maxRuns))
        cell.samples.push_back(readSample(sample));
    if (const auto summary = fields.object("summary")) {
        cell.summary.requestsPerSecond = readEstimate(summary->object("requestsPerSecond"));
        cell.summary.totalSeconds = readEstimate(summary->object("totalSeconds"));
        cell.summary.p50Seconds = readEstimate(summary->object("p50Seconds"));
        cell.summary.p99Seconds = readEstimate(summary->object("p99Seconds"));
        cell.summary.cpuPerRequestSeconds = readEstimate(summary->object("cpuPerRequestSeconds"));
        cell.summary.collections = readEstimate(summary->object("collections"));
    } else {
        summarizeCell(cell);
    }
    return cell;
}

/// Cell indices by the names that comparisons use.
using CellIndex = std::map<std::string, std::size_t>;

std::size_t readCellName(const JsonFields& fields, std::string_view name, const CellIndex& index) {
    const auto given = fields.text(name);
    const auto found = given ? index.find(*given) : index.end();
    if (found != index.end()) return found->second;
    fields.fail(name,
                given ? fmt::format("is {}, which is not one of the cells", quoteForMessage(*given))
                      : "is missing");
    return 0;
}

Difference readDifference(const JsonFields& fields) {
    Difference difference;
    difference.ratio = requiredNumber(fields, "ratio");
    difference.low = requiredNumber(fields, "low");
    difference.high = requiredNumber(fields, "high");
    difference.significant = fields.flag("significant").value_or(false);
    difference.pValue = fields.number("pValue").value_or(1);
    difference.test = fields.text("test").value_or("");
    return difference;
}

CellComparison readComparison(const JsonFields& fields, const CellIndex& index) {
    CellComparison comparison;
    comparison.cell = readCellName(fields, "cell", index);
    comparison.against = readCellName(fields, "against", index);
    comparison.difference = readDifference(fields);
    if (const auto cpu = fields.object("cpu")) comparison.cpu = readDifference(*cpu);
    return comparison;
}

void readComparisons(const JsonFields& fields, BenchResult& bench) {
    CellIndex index;
    const auto names = cellNames(bench.cells);
    for (std::size_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
    for (const auto& comparison : fields.objects("comparisons", maxCells * maxCells))
        bench.comparisons.push_back(readComparison(comparison, index));
}

LivePod readLivePod(const JsonFields& fields) {
    LivePod pod;
    pod.name = fields.text("name").value_or("");
    pod.node = fields.text("node").value_or("");
    if (const auto settings = fields.object("settings")) pod.settings = readCurrent(*settings);
    pod.memory = readMemory(fields.object("memory"));
    pod.usage = readUsage(fields.object("usage"));
    pod.restarts = fields.count("restarts").value_or(0);
    pod.oomKilled = fields.flag("oomKilled").value_or(false);
    pod.oomKilledAt = fields.text("oomKilledAt").value_or("");
    return pod;
}

}  // namespace

Header readHeader(const JsonFields& fields) {
    Header header;
    if (const auto target = fields.object("target")) header.target = readTarget(*target);
    if (const auto environment = fields.object("environment"))
        header.environment = readEnvironment(*environment);
    if (const auto load = fields.object("load"))
        header.load = {load->text("command"), load->text("tool"),  load->text("via"),
                       load->text("prepare"), load->text("setup"), load->text("cleanup")};
    header.startedAt = fields.time("startedAt");
    header.finishedAt = fields.time("finishedAt");
    header.partial = fields.flag("partial").value_or(false);
    for (const auto& warning : fields.objects("warnings", maxWarnings))
        header.warnings.push_back(
            {warning.text("code").value_or(""), warning.text("text").value_or("")});
    return header;
}

std::optional<std::string> readGogc(const JsonFields& fields) {
    if (fields.isNumber("gogc")) {
        const auto percent = fields.integer("gogc");
        return percent ? std::optional(std::to_string(*percent)) : std::nullopt;
    }
    return fields.text("gogc");
}

std::vector<LivePod> readLivePods(const JsonFields& fields, std::string_view name) {
    std::vector<LivePod> pods;
    for (const auto& pod : fields.objects(name, maxPods)) pods.push_back(readLivePod(pod));
    return pods;
}

ProbeResult readProbe(const JsonFields& fields) {
    ProbeResult probe;
    probe.header = readHeader(fields);
    if (const auto settings = fields.object("settings")) probe.settings = readCurrent(*settings);
    probe.idle = readMemory(fields.object("idle"));
    probe.loaded = readMemory(fields.object("loaded"));
    probe.peak = readMemory(fields.object("peak"));
    for (const auto& sample : fields.objects("samples", maxSamples))
        probe.samples.push_back(*readMemory(sample));
    probe.run = readLoad(fields.object("run"));
    probe.usage = readUsage(fields.object("usage"));
    probe.cost = readCost(fields);
    probe.pods = readLivePods(fields, "pods");
    return probe;
}

SqueezeResult readSqueeze(const JsonFields& fields) {
    SqueezeResult squeeze;
    squeeze.header = readHeader(fields);
    squeeze.goSys = fields.bytes("goSysBytes");
    squeeze.ceiling = fields.bytes("ceilingBytes");
    for (const auto& trial : fields.objects("trials", maxTrials))
        squeeze.trials.push_back(readTrial(trial));
    squeeze.mode =
        fields.word<Mode>("mode", toString, Mode::gomemlimit).value_or(impliedMode(squeeze.trials));
    if (const auto edge = fields.object("edge"))
        squeeze.edge = {edge->bytes("estimateBytes"), edge->bytes("lowBytes"),
                        edge->bytes("highBytes"), edge->number("confidence")};
    squeeze.minimum = fields.limit("minimumBytes");
    squeeze.riskAtMinimum = fields.number("riskAtMinimum");
    squeeze.confirmations = fields.count("confirmations");
    return squeeze;
}

BenchResult readBench(const JsonFields& fields) {
    BenchResult bench;
    bench.header = readHeader(fields);
    bench.minimum = fields.limit("minimumBytes");
    bench.goSys = fields.bytes("goSysBytes");
    if (!fields.has("cells")) fields.fail("cells", "is missing");
    for (const auto& cell : fields.objects("cells", maxCells))
        bench.cells.push_back(readCell(cell));
    if (fields.failed()) return bench;
    if (fields.has("comparisons"))
        readComparisons(fields, bench);
    else
        compareCells(bench);
    return bench;
}

}  // namespace memfit
