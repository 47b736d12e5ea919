#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "support/memfit_binary.h"
#include "support/stand_in_kubectl.h"

using namespace memfit::test;

namespace {

/// A cluster without a workload.
constexpr auto emptyCluster =
    "case \"$*\" in\n"
    "*'config view'*) echo '{}' ;;\n"
    "*'get --raw'*) echo '{\"metadata\": {}, \"items\": []}' ;;\n"
    "*) exit 1 ;;\n"
    "esac";

nlohmann::json warningsOf(const std::vector<std::string>& words) {
    const StandInKubectl standIn(emptyCluster);
    const auto end = memfitRun(words);
    REQUIRE_MESSAGE(end.code == 0, end.err);
    return nlohmann::json::parse(end.out).at("warnings");
}

}  // namespace

TEST_CASE("a scan of one namespace says that it judges no nodes, and how to have them judged") {
    CHECK(warningsOf({"recommend", "deploy", "-n", "shop", "-o", "json"}) ==
          nlohmann::json::parse(R"([{"code": "nodes-not-judged",
              "text": "what is promised on the nodes is judged with -A only: that takes the pods of all namespaces"}])"));
    CHECK(warningsOf({"recommend", "deploy", "-A", "-o", "json"}).empty());
}
