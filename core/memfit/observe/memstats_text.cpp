#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_readers.h"

namespace memfit::memstats {

namespace {

using Snapshot = MemorySnapshot;

/// Names of client_golang's Go and process collectors. `go_gc_cpu_seconds_total` is what
/// github.com/VictoriaMetrics/metrics calls the same figure of runtime/metrics.
const std::array metrics{
    NamedField{"go_goroutines", &Snapshot::goroutines},
    NamedField{"go_memstats_sys_bytes", &Snapshot::sys},
    NamedField{"go_memstats_heap_alloc_bytes", &Snapshot::heapAlloc},
    NamedField{"go_memstats_heap_sys_bytes", &Snapshot::heapSys},
    NamedField{"go_memstats_heap_released_bytes", &Snapshot::heapReleased},
    NamedField{"go_memstats_heap_inuse_bytes", &Snapshot::heapInuse},
    NamedField{"go_memstats_stack_sys_bytes", &Snapshot::stackSys},
    NamedField{"go_memstats_next_gc_bytes", &Snapshot::nextGc},
    NamedField{"go_memstats_alloc_bytes_total", &Snapshot::totalAlloc},
    NamedField{"go_gc_duration_seconds_count", &Snapshot::numGc},
    NamedField{"go_gc_duration_seconds_sum", &Snapshot::pauseTotalSeconds},
    NamedField{"go_memstats_gc_cpu_fraction", &Snapshot::gcCpuFraction},
    NamedField{"process_resident_memory_bytes", &Snapshot::resident},
    NamedField{"process_cpu_seconds_total", &Snapshot::cpuSeconds},
    NamedField{"go_cpu_classes_gc_total_cpu_seconds_total", &Snapshot::gcCpuSeconds},
    NamedField{"go_gc_cpu_seconds_total", &Snapshot::gcCpuSeconds},
};

/// Names in the trailer of a heap profile.
const std::array trailerFields{
    NamedField{"Sys", &Snapshot::sys},
    NamedField{"HeapAlloc", &Snapshot::heapAlloc},
    NamedField{"HeapSys", &Snapshot::heapSys},
    NamedField{"HeapReleased", &Snapshot::heapReleased},
    NamedField{"HeapInuse", &Snapshot::heapInuse},
    NamedField{"NextGC", &Snapshot::nextGc},
    NamedField{"TotalAlloc", &Snapshot::totalAlloc},
    NamedField{"NumGC", &Snapshot::numGc},
    NamedField{"GCCPUFraction", &Snapshot::gcCpuFraction},
};
const Field stackSys = &Snapshot::stackSys;

const Field* find(const auto& table, std::string_view name) {
    const auto* const known =
        std::ranges::find_if(table, [&](const NamedField& field) { return field.name == name; });
    return known == table.end() ? nullptr : &known->field;
}

/// Takes the next line that ends in a line feed, without it; nullopt when there is none.
std::optional<std::string_view> takeLine(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view trimmedFront(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text;
}

struct Sample {
    std::string_view name;
    std::string_view labels;  ///< what stands between the braces
    std::string_view value;
};

/// Where the label list ends that starts behind an opening brace; npos when it never does. A brace
/// within a quoted value does not end it.
std::size_t endOfLabels(std::string_view text) {
    bool quotes = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quotes && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            quotes = !quotes;
        } else if (text[i] == '}' && !quotes) {
            return i;
        }
    }
    return std::string_view::npos;
}

/// `name{label="value",...} value timestamp`, labels and timestamp optional.
std::optional<Sample> parseSample(std::string_view line) {
    const auto nameEnd = line.find_first_of("{ \t");
    if (nameEnd == std::string_view::npos) return std::nullopt;
    Sample sample{.name = line.substr(0, nameEnd), .labels = {}, .value = {}};
    line = trimmedFront(line.substr(nameEnd));
    if (line.starts_with('{')) {
        line.remove_prefix(1);
        const auto end = endOfLabels(line);
        if (end == std::string_view::npos) return std::nullopt;
        sample.labels = line.substr(0, end);
        line = trimmedFront(line.substr(end + 1));
    }
    sample.value = line.substr(0, line.find_first_of(" \t"));
    return sample;
}

std::optional<std::string> versionLabel(std::string_view labels) {
    constexpr std::string_view opening = "version=\"";
    const auto start = labels.find(opening);
    if (start == std::string_view::npos) return std::nullopt;
    labels.remove_prefix(start + opening.size());
    const auto end = labels.find('"');
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    return std::string(labels.substr(0, end));
}

/// Sets the field, unless an earlier sample did: the first process on a page is the page's own.
void setOnce(MemorySnapshot& snapshot, const Field& field, std::string_view value) {
    MemorySnapshot one;
    setField(one, field, value);
    const auto take = [&](const auto member) {
        if (!(snapshot.*member)) snapshot.*member = one.*member;
    };
    if (const auto* const whole =
            std::get_if<std::optional<std::int64_t> MemorySnapshot::*>(&field)) {
        take(*whole);
    } else if (const auto* const real =
                   std::get_if<std::optional<double> MemorySnapshot::*>(&field)) {
        take(*real);
    }
}

void readTrailerLine(MemorySnapshot& snapshot, std::string_view line) {
    constexpr std::string_view prefix = "# ";
    constexpr std::string_view equals = " = ";
    constexpr std::string_view inuseAndSys = " / ";
    if (!line.starts_with(prefix)) return;
    line.remove_prefix(prefix.size());
    const auto middle = line.find(equals);
    if (middle == std::string_view::npos) return;
    const std::string_view name = line.substr(0, middle);
    const std::string_view value = line.substr(middle + equals.size());

    if (name == "Stack") {
        const auto slash = value.find(inuseAndSys);
        if (slash == std::string_view::npos) return;
        setField(snapshot, stackSys, value.substr(slash + inuseAndSys.size()));
    } else if (const Field* const field = find(trailerFields, name)) {
        setField(snapshot, *field, value);
    }
}

}  // namespace

MemorySnapshot readPrometheus(std::string_view page) {
    MemorySnapshot snapshot;
    while (const std::optional<std::string_view> line = takeLine(page)) {
        // Most of a page is about other things than Go.
        if (!line->starts_with("go_") && !line->starts_with("process_")) continue;
        const std::optional<Sample> sample = parseSample(*line);
        if (!sample) continue;
        if (sample->name == "go_info" && !snapshot.goVersion) {
            snapshot.goVersion = versionLabel(sample->labels);
        } else if (const Field* const field = find(metrics, sample->name)) {
            setOnce(snapshot, *field, sample->value);
        }
    }
    return snapshot;
}

MemorySnapshot readPprof(std::string_view page) {
    MemorySnapshot snapshot;
    const auto trailer = page.find(pprofTrailer);
    if (trailer == std::string_view::npos) return snapshot;
    page.remove_prefix(trailer + pprofTrailer.size());
    while (const std::optional<std::string_view> line = takeLine(page)) {
        readTrailerLine(snapshot, *line);
    }
    return snapshot;
}

}  // namespace memfit::memstats
