#include "e2e/cluster.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "process/run.h"
#include "support/fixtures.h"

namespace memfit::e2e {
namespace {

constexpr double callSeconds = 120;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const auto place = text.find(what);
    REQUIRE_MESSAGE(place != std::string::npos, "the manifest does not hold " << what);
    for (auto at = place; at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

bool holds(const Json& pod, const char* type) {
    if (!pod.at("status").contains("conditions")) return false;
    for (const auto& condition : pod.at("status").at("conditions")) {
        if (condition.at("type") == type) return condition.at("status") == "True";
    }
    return false;
}

}  // namespace

std::string binary() {
    const char* const other = std::getenv("MEMFIT_BINARY");
    return other != nullptr ? other : MEMFIT_BINARY;
}

End runProgram(const Words& words, const std::string& input) {
    plugin::EventLoop loop;
    plugin::ChildOptions options;
    options.input = input;
    const auto ended = plugin::run(loop, words, options, callSeconds);
    REQUIRE_MESSAGE(ended.has_value(), (ended ? "" : ended.error().message()));
    return {ended->status.shellCode(), ended->out, ended->err};
}

End kubectl(const Words& arguments, const std::string& input) {
    Words words{"kubectl"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return runProgram(words, input);
}

std::string salesApi(const std::string& ns) {
    std::ifstream file(MEMFIT_EXAMPLES "/sales-api/deploy.yaml");
    REQUIRE(file);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    text = text.substr(text.find("---\n") + 4);  // the first document is the namespace
    text = replaced(text, "sales-system", ns);
    text = replaced(text, "imagePullPolicy: IfNotPresent", "imagePullPolicy: Never");
    return replaced(text, "requests:\n              cpu: \"250m\"",
                    "requests:\n              cpu: \"20m\"");
}

Json deployment(const std::string& name, const Json& container, const Json& podSpec) {
    Json api{{"name", "api"},
             {"image", "sales-api:dev"},
             {"imagePullPolicy", "Never"},
             {"ports",
              {{{"name", "http"}, {"containerPort", 3000}},
               {{"name", "debug"}, {"containerPort", 4000}}}},
             {"resources", {{"limits", {{"cpu", "500m"}}}, {"requests", {{"cpu", "10m"}}}}},
             {"readinessProbe",
              {{"httpGet", {{"path", "/readiness"}, {"port", "http"}}}, {"periodSeconds", 1}}}};
    api.merge_patch(container);
    Json spec{{"containers", Json::array({api})}, {"terminationGracePeriodSeconds", 1}};
    spec.merge_patch(podSpec);
    const Json labels{{"app", name}};
    return {{"apiVersion", "apps/v1"},
            {"kind", "Deployment"},
            {"metadata", {{"name", name}}},
            {"spec",
             {{"replicas", 0},
              {"selector", {{"matchLabels", labels}}},
              {"template", {{"metadata", {{"labels", labels}}}, {"spec", spec}}}}}};
}

Namespace::Namespace() {
    std::random_device random;
    name_ = fmt::format("memfit-e2e-{:08x}", random());
    const auto made = e2e::kubectl({"create", "namespace", name_});
    REQUIRE_MESSAGE(made.code == 0, made.err);
    // Pods are refused until their account is there.
    const auto ready = [this] {
        return e2e::kubectl({"get", "serviceaccount", "default", "--namespace=" + name_}).code == 0;
    };
    plugin::EventLoop loop;
    REQUIRE(test::comesTrue(loop, ready, 30));
}

Namespace::~Namespace() {
    // Nobody waits for the grace period of a pod in a namespace that goes away.
    (void)e2e::kubectl({"delete", "deployments,statefulsets,pods", "--all", "--namespace=" + name_,
                        "--grace-period=0", "--force", "--wait=false"});
    CHECK(e2e::kubectl({"delete", "namespace", name_, "--wait=false"}).code == 0);
}

std::string Namespace::kubectl(Words arguments, const std::string& input) const {
    arguments.push_back("--namespace=" + name_);
    const auto end = e2e::kubectl(arguments, input);
    REQUIRE_MESSAGE(end.code == 0,
                    fmt::format("kubectl {}: {}", fmt::join(arguments, " "), end.err));
    return end.out;
}

Json Namespace::get(const Words& what) const {
    Words words{"get", "--output=json"};
    words.insert(words.end(), what.begin(), what.end());
    return Json::parse(kubectl(words));
}

void Namespace::apply(const Json& object) const {
    (void)kubectl({"apply", "--filename=-"}, object.dump());
}

void Namespace::deploySalesApi() const {
    (void)kubectl({"apply", "--filename=-"}, salesApi(name_));
    (void)kubectl({"rollout", "status", "deploy/sales-api", "--timeout=60s"});
}

std::vector<std::string> Namespace::trialPods() const {
    std::vector<std::string> names;
    const auto pods = get({"pods", "--selector=app.kubernetes.io/managed-by=kubectl-memfit"});
    for (const auto& pod : pods.at("items")) names.push_back(pod.at("metadata").at("name"));
    return names;
}

std::string Namespace::live(const std::string& workload) const {
    auto object = get({workload});
    object.erase("status");
    auto& metadata = object.at("metadata");
    // Its controller counts what it does there.
    metadata.at("annotations").erase("deployment.kubernetes.io/revision");
    for (const char* const key : {"resourceVersion", "managedFields", "generation"}) {
        metadata.erase(key);
    }
    return object.dump(1);
}

Json Namespace::readyPod() const {
    const auto pods = get({"pods"}).at("items");
    Json ready = Json::array();
    for (const auto& pod : pods) {
        if (isReady(pod) && !pod.at("metadata").contains("deletionTimestamp")) ready.push_back(pod);
    }
    REQUIRE(ready.size() == 1);
    return ready.at(0);
}

std::string Namespace::context() {
    auto name = e2e::kubectl({"config", "current-context"}).out;
    while (name.ends_with('\n')) name.pop_back();
    return name;
}

Memfit::Memfit(const Namespace& ns, Words arguments, std::optional<std::string> input) : ns_(ns) {
    arguments.insert(arguments.begin(), binary());
    arguments.insert(arguments.begin() + 2, "--namespace=" + ns.name());
    plugin::ChildOptions options;
    options.env["XDG_STATE_HOME"] = ns.stateFolder();
    options.input = std::move(input);
    auto started = plugin::Child::start(loop_, arguments, options);
    REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().message()));
    child_ = *std::move(started);
}

void Memfit::runFor(double seconds) {
    (void)loop_.waitUntil([this] { return !running(); }, seconds);
}

End Memfit::end(double patienceSeconds) {
    const auto ended = [this] { return !running(); };
    REQUIRE_MESSAGE(loop_.waitUntil(ended, patienceSeconds) == plugin::WaitEnd::ready,
                    "it does not end: " << child_->err());
    child_->drain(1);
    End end{child_->exit().value_or(plugin::ExitStatus{}).shellCode(), std::string(child_->out()),
            std::string(child_->err())};
    child_.reset();  // reaped: until then its process id is taken
    return end;
}

bool isReady(const Json& pod) {
    return holds(pod, "Ready");
}

bool containersReady(const Json& pod) {
    return holds(pod, "ContainersReady");
}

End measure(const Namespace& ns, const Words& arguments) {
    return Memfit(ns, arguments).end();
}

Json document(const End& end) {
    CAPTURE(end.err);
    CAPTURE(end.out);
    REQUIRE(end.code == 0);
    REQUIRE(Json::accept(end.out));
    return Json::parse(end.out);
}

std::string load(int requests) {
    return fmt::format("hey -n {} -c 5 {{url}}/v1/users", requests);
}

Words quickSqueeze(const std::string& target, const Words& more) {
    Words words{"squeeze",   target, "--load",       load(), "--yes",  "--quiet",
                "-o",        "json", "--from",       "8Mi",  "--to",   "48Mi",
                "--confirm", "1",    "--resolution", "15%",  "--risk", "0.2"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace memfit::e2e
