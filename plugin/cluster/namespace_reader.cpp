#include "cluster/namespace_reader.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace memfit::plugin {
namespace {

using Json = nlohmann::json;

/// One kind, under every group version from Kubernetes 1.20 on; the first that is there counts.
struct Kind {
    std::string_view plural;
    std::array<std::string_view, 3> groups;
    std::string_view people;
};

constexpr Kind services{"services", {"api/v1", "", ""}, "Services"};
constexpr Kind autoscalers{
    "horizontalpodautoscalers",
    {"apis/autoscaling/v2", "apis/autoscaling/v2beta2", "apis/autoscaling/v1"},
    "HorizontalPodAutoscalers"};
constexpr Kind budgets{
    "poddisruptionbudgets", {"apis/policy/v1", "apis/policy/v1beta1", ""}, "PodDisruptionBudgets"};
constexpr Kind policies{
    "networkpolicies", {"apis/networking.k8s.io/v1", "", ""}, "NetworkPolicies"};
constexpr std::array controllerKinds{
    Kind{"deployments", {"apis/apps/v1", "", ""}, "Deployments"},
    Kind{"replicasets", {"apis/apps/v1", "", ""}, "ReplicaSets"},
    Kind{"statefulsets", {"apis/apps/v1", "", ""}, "StatefulSets"},
    Kind{"daemonsets", {"apis/apps/v1", "", ""}, "DaemonSets"},
    Kind{"replicationcontrollers", {"api/v1", "", ""}, "ReplicationControllers"},
};

/// The items of a typed list (`DeploymentList`) do not say their own kind; those of kubectl do.
Json withKinds(Json list) {
    constexpr std::string_view suffix = "List";
    auto kind = list.value("kind", std::string());
    if (!kind.ends_with(suffix) || !list.contains("items") || !list["items"].is_array())
        return list;
    kind.resize(kind.size() - suffix.size());
    for (auto& item : list["items"]) {
        if (!item.is_object()) continue;
        item["kind"] = kind;
        item["apiVersion"] = list.value("apiVersion", std::string());
    }
    return list;
}

class Reader {
public:
    Reader(ClusterApi& api, const std::string& ns) : api_(api), ns_(ns) {}

    Result<std::optional<Json>> read(const Kind& kind) {
        bool forbidden = false;
        for (const auto group : kind.groups) {
            if (group.empty()) break;
            auto body = api_.read(fmt::format("/{}/namespaces/{}/{}", group, ns_, kind.plural),
                                  fmt::format("listing {}", kind.people));
            if (body) {
                auto tree = Json::parse(*body, nullptr, false);
                if (!tree.is_object()) return failure(fmt::format("{}: no list", kind.people));
                return std::optional(withKinds(std::move(tree)));
            }
            forbidden = forbidden || isFailure(body.error(), CallFailure::forbidden);
            if (!isFailure(body.error(), CallFailure::forbidden) &&
                !isFailure(body.error(), CallFailure::notFound)) {
                return body.error();
            }
        }
        if (forbidden) unreadable.emplace_back(kind.people);
        return std::optional<Json>();
    }

    std::vector<std::string> unreadable;

private:
    ClusterApi& api_;
    const std::string& ns_;
};

std::optional<std::string> textOf(const std::optional<Json>& tree) {
    return tree ? std::optional(tree->dump()) : std::nullopt;
}

Result<std::string> readControllers(Reader& reader, const std::string& own) {
    Json all{{"kind", "List"}, {"apiVersion", "v1"}, {"items", Json::array()}};
    if (auto workload = Json::parse(own, nullptr, false);
        workload.is_object() && workload.value("kind", std::string("Pod")) != "Pod") {
        all["items"].push_back(std::move(workload));
    }
    for (const auto& kind : controllerKinds) {
        auto list = reader.read(kind);
        if (!list) return list.error();
        if (!*list) continue;
        for (auto& item : (**list)["items"]) all["items"].push_back(std::move(item));
    }
    return all.dump();
}

}  // namespace

Result<NamespaceReading> readNamespaceSelectors(ClusterApi& api, const std::string& ns,
                                                const std::string& own) {
    Reader reader(api, ns);
    const auto controllers = readControllers(reader, own);
    if (!controllers) return controllers.error();
    std::array<std::optional<std::string>, 4> texts;
    const std::array kinds{services, autoscalers, budgets, policies};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const auto list = reader.read(kinds.at(i));
        if (!list) return list.error();
        texts.at(i) = textOf(*list);
    }
    SelectorSources sources;
    sources.controllers = *controllers;
    sources.services = texts[0];
    sources.autoscalers = texts[1];
    sources.budgets = texts[2];
    sources.networkPolicies = texts[3];
    auto selectors = readSelectors(sources);
    if (!selectors) return selectors.error();
    return NamespaceReading{*std::move(selectors), std::move(reader.unreadable)};
}

}  // namespace memfit::plugin
