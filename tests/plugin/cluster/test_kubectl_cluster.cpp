#include "cluster/kubectl_cluster.h"

#include <doctest/doctest.h>

#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::StandInKubectl;

namespace {

/// No proxy starts; what the reads print and how they end is up to `body`.
std::string withoutProxy(const std::string& body) {
    return "if [ \"$1\" = proxy ]; then echo 'error: no proxy today' >&2; exit 1; fi\n" + body;
}

CallError errorOfRead(const std::string& body) {
    EventLoop loop;
    const StandInKubectl standIn(withoutProxy(body));
    KubectlCluster api(loop, standIn.connect(loop));
    const auto read = api.read("/apis/apps/v1/namespaces/shop/deployments/api", "reading api");
    REQUIRE_FALSE(read.has_value());
    return read.error();
}

}  // namespace

TEST_CASE("a Status is told as kubectl tells it") {
    CHECK(statusMessage({404, R"({"kind": "Status", "apiVersion": "v1", "status": "Failure",
              "message": "deployments.apps \"x\" not found", "reason": "NotFound", "code": 404})"}) ==
          "Error from server (NotFound): deployments.apps \"x\" not found");
    CHECK(statusMessage({400, R"({"kind": "Status", "message": "no reason given"})"}) ==
          "Error from server: no reason given");
    CHECK(statusMessage({500, R"({"kind": "Status", "message": 7, "reason": null})"}) ==
          "Error from server: ");
}

TEST_CASE("a plain answer gets the reason that its status stands for") {
    CHECK(statusMessage({404, "404 page not found\n"}) ==
          "Error from server (NotFound): 404 page not found\n");
    CHECK(statusMessage({403, "no"}) == "Error from server (Forbidden): no");
    CHECK(statusMessage({409, "no"}) == "Error from server (Conflict): no");
    CHECK(statusMessage({429, "no"}) == "Error from server (TooManyRequests): no");
    CHECK(statusMessage({500, "no"}) == "Error from server (InternalError): no");
    CHECK(statusMessage({502, ""}) == "Error from server (ServiceUnavailable): ");
    CHECK(statusMessage({503, "error trying to reach service: dial tcp 10.42.0.7:3000"}) ==
          "Error from server (ServiceUnavailable): error trying to reach service: dial tcp "
          "10.42.0.7:3000");
    CHECK(statusMessage({418, "short and stout"}) == "status 418: short and stout");
    CHECK(statusMessage({404, R"({"kind": "Other", "message": "x"})"}) ==
          R"(Error from server (NotFound): {"kind": "Other", "message": "x"})");
    CHECK(statusMessage({418, std::string(1000, 'x')}) == "status 418: " + std::string(300, 'x'));
}

TEST_CASE("what kubectl printed of an answer is not told twice") {
    CHECK(statusMessage({404, "Error from server (NotFound): pods \"x\" not found"}) ==
          "Error from server (NotFound): pods \"x\" not found");
    CHECK(statusMessage({500, "error: You must be logged in to the server (Unauthorized)"}) ==
          "error: You must be logged in to the server (Unauthorized)");
}

TEST_CASE("where no proxy starts, a read is a kubectl get --raw, and it is said why") {
    EventLoop loop;
    const StandInKubectl standIn(withoutProxy("echo '{\"kind\": \"Deployment\"}'"));
    KubectlCluster api(loop, standIn.connect(loop, {{"--context=prod"}, std::nullopt}));
    // The stand-in sees the flag of the connection first, so that its proxy ends like any call.
    CHECK(api.whyNoProxy() == "kubectl proxy did not start: ");
    CHECK(api.connection() == nullptr);
    const auto read = api.read("/apis/apps/v1", "reading");
    REQUIRE(read.has_value());
    CHECK(*read == "{\"kind\": \"Deployment\"}\n");
    const auto words = standIn.words();
    REQUIRE(words.size() == 7);
    CHECK(words[1] == "proxy");
    CHECK(words[2].starts_with("--unix-socket=/"));
    CHECK(words[2].ends_with("/api"));
    CHECK(std::vector(words.begin() + 3, words.end()) ==
          std::vector<std::string>{"--context=prod", "get", "--raw", "/apis/apps/v1"});
}

TEST_CASE("the reason why there is no proxy is kubectl's own") {
    EventLoop loop;
    const StandInKubectl standIn(withoutProxy("exit 0"));
    KubectlCluster api(loop, standIn.connect(loop));
    CHECK(api.whyNoProxy() == "kubectl proxy did not start: error: no proxy today");
}

TEST_CASE("an error of a read without a proxy is told once, in kubectl's words") {
    const auto missing = errorOfRead(
        "echo 'E1123 10:11:12.123456 1 memcache.go:1] noise' >&2\n"
        "echo 'Error from server (NotFound): deployments.apps \"api\" not found' >&2; exit 1");
    CHECK(missing.message() ==
          "reading api: Error from server (NotFound): deployments.apps \"api\" not found; check "
          "the name, --namespace and --context");
    CHECK((missing.failure == CallFailure::notFound));

    const auto login =
        errorOfRead("echo 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1");
    CHECK(login.message() ==
          "reading api: error: You must be logged in to the server (Unauthorized); log in to the "
          "cluster again: kubectl get namespaces tells whether it worked");
    CHECK((login.failure != CallFailure::unreachable));

    const auto away = errorOfRead(
        "echo 'Unable to connect to the server: net/http: TLS handshake timeout' >&2; exit 1");
    CHECK((away.failure == CallFailure::unreachable));
}

TEST_CASE("what is not there or may not be read is no error where the caller can do without") {
    EventLoop loop;
    const auto readWith = [&loop](const std::string& error) {
        const StandInKubectl standIn(withoutProxy("echo '" + error + "' >&2; exit 1"));
        KubectlCluster api(loop, standIn.connect(loop));
        return api.readIfAllowed("/api/v1/nodes/a", "reading the node");
    };
    const auto missing = readWith("Error from server (NotFound): nodes \"a\" not found");
    REQUIRE(missing.has_value());
    CHECK_FALSE(missing->has_value());
    const auto refused = readWith(
        "Error from server (Forbidden): nodes \"a\" is forbidden: User \"u\" cannot get resource");
    REQUIRE(refused.has_value());
    CHECK_FALSE(refused->has_value());
    CHECK_FALSE(readWith("Error from server (BadRequest): no").has_value());
}

TEST_CASE("a read that the proxy does not answer is worth another try") {
    EventLoop loop;
    const StandInKubectl standIn("echo 'Starting to serve on nothing'; exec sleep 60");
    KubectlCluster api(loop, standIn.connect(loop));
    REQUIRE(api.whyNoProxy().empty());
    const auto read = api.read("/api/v1/nodes/a", "reading the node");
    REQUIRE(read.has_error());
    CHECK((read.error().failure == CallFailure::unreachable));
    CHECK_FALSE(read.error().status.has_value());
}
