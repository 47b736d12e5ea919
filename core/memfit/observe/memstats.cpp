#include "memfit/observe/memstats.h"

#include <optional>
#include <string>
#include <utility>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_readers.h"

namespace memfit {

namespace {

constexpr std::string_view usablePages =
    "memfit reads /debug/vars (expvar), /metrics with go_memstats_* (Prometheus) and "
    "/debug/pprof/heap?debug=1";

bool startsLine(std::string_view page, std::string_view what) {
    return page.starts_with(what) || page.find("\n" + std::string(what)) != std::string_view::npos;
}

std::optional<StatsSource> kindOf(std::string_view page) {
    const auto start = page.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return std::nullopt;
    if (page[start] == '{') return StatsSource::expvar;
    if (page.starts_with("heap profile:") || startsLine(page, memstats::pprofTrailer)) {
        return StatsSource::pprof;
    }
    // Exporters of programs in other languages are told from pages that are none at all.
    if (startsLine(page, "# HELP ") || startsLine(page, "# TYPE ") || startsLine(page, "go_") ||
        startsLine(page, "process_")) {
        return StatsSource::prometheus;
    }
    return std::nullopt;
}

Result<MemorySnapshot> read(std::string_view page, StatsSource kind) {
    switch (kind) {
        case StatsSource::expvar:
            return memstats::readExpvar(page);
        case StatsSource::prometheus:
            return memstats::readPrometheus(page);
        case StatsSource::pprof:
            return memstats::readPprof(page);
    }
    return MemorySnapshot{};
}

std::string_view whatIsMissing(StatsSource kind) {
    switch (kind) {
        case StatsSource::expvar:
            return "the expvar page has no figure of Go's memory in `memstats`";
        case StatsSource::prometheus:
            return "the Prometheus page has no go_memstats_* metric";
        case StatsSource::pprof:
            return "the heap profile has no runtime.MemStats at its end";
    }
    return "the page has no figure of Go's memory";
}

}  // namespace

Result<MemorySnapshot> parseMemstats(std::string_view page) {
    const std::optional<StatsSource> kind = kindOf(page);
    if (!kind) {
        return inputError("the page holds no memory statistics of a Go program",
                          std::string(usablePages));
    }
    Result<MemorySnapshot> result = read(page, *kind);
    if (!result) return result;
    MemorySnapshot snapshot = std::move(result).value();
    if (!memstats::hasMemoryFigure(snapshot)) {
        return inputError(std::string(whatIsMissing(*kind)), std::string(usablePages));
    }
    snapshot.source = kind;
    return snapshot;
}

}  // namespace memfit
