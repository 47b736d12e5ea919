#include "memfit/documents/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace memfit {

namespace {

/// Two fields agree unless both are known and differ.
template <class Value>
bool agree(const std::optional<Value>& a, const std::optional<Value>& b) {
    return !a || !b || *a == *b;
}

using Figure = std::optional<double> (*)(const BenchRun&);

/// One figure of every surviving run.
std::vector<BlockedValue> figures(const BenchCell& cell, Figure figure) {
    std::vector<BlockedValue> values;
    for (std::size_t i = 0; i < cell.runs.size(); ++i) {
        const auto& run = cell.runs[i];
        if (run.outcome != Outcome::survived || !run.load) continue;
        const auto value = figure(run);
        if (value) values.push_back({run.block.value_or(static_cast<int>(i)), *value});
    }
    return values;
}

std::optional<Estimate> estimateOf(const BenchCell& cell, Figure figure) {
    std::vector<double> values;
    for (const auto& value : figures(cell, figure)) values.push_back(value.value);
    return estimate(values);
}

std::optional<double> requestRate(const BenchRun& run) {
    return run.load->requestsPerSecond;
}

std::optional<double> cpuSeconds(const BenchRun& run) {
    return cpuPerRequest(run.cost, run.load);
}

std::optional<double> collections(const BenchRun& run) {
    if (!run.cost || !run.cost->collections) return std::nullopt;
    return static_cast<double>(*run.cost->collections);
}

/// One figure of all cells, compared pair by pair.
class Comparer {
public:
    Comparer(const std::vector<BenchCell>& cells, Figure figure) {
        values_.reserve(cells.size());
        for (const auto& cell : cells) values_.push_back(figures(cell, figure));
    }

    [[nodiscard]] std::optional<Difference> operator()(std::size_t cell,
                                                       std::size_t against) const {
        std::vector<std::vector<BlockedValue>> others;
        for (std::size_t i = 0; i < values_.size(); ++i)
            if (i != cell && i != against) others.push_back(values_[i]);
        return compare(values_[cell], values_[against], others);
    }

private:
    std::vector<std::vector<BlockedValue>> values_;
};

/// Pairs of cells worth comparing, each once.
class Pairs {
public:
    void add(std::size_t cell, std::size_t against) {
        if (cell != against && seen_.emplace(cell, against).second)
            pairs_.emplace_back(cell, against);
    }
    [[nodiscard]] const std::vector<std::pair<std::size_t, std::size_t>>& all() const {
        return pairs_;
    }

private:
    std::set<std::pair<std::size_t, std::size_t>> seen_;
    std::vector<std::pair<std::size_t, std::size_t>> pairs_;
};

std::optional<std::size_t> fastestCell(const std::vector<BenchCell>& cells) {
    std::optional<std::size_t> fastest;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& rate = cells[i].summary.requestsPerSecond;
        if (!rate) continue;
        if (!fastest || rate->median > cells[*fastest].summary.requestsPerSecond->median)
            fastest = i;
    }
    return fastest;
}

Pairs pairsToCompare(const std::vector<BenchCell>& cells) {
    Pairs pairs;
    std::optional<std::size_t> unlimited;
    std::map<Bytes, std::size_t> plainAt;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& settings = cells[i].settings;
        if (settings.mode != Mode::plain) continue;
        if (settings.limit)
            plainAt.emplace(*settings.limit, i);
        else if (!unlimited)
            unlimited = i;
    }
    const auto fastest = fastestCell(cells);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto& settings = cells[i].settings;
        if (unlimited) pairs.add(i, *unlimited);
        if (settings.mode == Mode::gomemlimit && settings.limit)
            if (const auto plain = plainAt.find(*settings.limit); plain != plainAt.end())
                pairs.add(i, plain->second);
        if (fastest) pairs.add(i, *fastest);
    }
    return pairs;
}

}  // namespace

std::string Target::describe() const {
    if (type == "process") {
        if (command.empty()) return "process";
        const auto& path = command.front();
        const auto slash = path.find_last_of('/');
        return slash == std::string::npos || slash + 1 == path.size() ? path
                                                                      : path.substr(slash + 1);
    }
    auto text = type.empty() ? std::string("unknown target") : type;
    if (name) text += "/" + *name;
    if (ns) text += " in " + *ns;
    return text;
}

bool Target::sameAs(const Target& other) const {
    if (!type.empty() && !other.type.empty() && type != other.type) return false;
    if (!command.empty() && !other.command.empty() && command != other.command) return false;
    return agree(ns, other.ns) && agree(name, other.name) && agree(container, other.container);
}

std::vector<std::string> cellNames(const std::vector<BenchCell>& cells) {
    std::map<std::string, int> uses;
    std::vector<std::string> names;
    names.reserve(cells.size());
    for (const auto& cell : cells) {
        auto name = fmt::format("{}/{}", cell.label, toString(cell.settings.mode));
        const int use = ++uses[name];
        if (use > 1) name += fmt::format("#{}", use);
        names.push_back(std::move(name));
    }
    return names;
}

void summarizeCell(BenchCell& cell) {
    cell.summary.requestsPerSecond = estimateOf(cell, requestRate);
    cell.summary.totalSeconds =
        estimateOf(cell, [](const BenchRun& run) { return run.load->totalSeconds; });
    cell.summary.p50Seconds =
        estimateOf(cell, [](const BenchRun& run) { return run.load->latency.p50; });
    cell.summary.p99Seconds =
        estimateOf(cell, [](const BenchRun& run) { return run.load->latency.p99; });
    cell.summary.cpuPerRequestSeconds = estimateOf(cell, cpuSeconds);
    cell.summary.collections = estimateOf(cell, collections);
}

void compareCells(BenchResult& bench) {
    const Comparer rates(bench.cells, requestRate);
    const Comparer cpu(bench.cells, cpuSeconds);
    bench.comparisons.clear();
    const auto pairs = pairsToCompare(bench.cells);
    for (const auto& [cell, against] : pairs.all())
        if (auto difference = rates(cell, against))
            bench.comparisons.push_back(
                {cell, against, *std::move(difference), cpu(cell, against)});
}

void summarize(BenchResult& bench) {
    for (auto& cell : bench.cells) summarizeCell(cell);
    compareCells(bench);
}

const Header& Results::firstHeader() const {
    if (first == Kind::probe && !probes.empty()) return probes.front().header;
    if (first == Kind::squeeze && !squeezes.empty()) return squeezes.front().header;
    if (!benches.empty()) return benches.front().header;
    return squeezes.empty() ? probes.front().header : squeezes.front().header;
}

}  // namespace memfit
