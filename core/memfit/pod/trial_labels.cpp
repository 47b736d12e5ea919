#include "memfit/pod/trial_labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace memfit {

namespace {

/// Labels that controllers give to their own pods.
constexpr std::array<std::string_view, 10> controllersOwn{
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
};

/// Labels by which Argo CD and Flux take an object for one that they applied.
constexpr std::array<std::string_view, 3> gitOpsPrefixes{
    "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/"};

bool isNeverCopied(std::string_view key) {
    return std::ranges::find(controllersOwn, key) != controllersOwn.end() ||
           std::ranges::any_of(gitOpsPrefixes,
                               [&](std::string_view prefix) { return key.starts_with(prefix); });
}

/// A Deployment owns ReplicaSets, never pods.
bool adoptsPods(const PodSelecting& controller) {
    return controller.kind != "Deployment";
}

std::set<std::string> policiesOn(const Labels& labels, const NamespaceSelectors& selectors) {
    std::set<std::string> names;
    for (const auto& policy : selectors.networkPolicies)
        if (policy.selector.matches(labels)) names.insert(policy.name);
    return names;
}

class LabelChoice {
public:
    LabelChoice(const Labels& original, const Labels& own, const NamespaceSelectors& selectors)
        : original_(original), own_(own), selectors_(selectors), labels_(original) {
        std::erase_if(labels_, [](const auto& label) { return isNeverCopied(label.first); });
        for (const auto& [key, value] : own_) labels_[key] = value;
    }

    [[nodiscard]] bool isSelectedBy(const PodSelecting& object) const {
        return object.selector.matches(labels_);
    }

    /// Drops every label that one of the objects selects the pod by, until nothing changes.
    void dropAll() {
        bool changed = true;
        while (changed) {
            changed = false;
            for (const auto* const objects :
                 {&selectors_.services, &selectors_.controllers, &selectors_.budgets})
                for (const auto& object : *objects)
                    if (isSelectedBy(object))
                        for (const auto& key : droppable(object.selector))
                            changed = labels_.erase(key) > 0 || changed;
        }
    }

    /// Drops one label for each object that would adopt or list the pod; one that leaves the
    /// NetworkPolicies as they are, where there is such a one.
    void dropFewest() {
        bool changed = true;
        while (changed) {
            changed = false;
            for (const auto& object : selectors_.controllers)
                if (adoptsPods(object)) changed = dropOne(object) || changed;
            for (const auto& object : selectors_.services)
                if (object.publishesNotReady) changed = dropOne(object) || changed;
        }
    }

    [[nodiscard]] std::vector<std::string> dropped() const {
        std::vector<std::string> keys;
        for (const auto& [key, value] : original_)
            if (!labels_.contains(key)) keys.push_back(key);
        return keys;
    }

    [[nodiscard]] const Labels& labels() const { return labels_; }

private:
    [[nodiscard]] std::set<std::string> droppable(const LabelSelector& selector) const {
        std::set<std::string> keys;
        for (const auto& requirement : selector.requirements)
            if (requirement.needsLabel() && labels_.contains(requirement.key) &&
                !own_.contains(requirement.key))
                keys.insert(requirement.key);
        return keys;
    }

    bool dropOne(const PodSelecting& object) {
        if (!isSelectedBy(object)) return false;
        const auto keys = droppable(object.selector);
        if (keys.empty()) return false;
        const auto before = policiesOn(labels_, selectors_);
        const auto harmless = std::ranges::find_if(keys, [&](const std::string& key) {
            auto without = labels_;
            without.erase(key);
            return policiesOn(without, selectors_) == before;
        });
        labels_.erase(harmless == keys.end() ? *keys.begin() : *harmless);
        return true;
    }

    const Labels& original_;
    const Labels& own_;
    const NamespaceSelectors& selectors_;
    Labels labels_;
};

Error stillSelected(const PodSelecting& object, std::string_view consequence, std::string next) {
    return failure(fmt::format("{} selects the pod whatever labels are dropped, so {}",
                               object.label(), consequence),
                   std::move(next));
}

std::optional<Error> refuseSelected(const LabelChoice& choice, const NamespaceSelectors& selectors,
                                    bool keep) {
    for (const auto& object : selectors.controllers)
        if (adoptsPods(object) && choice.isSelectedBy(object))
            return stillSelected(object, "it would adopt the trial pod",
                                 "let it select by a label, or try in another namespace");
    for (const auto& object : selectors.services)
        if (object.publishesNotReady && choice.isSelectedBy(object))
            return stillSelected(object, "it would list the trial pod, ready or not",
                                 "let it select by a label, or try in another namespace");
    if (keep) return std::nullopt;
    for (const auto& object : selectors.budgets)
        if (choice.isSelectedBy(object))
            return stillSelected(object, "it would count the trial pod",
                                 "--keep-labels accepts that it is counted, as one that is not "
                                 "healthy, until the trial ends");
    return std::nullopt;
}

std::optional<Error> refusePolicyChange(const Labels& original, const LabelChoice& choice,
                                        const NamespaceSelectors& selectors, bool keep) {
    const auto before = policiesOn(original, selectors);
    const auto after = policiesOn(choice.labels(), selectors);
    if (before == after) return std::nullopt;
    std::vector<std::string> changed;
    std::ranges::set_symmetric_difference(before, after, std::back_inserter(changed));
    const auto dropped = choice.dropped();
    return failure(
        fmt::format("without the labels {} other NetworkPolicies would apply to the trial pod than "
                    "to the real ones: {}",
                    fmt::join(dropped, ", "), fmt::join(changed, ", ")),
        keep ? "the labels that --keep-labels cannot keep are those by which a controller would "
               "adopt the pod; select by another label in the NetworkPolicy"
             : "--keep-labels keeps them as far as no controller would adopt the pod");
}

std::vector<Notice> noteKept(const LabelChoice& choice, const NamespaceSelectors& selectors) {
    std::vector<Notice> notices;
    for (const auto& budget : selectors.budgets)
        if (choice.isSelectedBy(budget))
            notices.push_back({"budget-counts-trial",
                               budget.label() + " counts the trial pod as one that is not healthy, "
                                                "and may refuse evictions until the trial ends"});
    for (const auto& target : selectors.scaleTargets)
        for (const auto& controller : selectors.controllers)
            if (controller.kind == target.kind && controller.name == target.name &&
                choice.isSelectedBy(controller))
                notices.push_back({"autoscaler-counts-trial",
                                   fmt::format("HorizontalPodAutoscaler {} measures the trial pod "
                                               "with the pods of {}",
                                               target.autoscaler, controller.label())});
    return notices;
}

std::vector<Notice> noteUnknown(const Labels& original, const LabelChoice& choice,
                                const NamespaceSelectors& selectors) {
    std::vector<Notice> notices;
    for (const auto& target : selectors.scaleTargets) {
        const bool known =
            std::ranges::any_of(selectors.controllers, [&](const PodSelecting& controller) {
                return controller.kind == target.kind && controller.name == target.name;
            });
        if (!known)
            notices.push_back({"autoscaler-target-unknown",
                               fmt::format("HorizontalPodAutoscaler {} scales {} {}, and it is not "
                                           "known whether that selects the trial pod",
                                           target.autoscaler, target.kind, target.name)});
    }
    for (const auto& policy : selectors.networkPolicies)
        if (std::ranges::any_of(policy.peers, [&](const LabelSelector& peer) {
                return peer.matches(original) && !peer.matches(choice.labels());
            }))
            notices.push_back(
                {"policy-peer", policy.label() + " admits the service by its labels, and not the "
                                                 "trial pod, which lacks them; --keep-labels keeps "
                                                 "them"});
    return notices;
}

}  // namespace

Result<TrialLabels> chooseTrialLabels(const Labels& original, const Labels& own,
                                      const NamespaceSelectors& selectors, bool keep) {
    LabelChoice choice(original, own, selectors);
    if (keep)
        choice.dropFewest();
    else
        choice.dropAll();
    if (auto error = refuseSelected(choice, selectors, keep)) return *error;
    if (auto error = refusePolicyChange(original, choice, selectors, keep)) return *error;
    TrialLabels chosen{choice.labels(), choice.dropped(), noteKept(choice, selectors)};
    for (auto& notice : noteUnknown(original, choice, selectors))
        chosen.notices.push_back(std::move(notice));
    return chosen;
}

}  // namespace memfit
