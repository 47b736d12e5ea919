#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_readers.h"
#include "memfit/observe/memstats_sample.h"
#include "memfit/units/go_settings.h"
#include "memfit/units/quoted.h"

namespace memfit::memstats {

namespace {

/// What a metric says. Several names may say the same.
enum class Figure : std::uint8_t {
    goroutines,
    sys,
    mapped,
    heapAlloc,
    heapSys,
    heapReleased,
    heapInuse,
    stackSys,
    nextGc,
    totalAlloc,
    numGc,
    pauseSeconds,
    pauseNanoseconds,
    gcCpuFraction,
    gcCpuSeconds,
    gcCpuNanoseconds,
    resident,
    cpuSeconds,
    cpuUserNanoseconds,
    cpuSystemNanoseconds,
    classUnused,
    classFree,
    classStacks,
    classOsStacks,
    usedStack,
    usedOther,
    gomemlimit,
    gomemlimitOrZero,  ///< where 0 stands for none
    gogc,
    version,
    count,
};

using Names = std::unordered_map<std::string_view, Figure>;

/// Names without a prefix. From client_golang's collectors, old (`heap_released_bytes_total`) and
/// new (runtime/metrics); github.com/VictoriaMetrics/metrics (`go_gc_cpu_seconds_total`,
/// `go_memlimit_bytes`); OpenCensus as Knative uses it (`go_heap_alloc`); OpenTelemetry's Go
/// runtime instrumentation, today's (`go.memory.used`) and older ones, with the units and `_total`
/// that its exporters append or do not; CockroachDB (pkg/server/status/runtime.go); the
/// OpenTelemetry Collector's own, behind its prefix (`process_runtime_total_sys_memory_bytes`).
const Names& names() {
    static const Names all{
        {"go_goroutines", Figure::goroutines},
        {"go_sched_goroutines_goroutines", Figure::goroutines},
        {"go_goroutine_count", Figure::goroutines},
        {"process_runtime_go_goroutines", Figure::goroutines},
        {"runtime_go_goroutines", Figure::goroutines},
        {"sys_goroutines", Figure::goroutines},

        {"go_memstats_sys_bytes", Figure::sys},
        {"go_memory_classes_total_bytes", Figure::sys},
        {"go_sys", Figure::sys},
        {"process_runtime_total_sys_memory_bytes", Figure::sys},
        {"sys_go_totalbytes", Figure::mapped},

        {"go_memstats_heap_alloc_bytes", Figure::heapAlloc},
        {"go_memstats_alloc_bytes", Figure::heapAlloc},
        {"go_memory_classes_heap_objects_bytes", Figure::heapAlloc},
        {"go_heap_alloc", Figure::heapAlloc},
        {"go_alloc", Figure::heapAlloc},
        {"process_runtime_heap_alloc_bytes", Figure::heapAlloc},
        {"process_runtime_go_mem_heap_alloc", Figure::heapAlloc},
        {"process_runtime_go_mem_heap_alloc_bytes", Figure::heapAlloc},
        {"runtime_go_mem_heap_alloc", Figure::heapAlloc},
        {"runtime_go_mem_heap_alloc_bytes", Figure::heapAlloc},
        {"sys_go_allocbytes", Figure::heapAlloc},

        {"go_memstats_heap_sys_bytes", Figure::heapSys},
        {"go_heap_sys", Figure::heapSys},
        {"process_runtime_go_mem_heap_sys", Figure::heapSys},
        {"process_runtime_go_mem_heap_sys_bytes", Figure::heapSys},
        {"runtime_go_mem_heap_sys", Figure::heapSys},
        {"runtime_go_mem_heap_sys_bytes", Figure::heapSys},

        {"go_memstats_heap_released_bytes", Figure::heapReleased},
        {"go_memstats_heap_released_bytes_total", Figure::heapReleased},
        {"go_memory_classes_heap_released_bytes", Figure::heapReleased},
        {"go_heap_released", Figure::heapReleased},
        {"process_runtime_go_mem_heap_released", Figure::heapReleased},
        {"process_runtime_go_mem_heap_released_bytes", Figure::heapReleased},
        {"runtime_go_mem_heap_released", Figure::heapReleased},
        {"runtime_go_mem_heap_released_bytes", Figure::heapReleased},
        {"sys_go_heap_heapreleasedbytes", Figure::heapReleased},

        {"go_memstats_heap_inuse_bytes", Figure::heapInuse},
        {"go_heap_in_use", Figure::heapInuse},
        {"process_runtime_go_mem_heap_inuse", Figure::heapInuse},
        {"process_runtime_go_mem_heap_inuse_bytes", Figure::heapInuse},
        {"runtime_go_mem_heap_inuse", Figure::heapInuse},
        {"runtime_go_mem_heap_inuse_bytes", Figure::heapInuse},

        {"go_memstats_stack_sys_bytes", Figure::stackSys},
        {"go_stack_sys", Figure::stackSys},
        {"sys_go_stack_systembytes", Figure::stackSys},

        {"go_memstats_next_gc_bytes", Figure::nextGc},
        {"go_gc_heap_goal_bytes", Figure::nextGc},
        {"go_next_gc", Figure::nextGc},
        {"go_memory_gc_goal", Figure::nextGc},
        {"go_memory_gc_goal_bytes", Figure::nextGc},

        {"go_memstats_alloc_bytes_total", Figure::totalAlloc},
        {"go_gc_heap_allocs_bytes_total", Figure::totalAlloc},
        {"go_total_alloc", Figure::totalAlloc},
        {"process_runtime_total_alloc_bytes", Figure::totalAlloc},
        {"process_runtime_total_alloc_bytes_total", Figure::totalAlloc},
        {"go_memory_allocated", Figure::totalAlloc},
        {"go_memory_allocated_total", Figure::totalAlloc},
        {"go_memory_allocated_bytes", Figure::totalAlloc},
        {"go_memory_allocated_bytes_total", Figure::totalAlloc},
        {"sys_go_heap_allocbytes", Figure::totalAlloc},

        {"go_gc_duration_seconds_count", Figure::numGc},
        {"go_gc_cycles_total_gc_cycles_total", Figure::numGc},
        {"go_num_gc", Figure::numGc},
        {"go_memory_gc_cycles", Figure::numGc},
        {"go_memory_gc_cycles_total", Figure::numGc},
        {"process_runtime_go_gc_count", Figure::numGc},
        {"process_runtime_go_gc_count_total", Figure::numGc},
        {"runtime_go_gc_count", Figure::numGc},
        {"runtime_go_gc_count_total", Figure::numGc},
        {"sys_gc_count", Figure::numGc},

        {"go_gc_duration_seconds_sum", Figure::pauseSeconds},
        {"go_total_gc_pause_ns", Figure::pauseNanoseconds},
        {"process_runtime_go_gc_pause_total_ns", Figure::pauseNanoseconds},
        {"process_runtime_go_gc_pause_total_ns_total", Figure::pauseNanoseconds},
        {"runtime_go_gc_pause_total_ns", Figure::pauseNanoseconds},
        {"runtime_go_gc_pause_total_ns_total", Figure::pauseNanoseconds},
        {"sys_gc_pause_ns", Figure::pauseNanoseconds},

        {"go_memstats_gc_cpu_fraction", Figure::gcCpuFraction},
        {"go_gc_cpu_fraction", Figure::gcCpuFraction},
        {"go_cpu_classes_gc_total_cpu_seconds_total", Figure::gcCpuSeconds},
        {"go_gc_cpu_seconds_total", Figure::gcCpuSeconds},
        {"sys_gc_total_ns", Figure::gcCpuNanoseconds},

        {"process_resident_memory_bytes", Figure::resident},
        {"process_memory_rss", Figure::resident},
        {"process_memory_rss_bytes", Figure::resident},
        {"sys_rss", Figure::resident},
        {"process_cpu_seconds_total", Figure::cpuSeconds},
        {"process_cpu_seconds", Figure::cpuSeconds},
        {"sys_cpu_user_ns", Figure::cpuUserNanoseconds},
        {"sys_cpu_sys_ns", Figure::cpuSystemNanoseconds},

        {"go_memory_classes_heap_unused_bytes", Figure::classUnused},
        {"go_memory_classes_heap_free_bytes", Figure::classFree},
        {"go_memory_classes_heap_stacks_bytes", Figure::classStacks},
        {"go_memory_classes_os_stacks_bytes", Figure::classOsStacks},

        // One of its two parts, which its label tells.
        {"go_memory_used", Figure::usedOther},
        {"go_memory_used_bytes", Figure::usedOther},

        {"go_gc_gomemlimit_bytes", Figure::gomemlimit},
        {"go_memory_limit", Figure::gomemlimit},
        {"go_memory_limit_bytes", Figure::gomemlimit},
        {"go_memlimit_bytes", Figure::gomemlimitOrZero},
        {"sys_go_limitbytes", Figure::gomemlimitOrZero},
        {"go_gc_gogc_percent", Figure::gogc},
        {"go_config_gogc", Figure::gogc},
        {"go_config_gogc_percent", Figure::gogc},

        {"go_info", Figure::version},
    };
    return all;
}

/// What the names above start with.
constexpr std::array<std::string_view, 4> stems{"go_", "process_", "runtime_go_", "sys_g"};
/// What only a Go program shows, whether memfit reads it or not.
constexpr std::array<std::string_view, 13> signsOfGo{
    "go_memstats_",
    "go_memory_",
    "go_gc_",
    "go_sched_",
    "go_cpu_classes_",
    "go_goroutine",
    "go_info",
    "go_threads",
    "sys_go",
    "process_runtime_go_",
    "runtime_go_",
    "process_runtime_total_",
    "process_runtime_heap_alloc",
};
/// Prefixes of programs that run beside the one that is meant, and show or pass on a page for it.
constexpr std::array<std::string_view, 8> sidecars{
    "istio_agent_",    "pilot_agent_", "envoy_", "consul_dataplane_",
    "kuma_dataplane_", "linkerd_",     "dapr_",  "vault_agent_",
};
/// What shows that a program in another language speaks.
constexpr std::array<std::string_view, 12> signsOfOthers{
    "python_info",  "python_gc_",           "jvm_",       "nodejs_",      "dotnet_",  "ruby_",
    "process_jvm_", "process_runtime_jvm_", "erlang_vm_", "beam_memory_", "php_info", "rust_",
};

bool startsWithOneOf(std::string_view text, const auto& list) {
    return std::ranges::any_of(list, [&](std::string_view one) { return text.starts_with(one); });
}

/// A metric's name taken apart.
struct Known {
    std::string_view prefix;       ///< with its underscore; empty without one
    std::string_view name;         ///< behind it
    std::optional<Figure> figure;  ///< nullopt: only a sign of Go
};

bool startsName(std::string_view whole, std::size_t at) {
    return at == 0 || whole[at - 1] == '_' || whole[at - 1] == ':';
}

/// The longest part of the name that is known; nullopt where it says nothing of Go or the process.
std::optional<Known> takeApart(std::string_view whole) {
    std::optional<Known> sign;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        if (!startsName(whole, at)) continue;
        const auto name = whole.substr(at);
        // CockroachDB's names are short and common: they count as they are only.
        const bool cockroach = name.starts_with("sys_");
        if (cockroach ? at > 0 : !startsWithOneOf(name, stems)) continue;
        const auto found = names().find(name);
        if (found != names().end()) return Known{whole.substr(0, at), name, found->second};
        if (!sign && startsWithOneOf(name, signsOfGo))
            sign = Known{whole.substr(0, at), name, std::nullopt};
    }
    return sign;
}

bool isSize(Figure figure) {
    switch (figure) {
        case Figure::pauseSeconds:
        case Figure::pauseNanoseconds:
        case Figure::gcCpuFraction:
        case Figure::gcCpuSeconds:
        case Figure::gcCpuNanoseconds:
        case Figure::cpuSeconds:
        case Figure::cpuUserNanoseconds:
        case Figure::cpuSystemNanoseconds:
        case Figure::gomemlimit:
        case Figure::gomemlimitOrZero:
        case Figure::gogc:
        case Figure::version:
            return false;
        default:
            return true;
    }
}

/// Whether the text of a number can be the figure: sizes and counts are whole, and nothing but GOGC
/// is below zero.
bool makesSense(Figure figure, std::string_view text) {
    if (figure == Figure::version) return true;
    if (isSize(figure)) return parseWholeNumber(text).has_value();
    const auto value = parseDouble(text);
    return value && (figure == Figure::gogc || *value >= 0);
}

/// Labels that tell parts of one process apart, not processes.
bool tellsParts(std::string_view label) {
    constexpr std::array<std::string_view, 5> parts{"go_memory_type", "quantile", "le", "cpu_mode",
                                                    "state"};
    return label.starts_with("otel_scope_") || std::ranges::find(parts, label) != parts.end();
}

std::string_view valueOf(const Labels& labels, std::string_view name) {
    const auto found = std::ranges::find(labels, name, &Label::name);
    return found == labels.end() ? std::string_view() : found->value;
}

/// What one process says under one prefix, and whether it is one process.
class Family {
public:
    void add(const Known& known, const Sample& sample);

    [[nodiscard]] bool isGo() const { return isGo_; }
    /// Why this is not one process; empty while it may be.
    [[nodiscard]] const std::string& doubt() const { return doubt_; }
    [[nodiscard]] MemorySnapshot snapshot() const;

private:
    struct Seen {
        Labels labels;
        std::string_view value;
    };
    void judge(const Known& known, const Sample& sample, std::string_view part);
    void judgeAcross(std::string_view name, const Labels& labels);

    [[nodiscard]] std::optional<Bytes> size(Figure figure) const;
    [[nodiscard]] std::optional<double> real(Figure figure) const;
    [[nodiscard]] std::optional<double> seconds(Figure figure, Figure nanoseconds) const;
    [[nodiscard]] std::optional<std::string> gomemlimit() const;
    [[nodiscard]] std::optional<std::string> gogc() const;
    void addMapped(MemorySnapshot& snapshot) const;

    std::array<std::optional<std::string_view>, static_cast<std::size_t>(Figure::count)> values_;
    std::map<std::string, Seen, std::less<>> seen_;                  ///< by name and part
    std::map<std::string, std::string_view, std::less<>> identity_;  ///< labels of all names
    std::optional<std::string> version_;
    std::string doubt_;
    bool isGo_ = false;
};

/// The sum, where all are known and it fits.
std::optional<Bytes> sum(std::initializer_list<std::optional<Bytes>> parts) {
    Bytes total = 0;
    for (const auto& part : parts) {
        if (!part || *part > std::numeric_limits<Bytes>::max() - total) return std::nullopt;
        total += *part;
    }
    return total;
}

void Family::judgeAcross(std::string_view name, const Labels& labels) {
    for (const auto& label : labels) {
        if (label.name == "version") continue;
        const auto [known, isNew] = identity_.try_emplace(label.name, label.value);
        if (!isNew && known->second != label.value && doubt_.empty())
            doubt_ = fmt::format("{} is of {}={}, another metric of {}", name, label.name,
                                 quoted(label.value), quoted(known->second));
    }
}

void Family::judge(const Known& known, const Sample& sample, std::string_view part) {
    Labels labels;
    std::ranges::copy_if(sample.labels, std::back_inserter(labels),
                         [](const Label& label) { return !tellsParts(label.name); });
    const auto key = fmt::format("{} {}", known.name, part);
    const auto [seen, isNew] = seen_.try_emplace(key, labels, sample.value);
    if (isNew) {
        judgeAcross(known.name, labels);
        return;
    }
    if (!doubt_.empty()) return;
    const auto& first = seen->second;
    for (const auto& label : labels) {
        const auto other = valueOf(first.labels, label.name);
        if (other != label.value && !other.empty()) {
            doubt_ = fmt::format("{} is there for {}={} and {}", known.name, label.name,
                                 quoted(other), quoted(label.value));
            return;
        }
    }
    if (first.labels != labels)
        doubt_ = fmt::format("{} is there with different labels", known.name);
    else if (parseDouble(first.value) != parseDouble(sample.value))
        doubt_ = fmt::format("{} is there twice", known.name);
}

void Family::add(const Known& known, const Sample& sample) {
    isGo_ = isGo_ || startsWithOneOf(known.name, signsOfGo) || known.name.starts_with("go_");
    if (!known.figure) return;
    auto figure = *known.figure;
    std::string_view part;
    if (figure == Figure::usedOther) {
        part = valueOf(sample.labels, "go_memory_type");
        if (part == "stack")
            figure = Figure::usedStack;
        else if (part != "other")
            return;
    }
    judge(known, sample, part);
    if (figure == Figure::version && !version_) {
        if (const auto text = valueOf(sample.labels, "version"); !text.empty()) version_ = text;
    }
    auto& value = values_.at(static_cast<std::size_t>(figure));
    if (!value && makesSense(figure, sample.value)) value = sample.value;
}

std::optional<double> Family::real(Figure figure) const {
    const auto& text = values_.at(static_cast<std::size_t>(figure));
    return text ? parseDouble(*text) : std::nullopt;
}

std::optional<Bytes> Family::size(Figure figure) const {
    const auto& text = values_.at(static_cast<std::size_t>(figure));
    return text ? parseWholeNumber(*text) : std::nullopt;
}

std::optional<double> Family::seconds(Figure figure, Figure nanoseconds) const {
    constexpr double nanosecond = 1e-9;
    if (const auto known = real(figure)) return known;
    const auto many = real(nanoseconds);
    return many ? std::optional(*many * nanosecond) : std::nullopt;
}

/// math.MaxInt64 is no limit; exporters round it in several ways.
std::optional<std::string> Family::gomemlimit() const {
    constexpr double none = 9.2e18;
    auto limit = real(Figure::gomemlimit);
    if (!limit) {
        limit = real(Figure::gomemlimitOrZero);
        if (limit == 0) return std::nullopt;
    }
    if (!limit) return std::nullopt;
    if (*limit >= none) return "off";
    const auto whole = wholeNumber(*limit);
    return whole ? std::optional(formatGomemlimit(*whole)) : std::nullopt;
}

/// GOGC=off is -1 to Go, which runtime/metrics shows as an unsigned number and OpenTelemetry as the
/// largest signed one.
std::optional<std::string> Family::gogc() const {
    constexpr double beyond = 0x1p31;
    const auto percent = real(Figure::gogc);
    if (!percent) return std::nullopt;
    Gogc gogc;
    gogc.off = *percent < 0 || *percent >= beyond;
    if (!gogc.off) {
        const auto whole = wholeNumber(*percent);
        if (!whole) return std::nullopt;
        gogc.percent = *whole;
    }
    return formatGogc(gogc);
}

void Family::addMapped(MemorySnapshot& snapshot) const {
    auto mapped = size(Figure::mapped);
    if (!mapped) mapped = sum({size(Figure::usedStack), size(Figure::usedOther)});
    if (!snapshot.sys) snapshot.sys = sum({mapped, snapshot.heapReleased});
    if (!snapshot.sys || !snapshot.heapReleased) snapshot.mapped = mapped;
}

/// The classes of runtime/metrics add up to figures of MemStats as runtime.readMemStats has them.
MemorySnapshot Family::snapshot() const {
    MemorySnapshot snapshot;
    snapshot.goroutines = size(Figure::goroutines);
    snapshot.sys = size(Figure::sys);
    snapshot.heapAlloc = size(Figure::heapAlloc);
    snapshot.heapReleased = size(Figure::heapReleased);
    snapshot.heapInuse = size(Figure::heapInuse);
    if (!snapshot.heapInuse)
        snapshot.heapInuse = sum({snapshot.heapAlloc, size(Figure::classUnused)});
    snapshot.heapSys = size(Figure::heapSys);
    if (!snapshot.heapSys)
        snapshot.heapSys =
            sum({snapshot.heapInuse, size(Figure::classFree), snapshot.heapReleased});
    snapshot.stackSys = size(Figure::stackSys);
    if (!snapshot.stackSys)
        snapshot.stackSys = sum({size(Figure::classStacks), size(Figure::classOsStacks)});
    snapshot.nextGc = size(Figure::nextGc);
    snapshot.totalAlloc = size(Figure::totalAlloc);
    snapshot.numGc = size(Figure::numGc);
    snapshot.gcCpuFraction = real(Figure::gcCpuFraction);
    snapshot.pauseTotalSeconds = seconds(Figure::pauseSeconds, Figure::pauseNanoseconds);
    snapshot.resident = size(Figure::resident);
    snapshot.cpuSeconds = real(Figure::cpuSeconds);
    if (!snapshot.cpuSeconds) {
        constexpr double nanosecond = 1e-9;
        const auto user = real(Figure::cpuUserNanoseconds);
        const auto system = real(Figure::cpuSystemNanoseconds);
        if (user && system) snapshot.cpuSeconds = (*user + *system) * nanosecond;
    }
    snapshot.gcCpuSeconds = seconds(Figure::gcCpuSeconds, Figure::gcCpuNanoseconds);
    snapshot.gomemlimit = gomemlimit();
    snapshot.gogc = gogc();
    snapshot.goVersion = version_;
    addMapped(snapshot);
    return snapshot;
}

using Families = std::map<std::string, Family, std::less<>>;

struct Page {
    Families families;  ///< by prefix
    std::string other;  ///< a metric of a program in another language; empty without one
};

/// Most lines are about other things, and are told by their beginning.
Page readPage(std::string_view page) {
    Page read;
    std::string storage;
    while (const std::optional<std::string_view> line = takeLine(page)) {
        if (line->empty() || line->front() == '#') continue;
        const auto name = nameOf(*line, storage);
        if (name.empty()) continue;
        if (read.other.empty() && startsWithOneOf(name, signsOfOthers)) read.other = name;
        const auto known = takeApart(name);
        if (!known) continue;
        if (const auto sample = parseSample(*line))
            read.families[std::string(known->prefix)].add(*known, *sample);
    }
    return read;
}

PrometheusPage refused(PageFault fault, std::string why) {
    PrometheusPage page;
    page.fault = fault;
    page.why = std::move(why);
    return page;
}

PrometheusPage figuresOf(const Family& family) {
    if (!family.doubt().empty())
        return refused(PageFault::severalProcesses,
                       "the page is of several processes: " + family.doubt());
    PrometheusPage page;
    page.snapshot = family.snapshot();
    if (!hasMemoryFigure(page.snapshot))
        return refused(PageFault::noFigure,
                       "the page has metrics of Go, but no figure of its memory");
    return page;
}

/// The prefixes under which Go's figures stand, but for the sidecars'.
std::vector<std::string> prefixesOfGo(const Families& families, bool& sidecar) {
    std::vector<std::string> all;
    for (const auto& [prefix, family] : families) {
        if (prefix.empty() || !family.isGo() || !hasMemoryFigure(family.snapshot())) continue;
        if (startsWithOneOf(prefix, sidecars))
            sidecar = true;
        else
            all.push_back(prefix);
    }
    return all;
}

}  // namespace

PrometheusPage readPrometheus(std::string_view text) {
    const Page page = readPage(text);
    const auto bare = page.families.find("");
    const bool bareGo = bare != page.families.end() && bare->second.isGo();
    bool sidecar = false;
    const auto prefixes = prefixesOfGo(page.families, sidecar);
    if ((bareGo || !prefixes.empty()) && !page.other.empty())
        return refused(
            PageFault::severalProcesses,
            fmt::format("the page is of several processes: {} is not Go's", quoted(page.other)));
    if (bareGo) {
        auto figures = figuresOf(bare->second);
        if (figures.fault != PageFault::noFigure || prefixes.empty()) return figures;
    }
    if (prefixes.size() == 1) return figuresOf(page.families.find(prefixes.front())->second);
    if (prefixes.size() > 1)
        return refused(PageFault::severalProcesses,
                       fmt::format("the page is of several processes: Go's metrics stand there "
                                   "under {} and {}",
                                   quoted(prefixes[0]), quoted(prefixes[1])));
    if (!page.other.empty())
        return refused(PageFault::notGo,
                       fmt::format("the page is of no Go program: it has {} and no go_* metric",
                                   quoted(page.other)));
    if (sidecar)
        return refused(PageFault::sidecarOnly, "the page shows the memory of a sidecar only");
    if (bare != page.families.end() && !bare->second.doubt().empty())
        return figuresOf(bare->second);
    return refused(PageFault::notGo, "the page is of no Go program: it has no go_* metric");
}

}  // namespace memfit::memstats
