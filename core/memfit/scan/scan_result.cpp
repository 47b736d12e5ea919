#include <algorithm>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>

#include "memfit/advice/recommendation_tree.h"
#include "memfit/documents/json_trees.h"
#include "memfit/scan/scan.h"
#include "memfit/scan/scan_rows.h"

namespace memfit {

namespace {

std::int64_t podsOf(const LiveFacts& facts) {
    return static_cast<std::int64_t>(facts.pods.size()) + facts.morePods;
}

/// What a pod reserves on its node: its request, which the API server sets to the limit when it is
/// missing.
std::optional<Bytes> reserved(const Recommendation& recommendation) {
    if (!recommendation.current) return std::nullopt;
    const auto& set = *recommendation.current;
    return set.request ? set.request : set.limit;
}

bool anyOomKill(const Recommendation& recommendation) {
    return recommendation.live &&
           std::ranges::any_of(recommendation.live->pods, &LivePod::oomKilled);
}

/// How far the limit is below the advised one.
Bytes shortage(const Recommendation& recommendation) {
    const auto set = recommendation.current ? recommendation.current->limit : std::nullopt;
    const auto& wanted = recommendation.advised.limit;
    return set && wanted ? std::max<Bytes>(*wanted - *set, 0) : 0;
}

std::ptrdiff_t errorsIn(const Recommendation& recommendation) {
    if (!recommendation.live) return 0;
    return std::ranges::count(recommendation.live->findings, Severity::error, &Finding::severity);
}

}  // namespace

std::optional<Bytes> savedBytes(const Recommendation& recommendation) {
    const auto now = reserved(recommendation);
    const auto& wanted = recommendation.advised.request;
    if (!now || !wanted || !recommendation.live) return std::nullopt;
    return (*now - *wanted) * podsOf(*recommendation.live);
}

std::optional<Bytes> idleBytes(const Recommendation& recommendation) {
    const auto now = reserved(recommendation);
    if (!now || !recommendation.live) return std::nullopt;
    const auto held = liveUsage(*recommendation.live);
    if (!held) return std::nullopt;
    return std::max<Bytes>(*now - *held, 0) * podsOf(*recommendation.live);
}

void sortByUrgency(std::vector<Recommendation>& recommendations) {
    const auto urgency = [](const Recommendation& recommendation) {
        const auto& target = recommendation.header.target;
        return std::tuple(!anyOomKill(recommendation), -shortage(recommendation),
                          -errorsIn(recommendation), -idleBytes(recommendation).value_or(0),
                          target.ns, target.type, target.name, target.container);
    };
    std::ranges::sort(recommendations, {}, urgency);
}

std::string toJson(const ScanResult& result) {
    auto tree = documentTree("RecommendationList", result.header);
    tree["workloads"] = result.workloads;
    tree["containersNotGo"] = result.notGo;
    tree["items"] = Json::array();
    for (const auto& item : result.items) {
        auto each = recommendationTree(item);
        const auto put = [&](const char* name, std::optional<Bytes> bytes) {
            if (bytes) each[name] = *bytes;
        };
        put("savedBytes", savedBytes(item));
        put("idleBytes", idleBytes(item));
        tree["items"].push_back(std::move(each));
    }
    return documentText(tree);
}

}  // namespace memfit
