#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

End complete(const Words& words) {
    Words all{binary(), "__complete"};
    all.insert(all.end(), words.begin(), words.end());
    return runProgram(all);
}

}  // namespace

TEST_CASE("completion asks the cluster for workloads, their containers and namespaces") {
    const Namespace ns;
    ns.apply(deployment("api", Json::object()));
    ns.apply(deployment("worker", Json::object()));
    const auto names = complete({"recommend", "-n", ns.name(), "deploy/"});
    CHECK(names.code == 0);
    CHECK(names.err.empty());
    CHECK(names.out == "deploy/api\ndeploy/worker\n:4\n");
    const auto narrowed = complete({"squeeze", "--namespace=" + ns.name(), "deploy/w"});
    CHECK(narrowed.out == "deploy/worker\n:4\n");
    CHECK(complete({"recommend", "-n", ns.name(), "sts/"}).out == ":4\n");
    CHECK(complete({"squeeze", "-n", ns.name(), "deploy", ""}).out == "api\nworker\n:4\n");
    CHECK(complete({"squeeze", "-n", ns.name(), "deploy/api", "-c", ""}).out == "api\n:4\n");
    CHECK(complete({"recommend", "--namespace", ns.name()}).out == ns.name() + "\n:4\n");
}

TEST_CASE("a cluster that cannot be reached completes nothing, and says nothing") {
    const auto end = complete({"recommend", "--server=https://127.0.0.1:9", "deploy/"});
    CHECK(end.code == 0);
    CHECK(end.out == ":4\n");
    CHECK(end.err.empty());
}
