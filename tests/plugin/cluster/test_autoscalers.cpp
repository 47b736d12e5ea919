#include "cluster/autoscalers.h"

#include <doctest/doctest.h>

#include "cluster/kubectl_cluster.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::StandInKubectl;

namespace {

/// What is found of namespace `shop` where `kubectl get --raw` of the list does `list`, and of the
/// group `group`.
std::optional<std::vector<VerticalAutoscaler>> found(const std::string& list,
                                                     const std::string& group) {
    EventLoop loop;
    const StandInKubectl standIn(
        "if [ \"$1\" = proxy ]; then exit 1; fi\n"
        "case $3 in\n"
        "/apis/autoscaling.k8s.io/v1/namespaces/shop/verticalpodautoscalers) " +
        list + ";;\n/apis/autoscaling.k8s.io) " + group + ";;\nesac\nexit 2");
    KubectlCluster api(loop, standIn.connect(loop));
    auto all = listVerticalAutoscalers(api, "shop");
    REQUIRE_MESSAGE(all.has_value(), (all ? "" : all.error().message()));
    return *std::move(all);
}

std::string refusal(const std::string& reason) {
    return "echo 'Error from server (" + reason + "): no' >&2; exit 1";
}

}  // namespace

TEST_CASE("VerticalPodAutoscalers are those of the list") {
    const auto all =
        found(R"(echo '{"items":[{"metadata":{"name":"v"}}]}'; exit 0)", refusal("NotFound"));
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    CHECK(all->front().name == "v");
}

TEST_CASE("a cluster without the kind has none, for those who may not list it too") {
    CHECK(found(refusal("NotFound"), refusal("NotFound"))->empty());
    CHECK(found(refusal("Forbidden"), refusal("NotFound"))->empty());
}

TEST_CASE("where the kind is there and may not be listed nothing is known") {
    CHECK_FALSE(found(refusal("Forbidden"), R"(echo '{"kind":"APIGroup"}'; exit 0)").has_value());
    CHECK_FALSE(found(refusal("Forbidden"), refusal("Forbidden")).has_value());
}

TEST_CASE("all other errors of the list are told") {
    EventLoop loop;
    const StandInKubectl standIn("if [ \"$1\" = proxy ]; then exit 1; fi\n" +
                                 refusal("BadRequest"));
    KubectlCluster api(loop, standIn.connect(loop));
    const auto all = listVerticalAutoscalers(api, std::nullopt);
    REQUIRE(all.has_error());
    CHECK(all.error().message().starts_with(
        "reading the VerticalPodAutoscalers: Error from server (BadRequest): no"));
}
