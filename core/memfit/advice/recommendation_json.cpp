#include <string>
#include <variant>

#include "memfit/advice/recommendation.h"
#include "memfit/advice/recommendation_tree.h"
#include "memfit/documents/json_trees.h"
#include "memfit/settings/go_settings.h"

namespace memfit {

namespace {

/// A value that is to stay has the mode of the value that is set now, as far as that is known.
Json gomemlimitTree(const GomemlimitAdvice& gomemlimit) {
    using Kind = GomemlimitAdvice::Kind;
    const bool leave = gomemlimit.kind == Kind::leave;
    const auto now = gomemlimit.bytes ? Kind::bytes : Kind::unset;
    Json tree{{"mode", toString(leave ? now : gomemlimit.kind)}};
    putKnown(tree, "bytes", gomemlimit.bytes);
    if (leave) tree["leave"] = true;
    return tree;
}

Json settingsTree(const std::optional<Bytes>& limit, const std::optional<Bytes>& request,
                  Json gomemlimit, const std::optional<std::string>& gogc) {
    Json tree = Json::object();
    putLimit(tree, "limitBytes", limit);
    putKnown(tree, "requestBytes", request);
    tree["gomemlimit"] = std::move(gomemlimit);
    putKnown(tree, "gogc", gogc);
    return tree;
}

/// The same shape as the advice. A GOMEMLIMIT that Go would not understand keeps its `text`.
Json currentTree(const CurrentSettings& current) {
    GomemlimitAdvice gomemlimit;
    const auto parsed = parseGomemlimit(current.gomemlimit.value_or(""));
    if (!parsed || *parsed) gomemlimit.kind = GomemlimitAdvice::Kind::bytes;
    if (parsed) gomemlimit.bytes = *parsed;
    auto tree = current.gomemlimitUnknown ? Json{{"mode", "unknown"}} : gomemlimitTree(gomemlimit);
    if (!parsed) tree["text"] = *current.gomemlimit;
    auto settings = settingsTree(current.limit, current.request, std::move(tree), current.gogc);
    if (current.gogcUnknown) settings["gogcUnknown"] = true;
    return settings;
}

Json reasonTree(const Reason& reason) {
    Json evidence = Json::object();
    for (const auto& [name, value] : reason.evidence)
        std::visit([&, &key = name](const auto& figure) { evidence[key] = figure; }, value);
    return {{"code", reason.code}, {"text", reason.text}, {"evidence", std::move(evidence)}};
}

Json nodeTree(const NodeFit& fit) {
    return {{"node", fit.node},
            {"allocatableBytes", fit.allocatable},
            {"requestsBytes", fit.requests},
            {"limitsBytes", fit.limits},
            {"pods", fit.pods},
            {"ownPods", fit.ownPods},
            {"podsWithoutLimit", fit.podsWithoutLimit},
            {"unguaranteedPods", fit.unguaranteed},
            {"neighbours", fit.neighbours}};
}

/// One that is shown beside its workload, and has no file.
Json findingTree(const Finding& finding) {
    return {{"code", finding.code},
            {"severity", toString(finding.severity)},
            {"text", finding.text},
            {"fix", finding.fix}};
}

Json liveTree(const LiveFacts& live) {
    Json tree{{"pods", podsTree(live.pods)}, {"morePods", live.morePods}};
    tree["memoryAutoscalers"] = live.memoryAutoscalers;
    tree["verticalAutoscalers"] = live.verticalAutoscalers;
    tree["nodes"] = Json::array();
    for (const auto& fit : live.nodes) tree["nodes"].push_back(nodeTree(fit));
    tree["findings"] = Json::array();
    for (const auto& finding : live.findings) tree["findings"].push_back(findingTree(finding));
    return tree;
}

}  // namespace

std::string_view toString(GomemlimitAdvice::Kind kind) {
    switch (kind) {
        case GomemlimitAdvice::Kind::unset:
        case GomemlimitAdvice::Kind::leave:
            return "unset";
        case GomemlimitAdvice::Kind::limitsMemory:
            return "limits.memory";
        case GomemlimitAdvice::Kind::bytes:
            return "bytes";
    }
    return "unset";
}

Json recommendationTree(const Recommendation& recommendation) {
    auto tree = documentTree("Recommendation", recommendation.header);
    tree["basis"] = toString(recommendation.basis);
    tree["confidence"] = toString(recommendation.confidence);
    putKnown(tree, "probability", recommendation.probability);
    tree["policy"] = toString(recommendation.policy);
    tree["tolerance"] = recommendation.tolerance;
    putKnown(tree, "floor", recommendation.floor);
    const auto& advised = recommendation.advised;
    tree["recommendation"] = settingsTree(advised.limit, advised.request,
                                          gomemlimitTree(advised.gomemlimit), advised.gogc);
    if (advised.leaveLimit) tree["recommendation"]["leaveLimit"] = true;
    if (advised.leaveGogc) tree["recommendation"]["leaveGogc"] = true;
    if (recommendation.confirmed)
        tree["confirmed"] = {{"loads", recommendation.confirmed->loads},
                             {"killed", recommendation.confirmed->killed}};
    if (recommendation.current) tree["current"] = currentTree(*recommendation.current);
    if (recommendation.live) tree["live"] = liveTree(*recommendation.live);
    tree["reasons"] = Json::array();
    for (const auto& reason : recommendation.reasons) tree["reasons"].push_back(reasonTree(reason));
    if (!recommendation.next.empty()) tree["next"] = recommendation.next;
    putInputs(tree, recommendation.header);
    return tree;
}

std::string toJson(const Recommendation& recommendation) {
    return documentText(recommendationTree(recommendation));
}

}  // namespace memfit
