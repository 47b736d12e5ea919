#include "memfit/observe/memstats.h"

#include <optional>
#include <string>
#include <utility>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_readers.h"
#include "memfit/observe/memstats_sample.h"

namespace memfit {

namespace {

using memstats::PageFault;

constexpr std::string_view usablePages =
    "memfit reads /debug/vars (expvar), /metrics with Go's metrics (Prometheus) and "
    "/debug/pprof/heap?debug=1";

bool startsLine(std::string_view page, std::string_view what) {
    return page.starts_with(what) || page.find("\n" + std::string(what)) != std::string_view::npos;
}

/// Whether the first line that is not a comment is a sample: a page may come without its comments.
bool startsWithSample(std::string_view page) {
    while (const auto line = memstats::takeLine(page)) {
        if (line->empty() || line->front() == '#') continue;
        return memstats::looksLikeSample(*line);
    }
    return false;
}

std::optional<StatsSource> kindOf(std::string_view page) {
    const auto start = page.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return std::nullopt;
    if (page[start] == '{')
        return startsWithSample(page) ? StatsSource::prometheus : StatsSource::expvar;
    if (page.starts_with("heap profile:") || startsLine(page, memstats::pprofTrailer)) {
        return StatsSource::pprof;
    }
    // Tells exporters of programs in other languages from texts that are not a statistics page.
    if (startsLine(page, "# HELP ") || startsLine(page, "# TYPE ") || startsLine(page, "go_") ||
        startsLine(page, "process_") || startsWithSample(page)) {
        return StatsSource::prometheus;
    }
    return std::nullopt;
}

Error unusable(std::string what) {
    return inputError(std::move(what), std::string(usablePages));
}

/// A page that was read, and what it leaves open where that failed.
struct Reading {
    Result<MemorySnapshot> snapshot;
    bool mayBeGo = false;
};

Reading withFigures(MemorySnapshot snapshot, std::string_view otherwise) {
    if (!memstats::hasMemoryFigure(snapshot)) return {unusable(std::string(otherwise))};
    return {std::move(snapshot)};
}

Reading readExpvar(std::string_view page) {
    auto snapshot = memstats::readExpvar(page);
    if (!snapshot) return {std::move(snapshot)};
    return withFigures(*std::move(snapshot),
                       "the page is from expvar, but has no figure of Go's memory in `memstats`");
}

Reading readPrometheus(std::string_view page) {
    auto read = memstats::readPrometheus(page);
    if (read.fault == PageFault::none) return {std::move(read.snapshot)};
    return {unusable(std::move(read.why)), read.fault != PageFault::notGo};
}

Reading readOf(std::string_view page, StatsSource kind) {
    switch (kind) {
        case StatsSource::expvar:
            return readExpvar(page);
        case StatsSource::prometheus:
            return readPrometheus(page);
        case StatsSource::pprof:
            return withFigures(
                memstats::readPprof(page),
                "the page is a heap profile, but has no runtime.MemStats at its end");
    }
    return {unusable("the page has no figure of Go's memory")};
}

Reading readPage(std::string_view page) {
    const std::optional<StatsSource> kind = kindOf(page);
    if (!kind) return {unusable("the page holds no memory statistics of a Go program")};
    auto reading = readOf(page, *kind);
    if (reading.snapshot) reading.snapshot->source = kind;
    return reading;
}

}  // namespace

Result<MemorySnapshot> parseMemstats(std::string_view page) {
    return readPage(page).snapshot;
}

bool mayBeGo(std::string_view page) {
    return readPage(page).mayBeGo;
}

}  // namespace memfit
