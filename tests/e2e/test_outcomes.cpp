#include <algorithm>
#include <cstdlib>

#include "e2e/cluster.h"

using namespace memfit::e2e;

namespace {

struct Row {
    Json deployment;
    std::string error;  ///< what the only line on standard error begins with
    Words flags = {};
};

/// A new run is started while the others wait for what never comes.
void check(const std::vector<Row>& rows) {
    const Namespace ns;
    std::vector<std::unique_ptr<Memfit>> runs;
    for (const auto& row : rows) {
        ns.apply(row.deployment);
        const auto name = row.deployment.at("metadata").at("name").get<std::string>();
        runs.push_back(std::make_unique<Memfit>(ns, quickSqueeze("deploy/" + name, row.flags)));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto end = runs[i]->end();
        CAPTURE(rows[i].deployment.at("metadata").at("name"));
        CHECK(end.code == 1);
        CHECK(end.out.empty());
        CHECK(end.err.substr(0, rows[i].error.size()) == rows[i].error);
        CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
    }
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

/// For containers, with these bounds of their memory.
Json limitRange(const Json& bounds) {
    Json limits{{"type", "Container"}};
    for (const auto& [bound, amount] : bounds.items()) limits[bound] = {{"memory", amount}};
    return {{"apiVersion", "v1"},
            {"kind", "LimitRange"},
            {"metadata", {{"name", "small"}}},
            {"spec", {{"limits", Json::array({limits})}}}};
}

}  // namespace

TEST_CASE("a trial that fails for another reason than memory is told apart from the edge") {
    const Json badProbe{
        {"readinessProbe", {{"httpGet", {{"path", "/no-such-path"}, {"port", "http"}}}}}};
    const std::string trial = "error: the trial without a limit ended as ";
    check({
        {deployment("bad-env",
                    {{"env", Json::array({{{"name", "SALES_USERS"}, {"value", "none"}}})}}),
         trial + "crashed: ended with exit code 1 before it was ready: "},
        {deployment("bad-command", {{"command", {"/nonexistent"}}}),
         trial + "crashed: ended with exit code 128 before it was ready: "},
        {deployment("bad-image", {{"image", "not-there:dev"}}),
         trial + "imageError: the image of container api cannot be pulled (ErrImageNeverPull): "},
        {deployment("no-node", Json::object(), {{"nodeSelector", {{"disk", "none"}}}}),
         trial + "unschedulable: no node accepts the pod: "},
        {deployment("never-ready", badProbe),
         trial + "neverReady: not ready in time; check --port and --ready-url",
         {"--ready-timeout", "6s"}},
    });
}

TEST_CASE("a limit in which the program cannot even start is a limit too small") {
    const Namespace ns;
    ns.apply(deployment("api"));
    const auto end = measure(ns, {"squeeze", "deploy/api", "--load", load(20), "--yes", "-q", "-o",
                                  "json", "--from", "2Mi", "--to", "4Mi"});
    CHECK(end.code == 4);
    CHECK(end.err ==
          "error: the program was too small at every limit tried; raise --to or "
          "--max-trials\n");
    const auto result = Json::parse(end.out);
    CHECK(!result.contains("minimumBytes"));
    CHECK(result.at("trials").size() > 1);
    for (const auto& trial : result.at("trials")) {
        CAPTURE(trial.dump());
        CHECK(trial.at("outcome") ==
              (trial.at("limitBytes").is_null() ? "survived" : "oomAtStart"));
    }
}

TEST_CASE("a quota is kept to without a ceiling, and named when the ceiling exceeds it") {
    const Namespace ns;
    ns.apply(deployment("api"));
    (void)ns.kubectl({"create", "quota", "small", "--hard=limits.memory=60Mi"});
    Memfit bounded(ns, {"probe", "deploy/api", "--load", load(), "--yes", "-q", "-o", "json"});
    const auto result = document(bounded.end());
    CHECK(result.at("run").at("non2xx") == 0);

    const auto end = measure(ns, quickSqueeze("deploy/api", {"--ceiling", "80Mi"}));
    CHECK(end.code == 1);
    CHECK(end.out.empty());
    CHECK(end.err.find("exceeded quota: small, requested: limits.memory=80Mi") !=
          std::string::npos);
    CHECK(end.err.ends_with("; free some of the quota, or lower --ceiling and --to\n"));
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

TEST_CASE("the largest limit that a LimitRange allows bounds the run without a limit") {
    const Namespace ns;
    ns.apply(limitRange({{"max", "40Mi"}}));
    ns.apply(deployment("api"));
    Memfit run(ns, quickSqueeze("deploy/api", {"--ceiling", "80Mi"}));
    const auto pod = run.awaitPod(anyPod);
    CHECK(pod.at("spec").at("containers").at(0).at("resources").at("limits").at("memory") ==
          "40Mi");
    CHECK(document(run.end()).at("ceilingBytes") == 40 * 1024 * 1024);
}

TEST_CASE("the smallest limit that a LimitRange admits bounds the search, and that is said") {
    const Namespace ns;
    ns.apply(limitRange({{"min", "32Mi"}, {"max", "128Mi"}, {"maxLimitRequestRatio", "2"}}));
    ns.apply(deployment("api"));
    const auto result =
        document(measure(ns, {"squeeze", "deploy/api", "--load", load(60), "--yes", "-q", "-o",
                              "json", "--confirm", "1", "--max-trials", "6"}));
    CHECK(result.at("minimumBytes") == 32 * 1024 * 1024);
    for (const auto& trial : result.at("trials")) {
        if (!trial.at("limitBytes").is_null()) CHECK(trial.at("limitBytes") >= 32 * 1024 * 1024);
    }
    const Json bound{{"code", "namespace-bound"},
                     {"text",
                      "the minimum is the smallest limit that the namespace admits, and the "
                      "program may need less: the "
                      "namespace admits no memory limit below 32Mi (LimitRange small)"}};
    const auto& warnings = result.at("warnings");
    CHECK(std::count(warnings.begin(), warnings.end(), bound) == 1);
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

TEST_CASE("a trial pod that somebody deletes is no word on the edge, and tried again") {
    const Namespace ns;
    ns.apply(deployment("api"));
    Memfit run(ns, quickSqueeze("deploy/api",
                                {"--load", "sh -c 'sleep 3; exec hey -n 100 -c 5 {url}/v1/users'",
                                 "--from", "24Mi", "--max-trials", "3"}));
    const auto pod = run.awaitPod([](const Json& candidate) {
        const auto name = candidate.at("metadata").at("name").get<std::string>();
        return name.ends_with("-2") && containersReady(candidate);
    });
    (void)ns.kubectl({"delete", "pod", pod.at("metadata").at("name"), "--grace-period=0", "--force",
                      "--wait=false"});
    const auto again = run.awaitPod([](const Json& candidate) {
        return candidate.at("metadata").at("name").get<std::string>().ends_with("-3");
    });
    const auto limit = [](const Json& one) {
        return one.at("spec").at("containers").at(0).at("resources").at("limits").at("memory");
    };
    CHECK(limit(again) == limit(pod));
    const auto end = run.end();
    // The document keeps only the trial that was run in its place.
    for (const auto& trial : Json::parse(end.out).at("trials")) {
        CHECK(trial.at("outcome") == "survived");
    }
    CHECK(ns.trialPods() == std::vector<std::string>{});
}

TEST_CASE("a restart of the API server in the midst of a trial does not end the run") {
    // Only the cluster that the tests started themselves may be hurt.
    const char* const own = std::getenv("MEMFIT_E2E_CLUSTER");
    if (own == nullptr) {
        MESSAGE("skipped: MEMFIT_E2E_CLUSTER names no cluster of the tests' own");
        return;
    }
    const Namespace ns;
    ns.apply(deployment("api"));
    Memfit run(ns, quickSqueeze("deploy/api"));
    (void)run.awaitPod(containersReady);
    CHECK(runProgram({MEMFIT_CLUSTER "/restart-apiserver", "--dir", own}).code == 0);
    const auto result = document(run.end());
    CHECK(result.at("trials").size() > 1);
    CHECK(ns.trialPods() == std::vector<std::string>{});
}
