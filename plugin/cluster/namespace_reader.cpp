#include "cluster/namespace_reader.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "memfit/kube/resources.h"

namespace memfit::plugin {
namespace {

using Json = nlohmann::json;

/// A list, and how messages name it.
struct Listed {
    Resource resource;
    std::string_view people;
};

constexpr std::array controllerLists{
    Listed{Resource::deployments, "Deployments"},
    Listed{Resource::replicaSets, "ReplicaSets"},
    Listed{Resource::statefulSets, "StatefulSets"},
    Listed{Resource::daemonSets, "DaemonSets"},
    Listed{Resource::replicationControllers, "ReplicationControllers"},
};
constexpr std::array selectorLists{
    Listed{Resource::services, "Services"},
    Listed{Resource::horizontalPodAutoscalers, "HorizontalPodAutoscalers"},
    Listed{Resource::podDisruptionBudgets, "PodDisruptionBudgets"},
    Listed{Resource::networkPolicies, "NetworkPolicies"},
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
    Reader(Cluster& cluster, const std::string& ns) : cluster_(cluster), ns_(ns) {}

    /// Under the newest version that is there; nullopt where it is not there, or may not be read.
    Call<std::optional<Json>> read(const Listed& list) {
        bool forbidden = false;
        const auto& versions = kindOf(list.resource).versions;
        for (std::size_t i = 0; i < versions.size() && !versions.at(i).empty(); ++i) {
            const auto body = cluster_.read(listPath(list.resource, ns_, {}, i),
                                            fmt::format("listing {}", list.people));
            if (body) {
                auto tree = Json::parse(*body, nullptr, false);
                if (!tree.is_object()) return failure(fmt::format("{}: no list", list.people));
                return std::optional(withKinds(std::move(tree)));
            }
            const auto failed = body.error().failure;
            forbidden = forbidden || failed == CallFailure::forbidden;
            if (failed != CallFailure::forbidden && failed != CallFailure::notFound) {
                return body.error();
            }
        }
        if (forbidden) unreadable.emplace_back(list.people);
        return std::optional<Json>();
    }

    std::vector<std::string> unreadable;

private:
    Cluster& cluster_;
    const std::string& ns_;
};

std::optional<std::string> textOf(const std::optional<Json>& tree) {
    return tree ? std::optional(tree->dump()) : std::nullopt;
}

Call<std::string> readControllers(Reader& reader, const std::string& own) {
    Json all{{"kind", "List"}, {"apiVersion", "v1"}, {"items", Json::array()}};
    if (auto workload = Json::parse(own, nullptr, false);
        workload.is_object() && workload.value("kind", std::string("Pod")) != "Pod") {
        all["items"].push_back(std::move(workload));
    }
    for (const auto& kind : controllerLists) {
        auto list = reader.read(kind);
        if (!list) return list.error();
        if (!*list) continue;
        for (auto& item : (**list)["items"]) all["items"].push_back(std::move(item));
    }
    return all.dump();
}

}  // namespace

Call<NamespaceReading> readNamespaceSelectors(Cluster& cluster, const std::string& ns,
                                              const std::string& own) {
    Reader reader(cluster, ns);
    const auto controllers = readControllers(reader, own);
    if (!controllers) return controllers.error();
    std::array<std::optional<std::string>, selectorLists.size()> texts;
    for (std::size_t i = 0; i < selectorLists.size(); ++i) {
        const auto list = reader.read(selectorLists.at(i));
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
