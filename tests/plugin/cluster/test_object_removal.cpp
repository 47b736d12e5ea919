#include "cluster/object_removal.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cluster/kubectl_cluster.h"
#include "process/event_loop.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;

namespace {

const ReadObject set{"/apis/apps/v1/namespaces/shop/replicasets/api-5f7", "u5", "77"};

Result<bool> removed(const test::StandInKubectl& standIn, const ReadObject& object = set) {
    EventLoop loop;
    KubectlCluster cluster(loop, standIn.connect(loop));
    const auto done = removeAsRead(cluster, object, {});
    if (!done) return done.error();
    return *done;
}

Result<bool> answered(const std::string& error) {
    return removed(test::StandInKubectl("echo '" + error + "' >&2; exit 1"));
}

}  // namespace

TEST_CASE("an object is deleted only as it was read: by its uid and its version") {
    const test::StandInKubectl standIn("cat >> $0.words");
    CHECK(removed(standIn).value());
    const std::string conditions = R"({"resourceVersion":"77","uid":"u5"})";
    CHECK(standIn.words() ==
          std::vector<std::string>{"delete", "--raw", set.path, "--filename=-",
                                   R"({"apiVersion":"v1","kind":"DeleteOptions","preconditions":)" +
                                       conditions + R"(,"propagationPolicy":"Background"})"});
}

TEST_CASE("an object that changed since is left, and one that is gone is gone") {
    CHECK_FALSE(
        answered("Error from server (Conflict): Precondition failed: UID in precondition: u5, "
                 "UID in object meta: u6")
            .value());
    CHECK(answered("Error from server (NotFound): replicasets.apps \"api-5f7\" not found").value());
}

TEST_CASE("an object of which too little is known is not deleted") {
    const test::StandInKubectl standIn("exit 0");
    CHECK_FALSE(removed(standIn, {set.path, "", "77"}).value());
    CHECK_FALSE(removed(standIn, {set.path, "u5", ""}).value());
    CHECK(standIn.words().empty());
}

TEST_CASE("a delete that fails otherwise is told in kubectl's words") {
    CHECK(answered("error: no today").error() ==
          failure("removing /apis/apps/v1/namespaces/shop/replicasets/api-5f7: error: no today"));
}
