#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "memfit/advice/recommendation.h"
#include "memfit/live/live_facts.h"
#include "support/advice.h"

using namespace memfit;
using memfit::test::benchOf;
using memfit::test::findReason;
using memfit::test::gomemlimit;
using memfit::test::leaving;
using memfit::test::plain;
using memfit::test::reasonText;

namespace {

using Names = std::vector<std::string>;

LivePod podOf(const std::string& name, std::optional<Bytes> limit, std::optional<Bytes> inUse) {
    LivePod pod;
    pod.name = name;
    pod.node = "n1";
    pod.settings.limit = limit;
    pod.settings.request = limit;
    if (inUse) {
        pod.usage = Usage{};
        pod.usage->demand = inUse;
    }
    return pod;
}

LiveFacts factsOf(std::vector<LivePod> pods) {
    LiveFacts facts;
    facts.declared = pods.empty() ? CurrentSettings{} : pods.front().settings;
    facts.pods = std::move(pods);
    return facts;
}

LivePod killed(LivePod pod, std::int64_t restarts = 1, std::string at = {}) {
    pod.oomKilled = true;
    pod.restarts = restarts;
    pod.oomKilledAt = std::move(at);
    return pod;
}

Recommendation judged(const LiveFacts& facts, const Results& results = {}) {
    AdviceOptions options;
    options.live = facts;
    auto recommendation = recommend(results, options);
    REQUIRE(recommendation.has_value());
    return *std::move(recommendation);
}

const std::vector<double> around100 = {99, 100, 101, 100.5, 99.5};
const std::vector<double> around120 = {119, 120, 121, 120.5, 119.5};

}  // namespace

TEST_CASE("a live workload alone gives its own limit, at low confidence") {
    const auto found = judged(factsOf({podOf("a", 40 * MiB, 30 * MiB)}));
    CHECK(toString(found.basis) == "observed");
    CHECK(toString(found.confidence) == "low");
    CHECK(found.advised == leaving(test::advised(40, false)));
    CHECK(found.current == factsOf({podOf("a", 40 * MiB, {})}).declared);
    CHECK(reasonText(found, "live-usage") ==
          "Live instances were seen to use at most 30 MiB, which 40Mi holds");
    CHECK(findReason(found, "limit-far-above-usage") == nullptr);
    CHECK(found.next == "kubectl memfit recommend TARGET --load COMMAND");
}

TEST_CASE("pods without a limit get none that nobody measured") {
    const auto found = judged(factsOf({podOf("a", std::nullopt, 30 * MiB)}));
    CHECK(found.advised == leaving({}));
    CHECK(findReason(found, "limit-optional") != nullptr);
}

TEST_CASE("after an OOM kill more than that limit is advised, and the kills are counted") {
    const auto found =
        judged(factsOf({killed(podOf("a", 20 * MiB, 5 * MiB), 3, "2026-11-23T10:00:00Z"),
                        podOf("b", 20 * MiB, 6 * MiB),
                        killed(podOf("c", 20 * MiB, 5 * MiB), 4, "2026-11-23T11:00:00Z")}));
    CHECK(found.advised == leaving(test::advised(25, false)));
    CHECK(reasonText(found, "oom-killed-live") ==
          "2 of 3 pods looked at were OOM-killed at the limit of 20Mi (7 restarts in all, last at "
          "2026-11-23T11:00:00Z): 25Mi is more than that, but it was not measured how much is "
          "enough");
    CHECK(test::sources(found, "oom-killed-live") == Names{"pod a", "pod c"});
    CHECK(test::sources(found, "live-usage") == Names{"pod b"});
    CHECK(findReason(found, "limit-far-above-usage") == nullptr);
}

TEST_CASE("a limit that was raised since the OOM kill stands") {
    const auto found =
        judged(factsOf({podOf("new", 64 * MiB, 5 * MiB), killed(podOf("old", 20 * MiB, 5 * MiB))}));
    CHECK(found.advised == leaving(test::advised(64, false)));
    CHECK(findReason(found, "oom-killed-live") != nullptr);
    CHECK(reasonText(found, "pods-differ") ==
          "The pods have different settings: new has limit 64Mi, request 64Mi, old has limit 20Mi, "
          "request 20Mi; the newest pod counts as what is set now");
}

TEST_CASE("an OOM kill without a limit is the node's, and no limit follows from it") {
    const auto found = judged(factsOf({killed(podOf("a", std::nullopt, 5 * MiB))}));
    CHECK(found.advised == leaving({}));
    CHECK(reasonText(found, "oom-killed-without-limit") ==
          "1 pod was OOM-killed without a memory limit: the node ran out of memory, and a request "
          "that covers the need is what protects against that");
    CHECK(test::sources(found, "oom-killed-without-limit") == Names{"pod a"});
}

TEST_CASE("a measured limit at which a live pod was OOM-killed is not advised") {
    const auto results =
        benchOf({plain({}, around100), plain(20, around100), plain(40, around100)});
    const auto found = judged(factsOf({killed(podOf("a", 20 * MiB, 5 * MiB))}), results);
    CHECK(found.advised == test::advised(40, false));
    CHECK(toString(found.confidence) == "low");
    CHECK(reasonText(found, "load-not-representative") ==
          "Live instances were OOM-killed at 20Mi, but the measured load needs only 20Mi, so the "
          "load is not like production; the limit is kept above that");
    CHECK(test::sources(found, "load-not-representative") == Names{"pod a"});
    // One byte more than the limit that killed is enough for a cell to qualify, no more is claimed.
    CHECK(judged(factsOf({killed(podOf("a", 19 * MiB, 5 * MiB))}), results).advised ==
          test::advised(20, false));
}

TEST_CASE("a measured limit below live usage is raised, and the load is said to be too light") {
    const auto results = benchOf({plain({}, around100), plain(20, around100)});
    const auto found = judged(factsOf({podOf("a", 100 * MiB, 30 * MiB)}), results);
    CHECK(found.advised == test::advised(30, false));
    CHECK(test::sources(found, "load-not-representative") == Names{"pod a"});
}

TEST_CASE("under an autoscaler that goes by memory no GOGC=off is advised") {
    const auto results =
        benchOf({plain({}, around100), plain(20, around100), gomemlimit(20, around120)});
    auto facts = factsOf({podOf("a", 40 * MiB, 5 * MiB)});
    CHECK(judged(facts, results).advised == test::advised(20, true));
    facts.memoryAutoscalers = {"hpa"};
    const auto found = judged(facts, results);
    CHECK(found.advised == test::advised(20, false));
    CHECK(reasonText(found, "memory-autoscaler") ==
          "HorizontalPodAutoscaler hpa scales on memory: with GOGC=off memory in use would stay at "
          "GOMEMLIMIT whatever the load, so GOGC=off is not advised; a new request changes what "
          "its utilization target means; 1 setting with it was left out");
}

TEST_CASE("where only GOGC=off survived an autoscaler on memory leaves no advice") {
    AdviceOptions options;
    options.live = factsOf({podOf("a", 40 * MiB, 5 * MiB)});
    options.live->memoryAutoscalers = {"hpa"};
    const auto found = recommend(benchOf({gomemlimit(20, around120)}), options);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().kind == ErrorKind::inconclusive);
    CHECK(found.error().what ==
          "only settings with GOGC=off survived, which do not go with the memory-based "
          "HorizontalPodAutoscaler hpa");
}

TEST_CASE("a VerticalPodAutoscaler that sets the memory is said to have the last word") {
    auto facts = factsOf({podOf("a", 40 * MiB, 30 * MiB)});
    CHECK(findReason(judged(facts), "vertical-autoscaler") == nullptr);
    facts.verticalAutoscalers = {"v", "w"};
    CHECK(reasonText(judged(facts), "vertical-autoscaler") ==
          "VerticalPodAutoscaler v, w overrides the memory of the template in the pods: the advice "
          "lasts only where its updateMode is Off, or its policy for this container does "
          "not control memory");
}

TEST_CASE("GOGC=off that is set is kept, but not under an autoscaler on memory") {
    auto pod = podOf("a", 40 * MiB, 5 * MiB);
    pod.settings.gomemlimit = "41943040";
    pod.settings.gogc = "off";
    auto facts = factsOf({pod});
    CHECK(judged(facts).advised == leaving(test::advised(40, true)));
    facts.memoryAutoscalers = {"hpa"};
    auto wanted = test::advised(40, true);
    wanted.gogc.reset();
    const auto found = judged(facts);
    CHECK(found.advised == wanted);
    CHECK(findReason(found, "headroom") == nullptr);
}

TEST_CASE("a GOMEMLIMIT that starves the program is not kept") {
    auto pod = podOf("a", 40 * MiB, 5 * MiB);
    pod.settings.gomemlimit = "36";
    auto wanted = test::advised(40, false);
    wanted.leaveGogc = true;
    CHECK(judged(factsOf({pod})).advised == wanted);
    pod.usage.reset();
    CHECK(judged(factsOf({pod})).advised == wanted);
}

TEST_CASE("without a limit GOMEMLIMIT and GOGC stay as they are") {
    auto pod = podOf("a", std::nullopt, 70 * MiB);
    pod.settings.gomemlimit = "60MiB";
    pod.settings.gogc = "off";
    auto wanted = leaving({});
    wanted.gomemlimit.bytes = 60 * MiB;
    wanted.gogc = "off";
    auto found = judged(factsOf({pod}));
    CHECK(found.advised == wanted);
    CHECK(reasonText(found, "current-fits") == "What is set now fits the advice");

    pod.settings.gogc = "50";
    wanted.gogc = "50";
    CHECK(judged(factsOf({pod})).advised == wanted);

    pod.settings = {};
    pod.settings.gomemlimitUnknown = pod.settings.gogcUnknown = true;
    found = judged(factsOf({pod}));
    CHECK(found.advised == leaving({}));
    CHECK(reasonText(found, "current-fits") == "What is set now fits the advice");
}

TEST_CASE("a GOMEMLIMIT of which Go dies, or that is a few bytes, is not kept without a limit") {
    auto wanted = leaving({});
    wanted.gomemlimit = {};
    for (const auto* gomemlimit : {"60Mi", "17"}) {
        auto pod = podOf("a", std::nullopt, {});
        pod.settings.gomemlimit = gomemlimit;
        CHECK(judged(factsOf({pod})).advised == wanted);
    }
}

TEST_CASE("GOGC=off is not kept without a bound, nor GOGC that Go does not understand") {
    for (const auto* gogc : {"off", "-1", "1e3"}) {
        auto pod = podOf("a", std::nullopt, {});
        pod.settings.gogc = gogc;
        auto wanted = leaving({});
        wanted.leaveGogc = false;
        CHECK(judged(factsOf({pod})).advised == wanted);
    }
    auto pod = podOf("a", 40 * MiB, {});
    pod.settings.gomemlimit = "60MiB";  // above the limit, and thus taken out
    pod.settings.gogc = "off";
    const auto found = judged(factsOf({pod}));
    CHECK(found.advised == test::advised(40, false));
    CHECK(reasonText(found, "current-differs") ==
          "What is set now does not fit: GOMEMLIMIT is 60MiB, none is advised; GOGC is off, 100 is "
          "advised");
    pod.settings.gomemlimit.reset();
    pod.settings.gomemlimitUnknown = true;
    auto kept = leaving(test::advised(40, false));
    kept.gogc = "off";
    CHECK(judged(factsOf({pod})).advised == kept);
}

TEST_CASE("where no limit is wanted, what was set for the limit goes with it") {
    AdviceOptions options;
    options.policy = Policy::noLimit;
    options.current = CurrentSettings{64 * MiB, 64 * MiB, "67108864", "off"};
    CHECK(recommend({}, options)->advised == AdvisedSettings{});
    options.current->gogc = "200";
    AdvisedSettings wanted;
    wanted.gogc = "200";
    wanted.leaveGogc = true;
    CHECK(recommend({}, options)->advised == wanted);
}

TEST_CASE("what admission gave a pod is what is set, and the difference is said") {
    auto facts = factsOf({podOf("a", 64 * MiB, 40 * MiB)});
    facts.declared = {};
    CHECK(reasonText(judged(facts), "pod-differs-from-template") ==
          "a has limit 64Mi, request 64Mi, its template limit none, request none: a LimitRange, an "
          "autoscaler or a resize changed it, or a rollout is under way");
    facts.declared.limit = 64 * MiB;
    CHECK(findReason(judged(facts), "pod-differs-from-template") == nullptr);
}

TEST_CASE("without pods the template is what is set") {
    auto facts = factsOf({});
    facts.declared.limit = 64 * MiB;
    const auto found = judged(facts);
    CHECK(found.advised == leaving(test::advised(64, false)));
    CHECK(findReason(found, "no-live-pods") != nullptr);
    CHECK(findReason(found, "live-usage") == nullptr);
}

TEST_CASE("the node is judged by limits against allocatable, neighbours, and the new requests") {
    auto facts = factsOf({podOf("a", 40 * MiB, 30 * MiB)});
    facts.pods[0].settings.request = 10 * MiB;
    facts.nodes = {NodeFit{"n1", 100 * MiB, 90 * MiB, 300 * MiB, 9, 1, 2, 7, {"x/p", "x/q"}}};
    const auto found = judged(facts);
    CHECK(reasonText(found, "node-overcommitted") ==
          "On node n1, the memory limits of all pods add up to 300 MiB, more than the 100 MiB that "
          "it can give, so a limit is no guarantee there");
    CHECK(reasonText(found, "request-not-limit-neighbours") ==
          "On node n1, 7 pods of other workloads can take more than they request, so the node may "
          "still run out of memory: x/p, x/q and 5 more");
    CHECK(reasonText(found, "node-too-full") ==
          "Node n1 could not hold its 1 pod of the workload with a request of 40Mi: the pods there "
          "request 90 MiB of 100 MiB already");
    facts.nodes[0].requests = 70 * MiB;
    CHECK(findReason(judged(facts), "node-too-full") == nullptr);
}

TEST_CASE("limits of a node are added up as they will be with the advised one") {
    auto facts = factsOf({podOf("a", 64 * MiB, 5 * MiB)});
    facts.nodes = {NodeFit{"n1", 100 * MiB, 90 * MiB, 190 * MiB, 9, 2, 0, 0, {}}};
    const auto found = judged(facts, benchOf({plain({}, around100), gomemlimit(20, around120)}));
    const auto* const reason = findReason(found, "node-overcommitted");
    REQUIRE(reason != nullptr);
    CHECK(
        reason->text ==
        "On node n1, the memory limits of all pods add up to 102 MiB with a limit of 20Mi (now 190 "
        "MiB), more than the 100 MiB that it can give, so a limit is no guarantee there");
    CHECK(reason->evidence == std::vector<Evidence>{{"node", "n1"},
                                                    {"limitsBytes", 190 * MiB},
                                                    {"limitsAfterBytes", 102 * MiB},
                                                    {"allocatableBytes", 100 * MiB},
                                                    {"nodes", Names{"n1"}}});
    facts.nodes[0].limits = 188 * MiB;
    CHECK(findReason(judged(facts, benchOf({plain({}, around100), gomemlimit(20, around120)})),
                     "node-overcommitted") == nullptr);
}

TEST_CASE("what holds of several nodes is told of the worst, and the others are named") {
    auto facts = factsOf({podOf("a", 40 * MiB, 30 * MiB)});
    facts.pods[0].settings.request = 10 * MiB;
    facts.nodes = {
        NodeFit{"n1", 100 * MiB, 90 * MiB, 101 * MiB, 9, 1, 0, 2, {"x/p", "x/q"}},
        NodeFit{"fine", 400 * MiB, 90 * MiB, 90 * MiB, 9, 1, 0, 0, {}},
        NodeFit{"n2", 100 * MiB, 99 * MiB, 300 * MiB, 9, 2, 0, 1, {"x/r"}},
        NodeFit{"n3", 100 * MiB, 80 * MiB, 200 * MiB, 9, 1, 0, 7, {"x/s"}},
    };
    const auto found = judged(facts);
    const auto nodes = [&](const char* code) {
        return std::get<Names>(findReason(found, code)->evidence.back().second);
    };
    CHECK(reasonText(found, "node-overcommitted") ==
          "On node n2, the memory limits of all pods add up to 300 MiB, more than the 100 MiB that "
          "it can give, so a limit is no guarantee there; the same holds for 2 more nodes: n3, n1");
    CHECK(nodes("node-overcommitted") == Names{"n2", "n3", "n1"});
    CHECK(reasonText(found, "request-not-limit-neighbours") ==
          "On node n3, 7 pods of other workloads can take more than they request, so the node may "
          "still run out of memory: x/s and 6 more; the same holds for 2 more nodes: n1, n2");
    CHECK(nodes("request-not-limit-neighbours") == Names{"n3", "n1", "n2"});
    CHECK(reasonText(found, "node-too-full") ==
          "Node n2 could not hold its 2 pods of the workload with a request of 40Mi: the pods "
          "there request 99 MiB of 100 MiB already; the same holds for 2 more nodes: n1, n3");
    CHECK(nodes("node-too-full") == Names{"n2", "n1", "n3"});

    facts.nodes.assign(9, facts.nodes[0]);
    for (std::size_t i = 0; i < 9; ++i) facts.nodes[i].node = "m" + std::to_string(i);
    CHECK(reasonText(judged(facts), "node-overcommitted") ==
          "On node m0, the memory limits of all pods add up to 101 MiB, more than the 100 MiB that "
          "it can give, so a limit is no guarantee there; the same holds for 8 more nodes: m1, m2, "
          "m3, m4, "
          "m5 and 3 more");
}

TEST_CASE("GOMEMLIMIT that is not known is no mismatch, unless one is advised") {
    auto pod = podOf("a", 20 * MiB, 5 * MiB);
    pod.settings.gomemlimitUnknown = true;
    CHECK(reasonText(judged(factsOf({pod})), "current-fits") == "What is set now fits the advice");
    const auto results = benchOf({plain({}, around100), gomemlimit(20, around120)});
    CHECK(
        reasonText(judged(factsOf({pod}), results), "current-differs") ==
        "What is set now does not fit: GOMEMLIMIT is not known, the limit, 20Mi, is advised; GOGC "
        "is not set, off is advised");
}

TEST_CASE("what could not be read is among the warnings, once") {
    auto facts = factsOf({podOf("a", 40 * MiB, {})});
    facts.warnings = {{"not-readable", "node n1 may not be read"}};
    Results results;
    results.probes.push_back(probeOf(facts, {}));
    results.texts = {"{}"};
    CHECK(judged(facts, results).header.warnings == facts.warnings);
}

TEST_CASE("what a pod holds is what the kubelet says, else what the program's page says") {
    LivePod pod;
    CHECK_FALSE(pod.inUse());
    pod.memory = MemorySnapshot{};
    pod.memory->sys = 100;
    CHECK_FALSE(pod.inUse());
    pod.memory->heapInuse = 20;
    pod.memory->stackSys = 5;
    CHECK(pod.inUse() == 25);
    pod.memory->stackSys = std::numeric_limits<Bytes>::max();
    CHECK(pod.inUse() == std::numeric_limits<Bytes>::max());
    pod.usage = Usage{};
    pod.usage->current = 90;
    pod.memory->resident = 30;
    CHECK(pod.inUse() == 30);
    pod.usage->anon = 10;
    CHECK(pod.inUse() == 10);
    pod.usage->demand = 15;
    CHECK(pod.inUse() == 15);
}

TEST_CASE("the limit in force is the one that the kubelet has set, not the one that is wanted") {
    PodStatus status;
    status.container = ContainerStatus{};
    status.resizePending = "Deferred";
    std::vector<Warning> warnings;
    LivePod pod;
    pod.name = "api";
    pod.settings.limit = GiB;
    pod.settings.request = GiB;
    readHistory(status, pod, warnings);
    CHECK(pod.settings.limit == GiB);
    CHECK(warnings.empty());
    status.container->memoryLimit = 512 * MiB;
    status.container->memoryRequest = 256 * MiB;
    readHistory(status, pod, warnings);
    CHECK(pod.settings.limit == 512 * MiB);
    CHECK(pod.settings.request == 256 * MiB);
    CHECK(warnings ==
          std::vector<Warning>{{"resize-pending",
                                "pod api has a limit of 512Mi; 1Gi was requested, but its node has "
                                "not carried out the resize (\"Deferred\")"}});
}

TEST_CASE("a probe of live pods shows the one that holds most, and all of them") {
    auto facts = factsOf({podOf("a", 40 * MiB, 5 * MiB), podOf("b", 30 * MiB, 9 * MiB)});
    facts.pods[0].memory = MemorySnapshot{};
    facts.pods[0].memory->sys = 1;
    facts.pods[1].memory = MemorySnapshot{};
    facts.pods[1].memory->sys = 2;
    const auto probe = probeOf(facts, {});
    CHECK(probe.settings == facts.pods[1].settings);
    CHECK(probe.idle == facts.pods[1].memory);
    CHECK(probe.usage == facts.pods[1].usage);
    CHECK(probe.samples.size() == 2);
    CHECK(probe.pods == facts.pods);
}

TEST_CASE("the advice after an OOM kill is above the limit, also where sizes end") {
    CHECK(raisedAfterOomKill(20 * MiB) == 25 * MiB);
    CHECK(raisedAfterOomKill(MiB) == 2 * MiB);
    CHECK(raisedAfterOomKill(1) == MiB);
    CHECK(raisedAfterOomKill(std::numeric_limits<Bytes>::max()) ==
          std::numeric_limits<Bytes>::max());
}

TEST_CASE("the document carries pods and nodes, and leaves out what is not known") {
    auto facts = factsOf({killed(podOf("a", 40 * MiB, 5), 2, "2026-11-23T10:00:00Z")});
    facts.nodes = {NodeFit{"n1", 100, 90, 80, 9, 1, 2, 7, {"x/p"}}};
    setFindings({{"limit-without-request",
                  Severity::note,
                  {},
                  "Deployment a",
                  "c",
                  "there is no request",
                  "write it"}},
                facts);
    const auto text = toJson(judged(facts));
    const auto from = text.find(" \"live\":");
    CHECK(text.substr(from, text.find(" \"reasons\":") - from) == R"( "live": {
  "pods": [
   {
    "name": "a",
    "node": "n1",
    "settings": {
     "limitBytes": 41943040,
     "requestBytes": 41943040
    },
    "usage": {
     "demandBytes": 5
    },
    "restarts": 2,
    "oomKilled": true,
    "oomKilledAt": "2026-11-23T10:00:00Z"
   }
  ],
  "morePods": 0,
  "memoryAutoscalers": [],
  "verticalAutoscalers": [],
  "nodes": [
   {
    "node": "n1",
    "allocatableBytes": 100,
    "requestsBytes": 90,
    "limitsBytes": 80,
    "pods": 9,
    "ownPods": 1,
    "podsWithoutLimit": 2,
    "unguaranteedPods": 7,
    "neighbours": [
     "x/p"
    ]
   }
  ],
  "findings": [
   {
    "code": "limit-without-request",
    "severity": "note",
    "text": "there is no request",
    "fix": "write it"
   }
  ]
 },
)");
}

TEST_CASE("a warning that says no more than a finding of lint gives way to it") {
    auto facts = factsOf({});
    facts.warnings = {{"gomemlimit-divisor", "17 bytes"}, {"not-readable", "nodes"}};
    setFindings({{"gomemlimit-divisor", Severity::error, {}, "Deployment a", "c", "17", "fix"}},
                facts);
    CHECK(facts.warnings == std::vector<Warning>{{"not-readable", "nodes"}});
}

TEST_CASE("GOMEMLIMIT at the limit is found fault with where other memory is seen beside Go's") {
    const auto found = [](Bytes anon, const char* gomemlimit) {
        LiveFacts facts;
        LivePod pod;
        pod.name = "api-1";
        pod.settings.limit = 100 * MiB;
        pod.settings.gomemlimit = gomemlimit;
        pod.memory.emplace();
        pod.memory->sys = 50 * MiB;
        pod.memory->heapReleased = 10 * MiB;
        pod.usage.emplace();
        pod.usage->anon = anon;
        facts.pods.push_back(pod);
        const auto finding = noRoomForOthers(facts, "Deployment shop/api", "api");
        return finding ? finding->code + ": " + finding->text + ": " + finding->fix : "";
    };
    CHECK(found(45 * MiB, "104857600").empty());
    CHECK(found(60 * MiB, "80MiB").empty());
    CHECK(found(60 * MiB, "104857600") ==
          "gomemlimit-no-room: GOMEMLIMIT is the whole memory limit, 100Mi, but pod api-1 holds 20 "
          "MiB that Go does not count: the kernel kills the program before Go collects: set "
          "GOMEMLIMIT to "
          "80MiB or less");
}
