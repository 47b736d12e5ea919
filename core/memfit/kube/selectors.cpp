#include "memfit/kube/selectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "memfit/kube/kube_json.h"
#include "memfit/kube/label_selector_read.h"

namespace memfit {

namespace {

using kube::Json;

using Reader = std::optional<Error> (*)(const Json&, NamespaceSelectors&);

PodSelecting identified(const Json& item) {
    PodSelecting selecting;
    selecting.kind = kube::text(item, {"kind"});
    selecting.name = kube::text(item, {"metadata", "name"});
    return selecting;
}

std::optional<Error> readService(const Json& item, NamespaceSelectors& into) {
    auto service = identified(item);
    service.publishesNotReady = kube::flag(item, {"spec", "publishNotReadyAddresses"});
    auto selector = readLabelMap(kube::member(item, {"spec", "selector"}), service.label());
    if (!selector) return selector.error();
    service.selector = std::move(*selector);
    into.services.push_back(std::move(service));
    return std::nullopt;
}

std::optional<Error> readController(const Json& item, NamespaceSelectors& into) {
    auto controller = identified(item);
    const Json* const json = kube::member(item, {"spec", "selector"});
    auto selector = controller.kind == "ReplicationController"
                        ? readLabelMap(json, controller.label())
                        : readLabelSelector(json, controller.label());
    if (!selector) return selector.error();
    controller.selector = std::move(*selector);
    into.controllers.push_back(std::move(controller));
    return std::nullopt;
}

/// policy/v1: an empty selector selects every pod; policy/v1beta1: it selects none.
std::optional<Error> readBudget(const Json& item, NamespaceSelectors& into) {
    auto budget = identified(item);
    auto selector = readLabelSelector(kube::member(item, {"spec", "selector"}), budget.label());
    if (!selector) return selector.error();
    budget.selector = std::move(*selector);
    if (kube::text(item, {"apiVersion"}) == "policy/v1beta1" &&
        budget.selector.requirements.empty())
        budget.selector.nothing = true;
    into.budgets.push_back(std::move(budget));
    return std::nullopt;
}

/// Peers that are chosen by the labels of pods. One with a namespaceSelector may mean this
/// namespace too, one with an address block never means labels.
std::optional<Error> readPeers(const Json& item, std::string_view rules, std::string_view side,
                               PodSelecting& policy) {
    for (const auto& rule : kube::array(item, {"spec", rules}))
        for (const auto& peer : kube::array(rule, {side})) {
            const Json* const json = kube::member(peer, {"podSelector"});
            if (json == nullptr) continue;
            auto selector = readLabelSelector(json, policy.label());
            if (!selector) return selector.error();
            policy.peers.push_back(std::move(*selector));
        }
    return std::nullopt;
}

std::optional<Error> readNetworkPolicy(const Json& item, NamespaceSelectors& into) {
    auto policy = identified(item);
    const Json* const json = kube::member(item, {"spec", "podSelector"});
    auto selector = readLabelSelector(json, policy.label());
    if (!selector) return selector.error();
    policy.selector = std::move(*selector);
    // Required by the API, and omitted when it is empty by some clients: everything.
    policy.selector.nothing = false;
    if (auto error = readPeers(item, "ingress", "from", policy)) return error;
    if (auto error = readPeers(item, "egress", "to", policy)) return error;
    into.networkPolicies.push_back(std::move(policy));
    return std::nullopt;
}

bool measuresMemory(const Json& metric) {
    return kube::text(metric, {"resource", "name"}) == "memory" ||
           kube::text(metric, {"containerResource", "name"}) == "memory";
}

std::optional<Error> readAutoscaler(const Json& item, NamespaceSelectors& into) {
    const Json& metrics = kube::array(item, {"spec", "metrics"});
    into.scaleTargets.push_back({kube::text(item, {"metadata", "name"}),
                                 kube::text(item, {"spec", "scaleTargetRef", "kind"}),
                                 kube::text(item, {"spec", "scaleTargetRef", "name"}),
                                 std::ranges::any_of(metrics, measuresMemory),
                                 kube::text(item, {"metadata", "namespace"})});
    return std::nullopt;
}

std::optional<Error> readList(const std::optional<std::string_view>& text, std::string_view where,
                              Reader read, NamespaceSelectors& into) {
    if (!text) return std::nullopt;
    const auto list = kube::parseObject(*text, where);
    if (!list) return list.error();
    const Json* const items = kube::member(*list, {"items"});
    if (items == nullptr && kube::text(*list, {"kind"}).ends_with("List"))
        return inputError(fmt::format("{}: the list has no items", where));
    if (items == nullptr) return read(*list, into);
    if (items->is_null()) return std::nullopt;
    if (!items->is_array()) return inputError(fmt::format("{}: its items are not a list", where));
    for (const auto& item : *items)
        if (auto error = read(item, into)) return error;
    return std::nullopt;
}

}  // namespace

bool LabelRequirement::matches(const Labels& labels) const {
    const auto found = labels.find(key);
    const bool present = found != labels.end();
    const bool listed = present && std::ranges::find(values, found->second) != values.end();
    switch (op) {
        case Operator::in:
            return listed;
        case Operator::notIn:
            return !listed;
        case Operator::exists:
            return present;
        case Operator::doesNotExist:
            return !present;
    }
    return false;
}

bool LabelSelector::matches(const Labels& labels) const {
    return !nothing && std::ranges::all_of(requirements, [&](const LabelRequirement& requirement) {
        return requirement.matches(labels);
    });
}

Result<NamespaceSelectors> readSelectors(const SelectorSources& sources) {
    NamespaceSelectors selectors;
    for (const auto& error :
         {readList(sources.services, "the Services", readService, selectors),
          readList(sources.controllers, "the controllers", readController, selectors),
          readList(sources.autoscalers, "the HorizontalPodAutoscalers", readAutoscaler, selectors),
          readList(sources.budgets, "the PodDisruptionBudgets", readBudget, selectors),
          readList(sources.networkPolicies, "the NetworkPolicies", readNetworkPolicy, selectors)})
        if (error) return *error;
    return selectors;
}

}  // namespace memfit
