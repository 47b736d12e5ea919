#include "memfit/observe/memstats_metrics.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_sample.h"

namespace memfit::memstats {

namespace {

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
constexpr std::array<std::string_view, 8> sidecars{
    "istio_agent_",    "pilot_agent_", "envoy_", "consul_dataplane_",
    "kuma_dataplane_", "linkerd_",     "dapr_",  "vault_agent_",
};
constexpr std::array<std::string_view, 12> signsOfOthers{
    "python_info",  "python_gc_",           "jvm_",       "nodejs_",      "dotnet_",  "ruby_",
    "process_jvm_", "process_runtime_jvm_", "erlang_vm_", "beam_memory_", "php_info", "rust_",
};

bool startsWithOneOf(std::string_view text, const auto& list) {
    return std::ranges::any_of(list, [&](std::string_view one) { return text.starts_with(one); });
}

bool startsName(std::string_view whole, std::size_t at) {
    return at == 0 || whole[at - 1] == '_' || whole[at - 1] == ':';
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

}  // namespace

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

bool makesSense(Figure figure, std::string_view text) {
    if (figure == Figure::version) return true;
    if (isSize(figure)) return parseWholeNumber(text).has_value();
    const auto value = parseDouble(text);
    return value && (figure == Figure::gogc || *value >= 0);
}

bool isSignOfGo(std::string_view name) {
    return startsWithOneOf(name, signsOfGo);
}

bool isSidecarsPrefix(std::string_view prefix) {
    return startsWithOneOf(prefix, sidecars);
}

bool isOfAnotherLanguage(std::string_view name) {
    return startsWithOneOf(name, signsOfOthers);
}

}  // namespace memfit::memstats
