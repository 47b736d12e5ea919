#include "commands/scan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <utility>

#include "cluster/autoscalers.h"
#include "commands/read/statistics_pages.h"
#include "memfit/describe/describe_scan.h"
#include "memfit/scan/scan.h"
#include "session/cluster.h"
#include "text/redact.h"
#include "version.h"

namespace memfit::plugin {
namespace {

using Clock = std::chrono::steady_clock;

/// As kubectl's own chunks.
constexpr int pageSize = 500;
constexpr double pageSeconds = 60;
/// Reads that are under way at a time.
constexpr std::size_t sideBySide = 8;
/// Pods of one workload that are asked for their statistics.
constexpr std::size_t podsAsked = 2;
/// Pods that do not answer must not add up to a long wait.
constexpr std::chrono::seconds allAnswers{60};
constexpr double summarySeconds = 5;

class Scan {
public:
    explicit Scan(const Context& context, ClusterTarget& cluster)
        : context_(context), cluster_(cluster), options_(context.options) {}

    [[nodiscard]] Result<ScanResult> run(const AdviceOptions& advice);

private:
    using TakePage = std::function<Result<std::string>(const std::string& page)>;

    /// nullopt: all namespaces.
    [[nodiscard]] std::optional<std::string> nameSpace() const;
    [[nodiscard]] Call<void> readPages(Resource resource, const std::string& labels,
                                       const TakePage& take);
    [[nodiscard]] Result<void> readWorkloads();
    [[nodiscard]] Result<void> readPods();
    [[nodiscard]] Result<void> readAutoscalers();
    [[nodiscard]] Result<void> readVerticalAutoscalers();
    void readUsage();
    void readStatistics();
    void askFor(const StatisticsSource& source);
    /// Takes the tasks one by one, several at a time; none is begun after a signal.
    void sideBySideDo(std::size_t count, const std::function<void(std::size_t)>& task);
    void warn(std::string code, std::string text);

    const Context& context_;
    ClusterTarget& cluster_;
    const Options& options_;
    std::vector<WorkloadType> types_;
    std::optional<WorkloadScan> scan_;
    std::vector<Warning> warnings_;
    Clock::time_point deadline_;
    bool proxyForbidden_ = false;
    std::size_t notAsked_ = 0;
    std::size_t unclear_ = 0;   ///< pods that show Go's metrics, but no figure that is theirs
    std::string firstUnclear_;  ///< the first of them, and what was wrong
};

void Scan::warn(std::string code, std::string text) {
    warnings_.push_back({std::move(code), std::move(text)});
}

std::optional<std::string> Scan::nameSpace() const {
    return options_.allNamespaces ? std::nullopt : std::optional(cluster_.context.ns);
}

Call<void> Scan::readPages(Resource resource, const std::string& labels, const TakePage& take) {
    const auto ns = kindOf(resource).namespaced ? nameSpace() : std::nullopt;
    const auto what = fmt::format("reading {}", kindOf(resource).plural);
    ListQuery query{.labels = labels, .limit = pageSize};
    do {
        const auto page = cluster_.api.read(listPath(resource, ns, query), what, {pageSeconds});
        if (!page) return page.error();
        auto next = take(*page);
        if (!next) return next.error();
        query.token = *std::move(next);
    } while (!query.token.empty());
    return {};
}

Result<void> Scan::readWorkloads() {
    for (const auto& type : types_) {
        if (type.kind == WorkloadKind::pod) continue;
        const auto read = readPages(
            type.resource, options_.selector.value_or(""),
            [&](const std::string& page) { return scan_->addWorkloads(page, type.kind); });
        if (!read) return read.error();
    }
    return {};
}

Result<void> Scan::readPods() {
    // A sum over a node's pods needs those of every namespace.
    if (options_.allNamespaces) {
        const auto nodes = readPages(
            Resource::nodes, "", [&](const std::string& page) { return scan_->addNodes(page); });
        if (!nodes && nodes.error().failure != CallFailure::forbidden) return nodes.error();
        if (!nodes) warn("not-readable", "nodes may not be read, so nothing is said of them");
    } else {
        warn("nodes-not-judged",
             "what is promised on the nodes is judged with -A only: that takes the pods of all "
             "namespaces");
    }
    const bool onlyPods = types_.size() == 1 && types_.front().kind == WorkloadKind::pod;
    const auto read = readPages(Resource::pods, onlyPods ? options_.selector.value_or("") : "",
                                [&](const std::string& page) { return scan_->addPods(page); });
    if (!read) return read.error();
    return {};
}

Result<void> Scan::readAutoscalers() {
    const auto list = listAutoscalers(cluster_.api, nameSpace(), {pageSeconds});
    if (!list) return list.error();
    if (*list) return scan_->addAutoscalers(**list);
    warn("not-readable", "HorizontalPodAutoscalers may not be read, so nothing is said of them");
    return {};
}

Result<void> Scan::readVerticalAutoscalers() {
    const auto all = listVerticalAutoscalers(cluster_.api, nameSpace());
    if (!all) return all.error();
    if (*all)
        scan_->addVerticalAutoscalers(**all);
    else
        warn("not-readable", "VerticalPodAutoscalers may not be read, so nothing is said of them");
    return {};
}

void Scan::sideBySideDo(std::size_t count, const std::function<void(std::size_t)>& task) {
    std::size_t next = 0;
    const auto work = [&] {
        while (next < count && !context_.loop.signal()) task(next++);
    };
    context_.loop.together(std::vector<std::function<void()>>(std::min(count, sideBySide), work));
}

void Scan::readUsage() {
    const auto nodes = scan_->nodes();
    std::vector<std::string> silent;
    bool forbidden = false;
    sideBySideDo(nodes.size(), [&](std::size_t i) {
        if (forbidden) return;
        const auto body = cluster_.api.read(kubeletPath(nodes[i], summaryPage),
                                            "reading the kubelet's summary", {summarySeconds});
        if (!body && body.error().failure == CallFailure::forbidden) forbidden = true;
        const bool read = body && scan_->addUsage(*body).has_value();
        if (!read && !forbidden) silent.push_back(nodes[i]);
    });
    if (forbidden) {
        warn("usage-not-read",
             "what the kubelets say of memory was not read: that takes `get` on nodes/proxy");
    } else if (!silent.empty()) {
        std::ranges::sort(silent);
        warn("usage-not-read", fmt::format("what the kubelet says of memory was not read on {}",
                                           fmt::join(silent, ", ")));
    }
}

void Scan::askFor(const StatisticsSource& source) {
    std::vector<int> closed;
    std::optional<MemorySnapshot> snapshot;
    PageProblems problems;
    bool late = false;
    bool unclear = false;
    for (const auto& place : placesToAsk(source.ports, options_)) {
        if (std::ranges::find(closed, place.port) != closed.end()) continue;
        const auto answer =
            askPage(cluster_.api, {source.nameSpace, source.pod}, place, snapshot, problems);
        if (!answer) return;
        if (*answer == PageAnswer::page) break;
        if (*answer == PageAnswer::forbidden) {
            proxyForbidden_ = true;
            return;
        }
        late = late || *answer == PageAnswer::silent;
        unclear = unclear || *answer == PageAnswer::unclear;
        if (*answer != PageAnswer::noPage && *answer != PageAnswer::unclear)
            closed.push_back(place.port);
    }
    if (late && !snapshot) ++notAsked_;
    if (unclear && !snapshot) {
        if (unclear_++ == 0)
            firstUnclear_ = fmt::format("{}: {}", source.pod, redactText(problems.text()));
        return;
    }
    // A declared port that does not answer from outside the pod may be the one that shows them.
    if (snapshot || closed.empty()) scan_->addStatistics(source, std::move(snapshot));
}

void Scan::readStatistics() {
    const auto sources = scan_->statisticsSources(podsAsked);
    deadline_ = context_.loop.now() + allAnswers;
    sideBySideDo(sources.size(), [&](std::size_t i) {
        if (proxyForbidden_) return;
        if (context_.loop.now() >= deadline_) {
            ++notAsked_;
            return;
        }
        askFor(sources[i]);
    });
    if (unclear_ > 0) {
        warn("statistics-unclear",
             fmt::format("{} Go's metrics, but no figure that is surely of one program: {}",
                         unclear_ == 1 ? "1 pod shows" : fmt::format("{} pods show", unclear_),
                         firstUnclear_));
    }
    if (proxyForbidden_) {
        warn("statistics-forbidden",
             "Go's statistics were not read: that takes `get` on pods/proxy");
    } else if (notAsked_ > 0) {
        warn("statistics-not-read",
             fmt::format("{} did not answer in time when asked for Go's statistics",
                         notAsked_ == 1 ? "1 pod" : fmt::format("{} pods", notAsked_)));
    }
}

Result<ScanResult> Scan::run(const AdviceOptions& advice) {
    const auto words =
        options_.target.empty() ? std::string("deploy,sts,ds") : options_.target.front();
    auto types = workloadTypes(words);
    if (!types) return types.error();
    types_ = *std::move(types);
    const bool lonePods =
        std::ranges::find(types_, WorkloadKind::pod, &WorkloadType::kind) != types_.end();
    scan_.emplace(options_.container, lonePods);
    Header header;
    header.startedAt = timestampNow();
    header.environment.memfitVersion = version;
    header.target.context = cluster_.context.name;
    if (auto read = readWorkloads(); !read) return read.error();
    if (auto read = readPods(); !read) return read.error();
    if (auto read = readAutoscalers(); !read) return read.error();
    if (auto read = readVerticalAutoscalers(); !read) return read.error();
    readUsage();
    readStatistics();
    if (context_.loop.signal()) return EventLoop::interruption();
    header.finishedAt = timestampNow();
    header.warnings = std::move(warnings_);
    return scan_->finish(header, advice);
}

}  // namespace

Result<int> runScan(const Context& context, const AdviceOptions& advice) {
    const auto cluster = connect(context);
    if (!cluster) return cluster.error();
    auto result = Scan(context, **cluster).run(advice);
    if (!result) return result.error();
    auto printed = print({toJson(*result), describe(*result)}, context.options, context.streams);
    if (!printed) return printed.error();
    if (!context.options.check) return 0;
    bool differs = false;
    for (const auto& item : result->items) {
        const auto found =
            mismatches(item.current.value_or(CurrentSettings{}), item.advised, item.tolerance);
        for (const auto& mismatch : found) {
            context.streams.err << fmt::format("check: {}: {}\n", item.header.target.describe(),
                                               printable(mismatch))
                                << std::flush;
        }
        differs = differs || !found.empty();
    }
    return differs ? exitFound : exitDone;
}

}  // namespace memfit::plugin
