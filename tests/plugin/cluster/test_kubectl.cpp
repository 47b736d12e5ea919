#include "cluster/kubectl.h"

#include <doctest/doctest.h>

#include <utility>

#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::EnvironmentVariable;
using memfit::test::StandInKubectl;

using Words = std::vector<std::string>;

namespace {

constexpr std::string_view refused =
    "E1123 10:11:12.123456   12345 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current "
    "server API group list: Get \\\"http://localhost:8080/api?timeout=32s\\\": dial tcp "
    "127.0.0.1:8080: connect: connection refused\"\n"
    "The connection to the server localhost:8080 was refused - did you specify the right host or "
    "port?\n";

/// What context() makes of a `kubectl config view` that does this.
ClusterContext contextOf(const std::string& body, KubectlConnection connection = {}) {
    EventLoop loop;
    const StandInKubectl standIn(body);
    const auto context = standIn.connect(loop, std::move(connection)).context();
    REQUIRE_MESSAGE(context.has_value(), (context ? "" : context.error().message()));
    return *context;
}

Error contextError(const std::string& body) {
    EventLoop loop;
    const StandInKubectl standIn(body);
    const auto context = standIn.connect(loop).context();
    REQUIRE_FALSE(context.has_value());
    return context.error();
}

}  // namespace

TEST_CASE("a failure is told by the words of kubectl and of the API server") {
    const std::vector<std::pair<std::string_view, CallFailure>> said{
        {"Error from server (NotFound): deployments.apps \"x\" not found", CallFailure::notFound},
        {"Error from server (Forbidden): pods is forbidden: User \"a\" cannot list resource "
         "\"pods\" in API group \"\" in the namespace \"shop\"",
         CallFailure::forbidden},
        {"error: failed to create: pods \"x\" is forbidden: exceeded quota: q",
         CallFailure::forbidden},
        {"Error from server (Conflict): Operation cannot be fulfilled on deployments.apps \"x\": "
         "the object has been modified",
         CallFailure::conflict},
        {"Error from server (AlreadyExists): pods \"x\" already exists", CallFailure::conflict},
        {refused, CallFailure::unreachable},
        {"Unable to connect to the server: dial tcp: lookup nowhere: no such host",
         CallFailure::unreachable},
        {"Unable to connect to the server: net/http: TLS handshake timeout",
         CallFailure::unreachable},
        {"Error from server (ServiceUnavailable): the server is currently unable to handle the "
         "request",
         CallFailure::unreachable},
        {"Error from server (TooManyRequests): the server has received too many requests",
         CallFailure::unreachable},
        {"Error from server: etcdserver: request timed out", CallFailure::unreachable},
        {"Error from server (BadRequest): the server rejected our request", CallFailure::other},
        {"error: You must be logged in to the server (Unauthorized)", CallFailure::other},
        {"", CallFailure::other},
    };
    for (const auto& [text, failure] : said) {
        CAPTURE(text);
        CHECK((classifyFailure(text) == failure));
    }
}

TEST_CASE("an error is kubectl's own words without what its client library says of itself") {
    CHECK(callError("reading deployment api", refused).message() ==
          "reading deployment api: The connection to the server localhost:8080 was refused - did "
          "you specify the right host or port?; check that the cluster answers: kubectl version");
    CHECK(callError("kubectl apply",
                    "Warning: spec.template.spec.containers[0].env[2]: hides previous definition\n"
                    "W1123 10:11:12.123456       1 warnings.go:70] unknown field\n"
                    "I1123 10:11:12.123456       1 request.go:655] Throttling request\n"
                    "\n  The Pod \"x\" is invalid:  \r\n* spec.containers: Required value\n")
              .message() ==
          "kubectl apply: The Pod \"x\" is invalid:; * spec.containers: Required value");
}

TEST_CASE("a word that only begins like a line of the client library is no diagnostic") {
    for (const std::string text : {"Error from server: no", "I123", "E12345 rows", "W1234"}) {
        CHECK(callError("it", text).what == "it: " + text);
    }
}

TEST_CASE("where the client library alone says what went wrong, its last line is the error") {
    const auto error = callError("GET /api",
                                 "E1123 10:11:12.123456 1 round_trippers.go:1] first\n"
                                 "E1123 10:11:12.223456 1 proxy.go:2] dial tcp 10.0.0.1:6443: "
                                 "connect: connection refused\n");
    CHECK(error.message() ==
          "GET /api: E1123 10:11:12.223456 1 proxy.go:2] dial tcp 10.0.0.1:6443: connect: "
          "connection refused; check that the cluster answers: kubectl version");
    CHECK((error.failure == CallFailure::unreachable));
    CHECK(callError("GET /api", " \n\n").message() == "GET /api failed and said nothing");
}

TEST_CASE("what a diagnostic says does not decide what kind of failure it was") {
    const auto error = callError("kubectl get",
                                 "E1123 10:11:12.123456 1 memcache.go:1] connection refused\n"
                                 "error: the server doesn't have a resource type \"foos\"\n");
    CHECK(error.next.empty());
    CHECK((error.failure != CallFailure::unreachable));
}

TEST_CASE("the next step fits the failure") {
    const auto next = [](std::string_view text) { return callError("it", text).next; };
    CHECK(next("Error from server (NotFound): no") == "check the name, --namespace and --context");
    CHECK(next("error: You must be logged in to the server (Unauthorized)") ==
          "log in to the cluster again: kubectl get namespaces tells whether it worked");
    CHECK(next("Error from server (Forbidden): pods is forbidden: User \"a\" cannot list") ==
          "ask for that permission; docs/rbac.md has the role each command needs");
    CHECK(next("Error from server (Forbidden): pods \"x\" is forbidden: exceeded quota: q, "
               "requested: limits.memory=1Gi") ==
          "free some of the quota, or lower --ceiling and --to");
    CHECK(next("Error from server (Forbidden): pods \"x\" is forbidden: violates PodSecurity") ==
          "the cluster's admission refuses it; see the message");
    CHECK(next("Error from server (Conflict): modified") == "run it again");
    CHECK(next("error: no idea").empty());
}

TEST_CASE("an error keeps no secrets and does not grow without bound") {
    CHECK(callError("it", "error: bad flag --token=abc.def").what ==
          "it: error: bad flag --token=<redacted>");
    const auto what = callError("it", std::string(5000, 'x')).what;
    CHECK(what == "it: " + std::string(1000, 'x') + "...");
}

TEST_CASE("the class of a failure survives in its error, and errors of other kinds have none") {
    const auto error = callError("it", "Error from server (NotFound): no");
    CHECK((error.failure == CallFailure::notFound));
    CHECK((error.failure != CallFailure::forbidden));
    CHECK((CallError(usageError("it: (NotFound)")).failure == CallFailure::other));
}

TEST_CASE("kubectl gets the flags of the connection before the words of the call") {
    EventLoop loop;
    const StandInKubectl standIn("cat");
    std::vector<std::string> told;
    const auto kubectl =
        Kubectl::find(loop, {{"--context=prod", "--token=abc", "--as=some one"}, "shop"},
                      [&told](const std::string& line) { told.push_back(line); });
    REQUIRE(kubectl.has_value());
    const Words words{"--context=prod", "--token=abc", "--as=some one", "apply", "-f", "-"};
    Words all{standIn.path()};
    all.insert(all.end(), words.begin(), words.end());
    CHECK(kubectl->words({"apply", "-f", "-"}) == all);

    const auto out = kubectl->text({"apply", "-f", "-"}, "kind: Pod\n");
    REQUIRE(out.has_value());
    CHECK(*out == "kind: Pod\n");
    CHECK(standIn.words() == words);
    CHECK(told == Words{standIn.path() +
                        " --context=prod '--token=<redacted>' '--as=some one' apply -f -"});
}

TEST_CASE("without KUBECTL_PATH, or with an empty one, kubectl comes from PATH") {
    EventLoop loop;
    const StandInKubectl standIn("true");
    const std::string folder = std::filesystem::path(standIn.path()).parent_path().string();
    const EnvironmentVariable path("PATH", "/nowhere:" + folder);
    for (const auto& value : {std::optional<std::string>(), std::optional<std::string>("")}) {
        const EnvironmentVariable named("KUBECTL_PATH", value);
        CHECK(standIn.connect(loop).words({"get"}) == Words{standIn.path(), "get"});
    }
}

TEST_CASE("a kubectl that is not there or may not be executed is said, with what to do") {
    EventLoop loop;
    const auto messageWith = [&loop](const std::optional<std::string>& value) {
        const EnvironmentVariable named("KUBECTL_PATH", value);
        const EnvironmentVariable path("PATH", "/nowhere");
        const auto found = Kubectl::find(loop, {}, {});
        REQUIRE_FALSE(found.has_value());
        return found.error().message();
    };
    const std::string next = "; install kubectl, or name it with KUBECTL_PATH";
    CHECK(messageWith("/nowhere/kubectl") ==
          "kubectl: program /nowhere/kubectl does not exist" + next);
    CHECK(messageWith(std::nullopt) == "kubectl: program kubectl was not found on PATH" + next);
    const test::TemporaryFolder folder;
    const auto plain = folder.file("kubectl", "#!/bin/sh\n").string();
    CHECK(messageWith(plain) == "kubectl: program " + plain + " is not executable" + next);
}

TEST_CASE("a call that fails is an error with kubectl's words; run() leaves that to the caller") {
    EventLoop loop;
    const StandInKubectl standIn("echo half; echo 'Error from server (NotFound): no' >&2; exit 1");
    const auto kubectl = standIn.connect(loop);
    const auto text = kubectl.text({"get", "pod"});
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().message() ==
          "kubectl get: Error from server (NotFound): no; check the name, --namespace and "
          "--context");
    const auto finished = kubectl.run({"get", "pod"});
    REQUIRE(finished.has_value());
    CHECK(finished->status.code == 1);
    CHECK(finished->out == "half\n");
    CHECK(finished->err == "Error from server (NotFound): no\n");
}

TEST_CASE("a signal ends a call, but not one of the clean-up") {
    EventLoop loop;
    const StandInKubectl standIn("cat");
    const auto kubectl = standIn.connect(loop);
    std::raise(SIGTERM);
    const auto text = kubectl.text({"delete", "pod"}, "x");
    REQUIRE_FALSE(text.has_value());
    CHECK((text.error().kind == ErrorKind::interrupted));
    const auto finished = kubectl.runThroughSignals({"delete", "pod"}, "x", 20);
    REQUIRE(finished.has_value());
    CHECK(finished->out == "x");
}

TEST_CASE("a call that takes too long is ended and said to") {
    EventLoop loop;
    const StandInKubectl standIn("exec sleep 60");
    const auto kubectl = standIn.connect(loop);
    const auto text = kubectl.text({"get", "pod"}, std::nullopt, 0.05);
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().message() == standIn.path() + " was still running after 0.05 s");
    const auto finished = kubectl.runThroughSignals({"delete", "pod"}, std::nullopt, 0.05);
    REQUIRE_FALSE(finished.has_value());
    CHECK(finished.error().message() == "kubectl delete was still running after 0.05 s");
    CHECK(test::descendants("sleep").empty());
}

TEST_CASE("context and namespace are those of the kubeconfig, as the flags select them") {
    const std::string view = R"(cat <<'EOF'
{"kind": "Config", "current-context": "prod", "contexts": [
  {"name": "prod", "context": {"cluster": "c", "namespace": "shop", "user": "u"}}]}
EOF)";
    const auto context = contextOf(view);
    CHECK(context.name == "prod");
    CHECK(context.ns == "shop");
    CHECK(contextOf(view, {{}, "other"}).ns == "other");
}

TEST_CASE("the kubeconfig is asked with the flags of the connection") {
    EventLoop loop;
    const StandInKubectl standIn("echo '{}'");
    REQUIRE(standIn.connect(loop, {{"--context=prod"}, std::nullopt}).context().has_value());
    CHECK(standIn.words() ==
          Words{"--context=prod", "config", "view", "--minify", "--output=json"});
}

TEST_CASE("a context without a namespace, and no kubeconfig at all, mean the default one") {
    for (const std::string view :
         {R"(echo '{"current-context": "c", "contexts": [{"name": "c", "context": {}}]}')",
          R"(echo '{"current-context": "c", "contexts": null}')",
          R"(echo '{"current-context": "c", "contexts": [7]}')"}) {
        CAPTURE(view);
        CHECK(contextOf(view).name == "c");
        CHECK(contextOf(view).ns == "default");
    }
    const std::string none =
        "echo 'error: current-context must exist in order to minify' >&2; exit 1";
    CHECK_FALSE(contextOf(none).name);
    CHECK(contextOf(none).ns == "default");
    CHECK(contextOf(none, {{}, "shop"}).ns == "shop");
    CHECK_FALSE(contextOf(R"(echo '{"current-context": ""}')").name);
}

TEST_CASE("a kubeconfig that cannot be read is an error") {
    CHECK(contextError("echo 'error: context \"x\" does not exist' >&2; exit 1").message() ==
          "kubectl config: error: context \"x\" does not exist");
    CHECK(contextError("echo kind: Config").message() == "kubectl config view printed no JSON");
}
