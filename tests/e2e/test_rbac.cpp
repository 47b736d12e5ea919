#include <algorithm>
#include <fstream>
#include <iterator>

#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

/// A user of whom nobody has heard, given roles in the namespace.
class User {
public:
    explicit User(const Namespace& ns) : ns_(ns), name_("user-of-" + ns.name()) {}

    User& with(const std::string& role) {
        (void)ns_.kubectl({"create", "rolebinding", fmt::format("user-{}", ++bindings_), role,
                           "--user=" + name_});
        return *this;
    }
    [[nodiscard]] End runs(Words words) const {
        words.push_back("--as=" + name_);
        return measure(ns_, words);
    }

private:
    const Namespace& ns_;
    std::string name_;
    int bindings_ = 0;
};

/// Only what lives in the namespace: nothing of the tests may outlive them.
void applyRoles(const Namespace& ns) {
    std::ifstream file(MEMFIT_DOCS "/rbac.yaml");
    REQUIRE(file);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::string clusterWide = "\nkind: ClusterRole\n";
    std::string roles;
    constexpr std::string_view separator = "\n---\n";
    for (auto at = text.find(separator); at != std::string::npos;) {
        const auto next = text.find(separator, at + 1);
        const auto document = text.substr(at, next - at);
        if (document.find(clusterWide) == std::string::npos) roles += document;
        at = next;
    }
    (void)ns.kubectl({"apply", "--filename=-"}, roles);
}

void checkRefusal(const Namespace& ns, const End& end, const std::string& error) {
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err == error);
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

bool warned(const Json& result, const std::string& of) {
    return std::ranges::any_of(result.value("warnings", Json::array()), [&](const Json& warning) {
        return warning.at("text").get<std::string>().find(of) != std::string::npos;
    });
}

const Words probe{"probe", "deploy/sales-api", "-q", "-o", "json"};
const Words trial{"probe", "deploy/sales-api", "-q", "-o", "json", "--yes", "--load", load(20)};

std::string cannotRead(const Namespace& ns) {
    return fmt::format(
        "error: reading deployments/sales-api in namespace {0}: Error from server (Forbidden): "
        "deployments.apps \"sales-api\" is "
        "forbidden: User \"user-of-{0}\" cannot get resource \"deployments\" in API group \"apps\" "
        "in the namespace \"{0}\"; ask for that permission; docs/rbac.md has the role each command "
        "needs\n",
        ns.name());
}

std::string cannot(const Namespace& ns, const std::string& verb) {
    return fmt::format(
        "error: trial pods need the verb {} on pods in namespace {}, which this user may not; ask "
        "for that permission; docs/rbac.md has the role each command needs\n",
        verb, ns.name());
}

}  // namespace

TEST_CASE("a user without any right is told the verb and the resource") {
    const Namespace ns;
    ns.deploySalesApi();
    checkRefusal(ns, User(ns).runs(probe), cannotRead(ns));
    checkRefusal(ns, User(ns).runs(trial), cannotRead(ns));
}

TEST_CASE("a viewer is told what a probe of live pods needs, and what trials need") {
    const Namespace ns;
    ns.deploySalesApi();
    User viewer(ns);
    viewer.with("--clusterrole=view");
    const auto seen = viewer.runs(probe);
    CHECK(seen.code == 1);
    CHECK(seen.err == "error: no pod's memory could be read\n");
    const auto warnings = Json::parse(seen.out).at("warnings");
    CHECK(warnings.at(0) ==
          Json{{"code", "statistics-forbidden"},
               {"text", "Go's statistics were not read: that takes `get` on pods/proxy"}});
    const bool inCluster =
        !ns.kubectl({"api-resources", "--api-group=autoscaling.k8s.io", "-o", "name"}).empty();
    CHECK_MESSAGE(warned(Json::parse(seen.out), "VerticalPodAutoscalers") == inCluster, seen.out);
    checkRefusal(ns, viewer.runs(trial), cannot(ns, "create"));
}

TEST_CASE("an editor may run trials and clean up") {
    const Namespace ns;
    ns.deploySalesApi();
    User editor(ns);
    editor.with("--clusterrole=edit");
    CHECK(document(editor.runs(trial)).at("run").at("errors") == 0);
    CHECK(ns.trialPods() == std::vector<std::string>{});
    CHECK(editor.runs({"cleanup"}).out == "nothing to clean up\n");
}

TEST_CASE("the role for reading is enough to probe and to judge a namespace, and for no more") {
    const Namespace ns;
    ns.deploySalesApi();
    applyRoles(ns);
    User reader(ns);
    reader.with("--role=memfit-observe");
    CHECK(document(reader.runs(probe)).at("idle").at("source") == "expvar");
    const auto scan = document(reader.runs({"recommend", "--all", "-o", "json"}));
    CHECK(scan.at("items").size() == 1);
    CHECK_FALSE(warned(scan, "VerticalPodAutoscalers"));
    checkRefusal(ns, reader.runs(trial), cannot(ns, "create"));
}

TEST_CASE("the role for trials is enough for trials and cleanup, and not to change the workload") {
    const Namespace ns;
    ns.deploySalesApi();
    applyRoles(ns);
    User user(ns);
    user.with("--role=memfit-trials");
    const auto result = document(user.runs(trial));
    CHECK(result.at("warnings") == Json::array());
    CHECK(ns.trialPods() == std::vector<std::string>{});
    CHECK(user.runs({"cleanup"}).out == "nothing to clean up\n");

    const auto before = ns.live();
    auto inPlace = trial;
    inPlace.emplace_back("--in-place");
    checkRefusal(ns, user.runs(inPlace),
                 fmt::format("error: trials in place need the verb patch on deployments.apps in "
                             "namespace {}, which this user may not; ask for that permission; "
                             "docs/rbac.md has the role each command needs\n",
                             ns.name()));
    CHECK(ns.live() == before);
    user.with("--role=memfit-in-place");
    CHECK(document(user.runs(inPlace)).at("run").at("errors") == 0);
    CHECK(ns.live() == before);
}
