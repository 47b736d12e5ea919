#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memfit/error.h"
#include "memfit/kube/workload.h"

namespace memfit {

/// One line of a label selector. An equality of matchLabels is `in` with one value.
struct LabelRequirement {
    enum class Operator { in, notIn, exists, doesNotExist };

    std::string key;
    Operator op = Operator::exists;
    std::vector<std::string> values;

    /// As k8s.io/apimachinery/pkg/labels: notIn also matches where the label is missing.
    [[nodiscard]] bool matches(const Labels& labels) const;
    /// Whether dropping the label `key` ends the match.
    [[nodiscard]] bool needsLabel() const { return op == Operator::in || op == Operator::exists; }

    friend bool operator==(const LabelRequirement&, const LabelRequirement&) = default;
};

/// A label selector: all requirements hold. Without any it matches everything, unless `nothing`.
struct LabelSelector {
    std::vector<LabelRequirement> requirements;
    bool nothing = false;  ///< an absent selector, and the empty one of a Service

    [[nodiscard]] bool matches(const Labels& labels) const;

    friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};

/// An object of the namespace that selects pods by their labels.
struct PodSelecting {
    std::string kind;  ///< `Service`, `ReplicaSet`, …
    std::string name;
    LabelSelector selector;
    bool publishesNotReady = false;    ///< a Service that lists pods that are not ready
    std::vector<LabelSelector> peers;  ///< pods that a NetworkPolicy admits as peers by label

    /// `Service api`.
    [[nodiscard]] std::string label() const { return kind + " " + name; }

    friend bool operator==(const PodSelecting&, const PodSelecting&) = default;
};

/// What a HorizontalPodAutoscaler scales; it measures all pods that its target selects.
struct ScaleTarget {
    std::string autoscaler;
    std::string kind;
    std::string name;
    bool memoryBased = false;  ///< one of its metrics is the memory of the pods or a container
    std::string nameSpace;     ///< empty where the list does not say

    friend bool operator==(const ScaleTarget&, const ScaleTarget&) = default;
};

/// Everything in a namespace that could take a trial pod for one of its own.
struct NamespaceSelectors {
    std::vector<PodSelecting> services;
    std::vector<PodSelecting> controllers;
    std::vector<PodSelecting> budgets;
    std::vector<PodSelecting> networkPolicies;
    std::vector<ScaleTarget> scaleTargets;

    friend bool operator==(const NamespaceSelectors&, const NamespaceSelectors&) = default;
};

/// Lists as `kubectl get KIND -n NAMESPACE -o json` prints them (kind List, or one object). Those
/// that could not be read are absent: then nothing is known of that kind.
struct SelectorSources {
    std::optional<std::string_view> services = std::nullopt;
    /// Deployments, ReplicaSets, StatefulSets, DaemonSets; ReplicationControllers and Jobs are
    /// understood too.
    std::optional<std::string_view> controllers = std::nullopt;
    std::optional<std::string_view> autoscalers = std::nullopt;
    std::optional<std::string_view> budgets = std::nullopt;
    std::optional<std::string_view> networkPolicies = std::nullopt;
};

/// Errors (kind input): a text that is not a JSON list; a selector with an operator that Kubernetes
/// does not know (guessing would let a trial pod take traffic).
[[nodiscard]] Result<NamespaceSelectors> readSelectors(const SelectorSources& sources);

}  // namespace memfit
