#pragma once

// Internal to memfit/lint: where containers stand.

#include <deque>
#include <string>
#include <vector>

#include "memfit/lint/lint_document.h"

namespace memfit::lint {

enum class Role {
    main,     ///< of `containers`
    sidecar,  ///< of `initContainers`, with restartPolicy Always: it runs beside the main ones
    init,     ///< of `initContainers`, or a step: it ends before others start
};

struct Member {
    yaml::NodeId node = yaml::noNode;
    std::string name;  ///< empty where it has none
    Role role = Role::main;
    std::string resources = "resources";  ///< the key of its resources
};

/// A workload, or what is written like one.
struct Subject {
    Document* document = nullptr;
    std::string kind;
    std::string name;
    std::string nameSpace;  ///< empty when the object does not say
    yaml::NodeId podSpec = yaml::noNode;
    /// Part of it is written elsewhere, so a missing field says nothing.
    bool partial = false;
    std::vector<Member> members;

    [[nodiscard]] std::string label() const;  ///< `Deployment shop/api`
};

/// Whether other documents may affect it: ConfigMaps, or an autoscaler beside a fixed GOMEMLIMIT.
[[nodiscard]] bool dependsOnStream(const Subject& subject);

/// The parts of a document that lint judges.
struct Found {
    std::vector<Subject> subjects;
    std::vector<Error> errors;  ///< of what stands in strings
};

/// The workloads of `document`: Kubernetes' own and whatever has `spec.template.spec.containers`,
/// Tekton's steps, a ClusterServiceVersion's deployments, a HelmRelease's values, the patches in a
/// Kustomization. Those that stand in strings become documents at the end of `inner`.
[[nodiscard]] Found findSubjects(Document& document, std::deque<Document>& inner);

/// The patches in a Kustomization (kustomize's or Flux's): strategic merges and JSON 6902.
void findPatches(Document& document, std::deque<Document>& inner, Found& found);

/// The containers of a pod's spec, or of a part of one.
[[nodiscard]] std::vector<Member> membersOf(const yaml::Tree& tree, yaml::NodeId podSpec);

}  // namespace memfit::lint
