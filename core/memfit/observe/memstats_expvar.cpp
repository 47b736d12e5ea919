#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_readers.h"

namespace memfit::memstats {

namespace {

using Json = nlohmann::json;
using Snapshot = MemorySnapshot;

/// Names of runtime.MemStats, as encoding/json writes them.
const std::array fields{
    NamedField{"Sys", &Snapshot::sys},
    NamedField{"HeapAlloc", &Snapshot::heapAlloc},
    NamedField{"HeapSys", &Snapshot::heapSys},
    NamedField{"HeapReleased", &Snapshot::heapReleased},
    NamedField{"HeapInuse", &Snapshot::heapInuse},
    NamedField{"StackSys", &Snapshot::stackSys},
    NamedField{"NextGC", &Snapshot::nextGc},
    NamedField{"TotalAlloc", &Snapshot::totalAlloc},
    NamedField{"NumGC", &Snapshot::numGc},
    NamedField{"GCCPUFraction", &Snapshot::gcCpuFraction},
    NamedField{"PauseTotalNs", PauseNanoseconds{}},
};
const Field goroutines = &Snapshot::goroutines;

/// Picks the wanted figures out of the events of a JSON page, so that a page that is read many
/// times a second needs no tree. Everything else is only counted in and out of.
class PageReader final : public nlohmann::json_sax<Json> {
public:
    MemorySnapshot snapshot;
    std::size_t errorPosition = 0;

    bool null() override { return value(); }
    bool boolean(bool /*unused*/) override { return value(); }
    bool string(string_t& /*unused*/) override { return value(); }
    bool binary(binary_t& /*unused*/) override { return value(); }
    bool number_integer(number_integer_t number) override {
        return figure(static_cast<double>(number), std::nullopt);
    }
    bool number_unsigned(number_unsigned_t number) override {
        const auto exact = static_cast<std::int64_t>(number);
        return figure(static_cast<double>(number),
                      exact >= 0 ? std::optional(exact) : std::nullopt);
    }
    bool number_float(number_float_t number, const string_t& /*unused*/) override {
        return figure(number, std::nullopt);
    }

    bool start_object(std::size_t /*unused*/) override {
        ++depth_;
        if (depth_ == memstatsDepth) insideMemstats_ = nextIsMemstats_;
        return value();
    }
    bool end_object() override {
        if (depth_ == memstatsDepth) insideMemstats_ = false;
        return leave();
    }
    bool start_array(std::size_t /*unused*/) override {
        ++depth_;
        return value();
    }
    bool end_array() override { return leave(); }

    bool key(string_t& name) override {
        next_ = nullptr;
        if (depth_ == pageDepth) {
            nextIsMemstats_ = name == "memstats";
            if (name == "goroutines") next_ = &goroutines;
        } else if (depth_ == memstatsDepth && insideMemstats_) {
            const auto* const known =
                std::ranges::find_if(fields, [&](const NamedField& f) { return f.name == name; });
            if (known != fields.end()) next_ = &known->field;
        }
        return true;
    }

    bool parse_error(std::size_t position, const std::string& /*unused*/,
                     const nlohmann::detail::exception& /*unused*/) override {
        errorPosition = position;
        return false;
    }

private:
    static constexpr std::size_t pageDepth = 1;
    static constexpr std::size_t memstatsDepth = 2;

    bool figure(double number, std::optional<std::int64_t> exact) {
        if (next_ != nullptr) setField(snapshot, *next_, number, exact);
        return value();
    }
    bool value() {
        next_ = nullptr;
        if (depth_ <= memstatsDepth) nextIsMemstats_ = false;
        return true;
    }
    bool leave() {
        --depth_;
        return true;
    }

    std::size_t depth_ = 0;
    bool nextIsMemstats_ = false;
    bool insideMemstats_ = false;
    const Field* next_ = nullptr;  ///< where the value goes that comes next
};

Location locate(std::string_view page, std::size_t position) {
    const std::string_view before = page.substr(0, position == 0 ? 0 : position - 1);
    const auto lastLine = before.rfind('\n');
    const auto lineStart = lastLine == std::string_view::npos ? 0 : lastLine + 1;
    return {.file = {},
            .line = static_cast<int>(std::ranges::count(before, '\n')) + 1,
            .column = static_cast<int>(before.size() - lineStart) + 1};
}

}  // namespace

Result<MemorySnapshot> readExpvar(std::string_view page) {
    PageReader reader;
    // The parser takes a NUL for the end of the text; to JSON it is garbage like any other.
    const auto nul = page.find('\0');
    if (nul != std::string_view::npos) {
        reader.errorPosition = nul + 1;
    } else if (Json::sax_parse(page, &reader)) {
        return reader.snapshot;
    }
    const Location at = locate(page, reader.errorPosition);
    return inputError("the page starts like expvar's JSON, but is malformed or cut off at line " +
                          std::to_string(at.line) + ", column " + std::to_string(at.column),
                      "fetch the page again, whole");
}

}  // namespace memfit::memstats
