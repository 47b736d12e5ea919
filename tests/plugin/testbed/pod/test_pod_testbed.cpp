#include "testbed/pod/pod_testbed.h"

#include <doctest/doctest.h>

#include <string>

#include "cluster/kubectl_cluster.h"
#include "support/stand_in_kubectl.h"

using namespace memfit;
using namespace memfit::plugin;
using memfit::test::StandInKubectl;

namespace {

/// A cluster whose admission wants at least so many MiB of a limit in Mi, and says `refusal` of
/// others. Its LimitRanges are `ranges`, the items of a list; empty: they may not be read.
std::string cluster(const std::string& ranges, int least, const std::string& refusal) {
    const std::string read =
        ranges.empty() ? R"(echo 'Error from server (Forbidden): limitranges is forbidden' >&2
  exit 1)"
                       : "echo '{\"items\": [" + ranges + "]}'";
    return "case \"$*\" in\n*'--raw /api/v1/namespaces/shop/limitranges'*) " + read +
           " ;;\n*'get --raw'*) echo '{\"metadata\": {}, \"items\": []}' ;;\n"
           "*'auth can-i'*) exit 0 ;;\n*create*) body=$(cat)\n"
           "  limit=$(echo \"$body\" | sed -n "
           "'s/.*\"limits\":{\"memory\":\"\\([0-9]*\\)Mi\"}.*/\\1/p')\n"
           "  echo \"$limit\" >> \"$0.limits\"\n"
           "  if [ -n \"$limit\" ] && [ \"$limit\" -lt " +
           std::to_string(least) + " ]; then echo 'Error from server" + refusal +
           "' >&2; exit 1; fi\n  echo \"$body\" ;;\n"
           "*delete*|*get*) exit 0 ;;\n*) exit 1 ;;\nesac";
}

constexpr auto limitRanger =
    " (Forbidden): error when creating \"STDIN\": pods \"memfit-api\" is forbidden: minimum memory "
    "usage per Container is 32Mi, but limit is less";

struct Trials {
    explicit Trials(const std::string& body) : standIn(body) {
        PodOptions options;
        options.workload = readWorkload(R"({"apiVersion":"apps/v1","kind":"Deployment",
            "metadata":{"name":"api","namespace":"shop"},
            "spec":{"selector":{"matchLabels":{"app":"api"}},"template":{
              "metadata":{"labels":{"app":"api"}},
              "spec":{"containers":[{"name":"api","image":"api:1"}]}}}})",
                                        "deployment/api")
                               .value();
        options.container = "api";
        options.ns = "shop";
        options.runId = "r1";
        testbed.emplace(
            loop, api, std::move(options),
            [](const std::vector<std::string>&) { return Result<void>(); },
            [this](const std::string& note) { notes.push_back(note); }, std::nullopt);
    }

    void begin() {
        const auto begun = testbed->begin(plainSettings(std::nullopt));
        INFO((begun ? "" : begun.error().message()));
        REQUIRE(begun.has_value());
    }

    /// The limits of all pods that were asked for so far, in MiB.
    [[nodiscard]] std::vector<std::string> asked() const {
        std::ifstream file(standIn.path() + ".limits");
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }

    EventLoop loop;
    StandInKubectl standIn;
    KubectlCluster api{loop, standIn.connect(loop)};
    std::vector<std::string> notes;
    std::optional<PodTestbed> testbed;
};

}  // namespace

TEST_CASE("a LimitRange tells the limits that are admitted before a pod is asked for") {
    Trials trials(cluster(R"({"metadata":{"name":"sizes"},"spec":{"limits":[{"type":"Container",
        "min":{"memory":"32Mi"},"max":{"memory":"512Mi"},
        "maxLimitRequestRatio":{"memory":"4"}}]}})",
                          32, limitRanger));
    trials.begin();
    const auto admitted = trials.testbed->admitted();
    CHECK(admitted.least == 32 * MiB);
    CHECK(admitted.most == 512 * MiB);
    CHECK(admitted.why(16 * MiB) ==
          "the namespace admits no memory limit below 32Mi (LimitRange sizes)");
    CHECK(admitted.why(GiB) ==
          "the namespace admits no memory limit above 512Mi (LimitRange sizes)");
    CHECK(trials.testbed->ceiling() == 512 * MiB);
    CHECK(trials.testbed->tryAdmission(plainSettings(16 * MiB)).has_value());
    // Only the first pod, with the ceiling: the LimitRange has answered.
    CHECK(trials.asked() == std::vector<std::string>{"512"});
    const auto small = trials.testbed->start(plainSettings(16 * MiB), "");
    REQUIRE(small.has_error());
    CHECK(small.error() ==
          failure("the namespace admits no memory limit below 32Mi (LimitRange sizes)",
                  "ask for no limit beyond it"));
}

TEST_CASE("a pod that is refused for its small limit alone tells what the namespace admits") {
    for (const std::string& refusal :
         {std::string(limitRanger),
          std::string(": error when creating \"STDIN\": admission webhook \"sizes\" denied the "
                      "request: give it more")}) {
        Trials trials(cluster("", 32, refusal));
        trials.begin();
        CHECK_FALSE(trials.testbed->admitted().least);
        REQUIRE(trials.testbed->tryAdmission(plainSettings(64 * MiB)).has_value());
        CHECK(trials.testbed->tryAdmission(plainSettings(8 * MiB)).has_value());
        CHECK(trials.testbed->admitted().least == 32 * MiB);
        CHECK(trials.testbed->admitted().leastBy ==
              (refusal == limitRanger
                   ? "minimum memory usage per Container is 32Mi, but limit is less"
                   : "give it more"));
        CHECK(trials.asked() ==
              std::vector<std::string>{"", "64", "8", "64", "36", "22", "29", "32", "30", "31"});
    }
}

TEST_CASE("a pod that is refused whatever its limit tells nothing of the limits") {
    Trials trials(cluster("", 32, limitRanger));
    trials.begin();
    REQUIRE(trials.testbed->tryAdmission(plainSettings(64 * MiB)).has_value());
    // From here on the user may not create pods.
    std::ofstream(trials.standIn.path()) << "#!/bin/sh\necho 'Error from server (Forbidden): pods "
                                            "is forbidden: User \"jane\" cannot "
                                            "create resource \"pods\"' >&2\nexit 1\n";
    const auto refused = trials.testbed->tryAdmission(plainSettings(16 * MiB));
    REQUIRE(refused.has_error());
    CHECK(refused.error().what ==
          "kubectl create: Error from server (Forbidden): pods is forbidden: User \"jane\" cannot "
          "create resource \"pods\"");
    CHECK_FALSE(trials.testbed->admitted().least);
    std::ofstream(trials.standIn.path()) << "#!/bin/sh\nexit 0\n";
}
