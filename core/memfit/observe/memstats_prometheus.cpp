#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "memfit/observe/memstats_fields.h"
#include "memfit/observe/memstats_metrics.h"
#include "memfit/observe/memstats_readers.h"
#include "memfit/observe/memstats_sample.h"
#include "memfit/settings/go_settings.h"
#include "memfit/units/quoted.h"

namespace memfit::memstats {

namespace {

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
    isGo_ = isGo_ || isSignOfGo(known.name) || known.name.starts_with("go_");
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
        if (read.other.empty() && isOfAnotherLanguage(name)) read.other = name;
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
                       "the page is from several processes: " + family.doubt());
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
        if (isSidecarsPrefix(prefix))
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
            fmt::format("the page is from several processes: {} is not Go's", quoted(page.other)));
    if (bareGo) {
        auto figures = figuresOf(bare->second);
        if (figures.fault != PageFault::noFigure || prefixes.empty()) return figures;
    }
    if (prefixes.size() == 1) return figuresOf(page.families.find(prefixes.front())->second);
    if (prefixes.size() > 1)
        return refused(
            PageFault::severalProcesses,
            fmt::format(
                "the page is from several processes: Go's metrics are there under {} and {}",
                quoted(prefixes[0]), quoted(prefixes[1])));
    if (!page.other.empty())
        return refused(
            PageFault::notGo,
            fmt::format("the page is not from a Go program: it has {} and no go_* metric",
                        quoted(page.other)));
    if (sidecar)
        return refused(PageFault::sidecarOnly, "the page shows the memory of a sidecar only");
    if (bare != page.families.end() && !bare->second.doubt().empty())
        return figuresOf(bare->second);
    return refused(PageFault::notGo, "the page is not from a Go program: it has no go_* metric");
}

}  // namespace memfit::memstats
