#include <algorithm>
#include <array>
#include <string>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_readers.h"

namespace memfit::memstats {

namespace {

using Snapshot = MemorySnapshot;

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
