#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "memfit/describe/describe_lint.h"
#include "memfit/lint/lint.h"
#include "support/fixtures.h"

namespace {

using namespace memfit;
using memfit::test::readFixture;

std::vector<Finding> findings(const std::string& text) {
    auto found = lintManifest(text, "m.yaml");
    REQUIRE_MESSAGE(found.has_value(), (found ? "" : found.error().message()));
    return *std::move(found);
}

std::vector<std::string> codes(const std::string& text) {
    std::vector<std::string> all;
    for (const auto& finding : findings(text)) all.push_back(finding.code);
    return all;
}

/// A Pod with one container.
std::string pod(const std::string& container) {
    return "kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - name: c\n" + container;
}

std::string refusal(const std::string& text) {
    const auto found = lintManifest(text, "m.yaml");
    REQUIRE(!found.has_value());
    return found.error().message();
}

std::vector<Finding> bad() {
    return lintStream(readFixture("lint/bad.yaml"), "bad.yaml").findings;
}

TEST_CASE("every bad setting is found on its line, with why and the fix") {
    CHECK(lintGithub(bad()) == readFixture("lint/bad.github.txt"));
    const auto report = lintStream(readFixture("lint/bad.yaml"), "bad.yaml");
    CHECK(renderText(describe(report), {}) == readFixture("lint/bad.table.txt"));
}

TEST_CASE("the bad manifests show every rule, and every finding is of a rule") {
    std::set<std::string> found;
    for (const auto& finding : bad()) found.insert(finding.code);
    std::set<std::string> known;
    for (const auto& rule : lintRules()) known.insert(std::string(rule.code));
    CHECK(found == known);
    CHECK(std::ranges::is_sorted(lintRules(), {}, &LintRule::code));
}

TEST_CASE("good settings, other objects and what comes from elsewhere are passed over") {
    CHECK(findings(readFixture("lint/good.yaml")).empty());
    CHECK(renderText(describe(lintStream(readFixture("lint/good.yaml"), "good.yaml")), {}) ==
          "No setting is wrong on sight.\n3 containers in 1 workload judged, nothing to judge in 1 "
          "of 2 documents\n");
    CHECK(renderText(describe(lintStream("kind: Service\n---\nkind: Secret\n", "m.yaml")), {}) ==
          "0 containers in 0 workloads judged, nothing to judge in 2 of 2 documents\n");
}

TEST_CASE("a finding says where, of whom, what and the fix") {
    CHECK(findings("---\nkind: X\n---\n" + pod("      env: [{name: GOGC, value: 'x'}]\n")) ==
          std::vector<Finding>{{"gogc-malformed", Severity::warning, Location{"m.yaml", 9, 33},
                                "Pod p", "c",
                                "GOGC is \"x\", which Go does not understand: it silently uses 100",
                                "write a whole number, or off"}});
}

TEST_CASE("of a variable that is there twice the last one counts") {
    const std::string both =
        "      env: [{name: GOMEMLIMIT, value: 2Gi}, "
        "{name: GOMEMLIMIT, value: 2GiB}]\n";
    CHECK(codes(pod(both)) == std::vector<std::string>{"env-twice"});
}

TEST_CASE("aliases and merge keys are followed") {
    CHECK(
        codes("x: &env [{name: GOGC, value: x}]\ny: &amounts {limits: {memory: 4Mi}}\n" +
              pod("      env: *env\n      resources: {<<: *amounts, requests: {memory: 4Mi}}\n")) ==
        std::vector<std::string>{"gogc-malformed", "limit-below-runtimes"});
}

TEST_CASE("JSON and lists are linted too") {
    CHECK(codes(R"({"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "p"},
                    "spec": {"containers": [{"name": "c", "env":
                      [{"name": "GOMEMLIMIT", "value": "17MB"}]}]}}]})") ==
          std::vector<std::string>{"gomemlimit-malformed"});
}

TEST_CASE("init containers and sidecars are judged too") {
    const auto found = findings(
        "kind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n"
        "    - name: wait\n      env: [{name: GOMEMLIMIT, value: 2Gi}]\n"
        "    - name: proxy\n      restartPolicy: Always\n"
        "      resources: {limits: {memory: 4Mi}, requests: {memory: 4Mi}}\n"
        "  containers:\n    - name: c\n      env: [{name: GOGC, value: 50%}]\n");
    CHECK(
        found ==
        std::vector<Finding>{
            {"gomemlimit-malformed", Severity::error, Location{"m.yaml", 6, 39}, "Pod p", "wait",
             "GOMEMLIMIT is \"2Gi\", with which a Go program dies at start", "write 2GiB"},
            {"limit-below-runtimes", Severity::warning, Location{"m.yaml", 9, 36}, "Pod p", "proxy",
             "the memory limit is 4Mi: Docker starts nothing below 6Mi, CRI-O nothing below "
             "12Mi; containerd does if it fits",
             "set what the container takes"},
            {"gogc-malformed", Severity::warning, Location{"m.yaml", 12, 33}, "Pod p", "c",
             "GOGC is \"50%\", which Go does not understand: it silently uses 100",
             "write a whole number, or off"}});
}

TEST_CASE("an init container that ends may do without collection and with a small request") {
    const auto init = [](const std::string& restart) {
        return codes("kind: Pod\nspec:\n  initContainers:\n    - name: i\n" + restart +
                     "      env: [{name: GOGC, value: 'off'}]\n"
                     "      resources: {limits: {memory: 64Mi}, requests: {memory: 32Mi}}\n"
                     "  containers: [{name: c}]\n");
    };
    CHECK(init("").empty());
    CHECK(init("      restartPolicy: Always\n") ==
          std::vector<std::string>{"gogc-off-unbounded", "request-below-limit"});
}

TEST_CASE("a memory limit of 0 means no limit") {
    const std::string none = "      resources: {limits: {memory: 0}}\n";
    CHECK(codes(pod(none)).empty());
    CHECK(codes(pod(none + "      env: [{name: GOMEMLIMIT, value: 64MiB}]\n")).empty());
    const auto by = [&](const std::string& resource) {
        return codes(pod(none +
                         "      env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: "
                         "{resource: " +
                         resource + "}}}]\n"));
    };
    CHECK(by("limits.memory") == std::vector<std::string>{"gomemlimit-without-limit"});
    CHECK(by("requests.memory") == std::vector<std::string>{"gomemlimit-without-limit"});
    CHECK(codes(pod("      resources: {limits: {memory: '0'}, requests: {memory: 64Mi}}\n")) ==
          std::vector<std::string>{"request-above-limit"});
}

TEST_CASE("columns count characters, not bytes") {
    const auto found =
        findings(pod("      env: [{name: äöü€😀, value: 1}, {name: GOGC, value: x}]\n"));
    REQUIRE(found.size() == 1);
    CHECK((found[0].at == Location{"m.yaml", 6, 58}));
}

TEST_CASE("settings of strange types give neither findings nor a crash") {
    CHECK(codes(pod("      env: {a: b}\n      resources: [x]\n")).empty());
    CHECK(codes(pod("      env: [x, {name: GOGC}, {name: GOMEMLIMIT, value: [1]}]\n"
                    "      resources: {limits: {memory: {a: b}}}\n"))
              .empty());
    CHECK(codes("kind: Pod\nspec: {containers: [x, null, []]}\n").empty());
}

TEST_CASE("a text that is not a manifest is refused with its line") {
    CHECK(refusal("") == "m.yaml:1: empty, not a manifest; give a file that holds one");
    CHECK(refusal("a: 1\n---\nb: {{ .Values.b }}\n").starts_with("m.yaml:3: "));
    CHECK(refusal("a: \"b\n").starts_with("m.yaml:1: "));
}

TEST_CASE("SARIF names each rule once and each finding with its region") {
    const auto log = nlohmann::json::parse(lintSarif(bad(), "1.2.3"));
    CHECK(log.at("version") == "2.1.0");
    const auto& run = log.at("runs").at(0);
    CHECK(run.at("tool").at("driver").at("version") == "1.2.3");
    CHECK(run.at("columnKind") == "unicodeCodePoints");
    CHECK(run.at("tool").at("driver").at("rules").size() == lintRules().size());
    CHECK(run.at("tool").at("driver").at("rules").at(4) == nlohmann::json::parse(R"({
        "id": "gogc-malformed",
        "shortDescription": {"text": "GOGC that Go does not understand"},
        "fullDescription": {"text": "GOGC that Go does not understand. Go silently uses 100."},
        "help": {"text": "Go silently uses 100. Write a whole number, or off."},
        "defaultConfiguration": {"level": "warning"}})"));
    CHECK(run.at("results").size() == bad().size());
    CHECK(run.at("results").at(3) == nlohmann::json::parse(R"({
        "ruleId": "gogc-malformed", "level": "warning",
        "message": {"text": "Deployment shop/bad, container gogc-malformed: GOGC is \"100%\", which Go does not understand: it silently uses 100; write a whole number, or off"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "bad.yaml"},
                       "region": {"startLine": 20, "startColumn": 22}}}]})"));
}

TEST_CASE("SARIF names files by URIs, whatever they are called") {
    const auto uri = [](const std::string& file) {
        Finding finding;
        finding.at = Location{file, 1, 1};
        const auto log = nlohmann::json::parse(lintSarif({finding}, "1.2.3"));
        const auto& place = log.at("runs").at(0).at("results").at(0).at("locations").at(0);
        return place.at("physicalLocation").at("artifactLocation").at("uri").get<std::string>();
    };
    CHECK(uri("k8s/deploy.yaml") == "k8s/deploy.yaml");
    CHECK(uri("a b#1%.yaml") == "a%20b%231%25.yaml");
    CHECK(uri("a:b?c\\[d].yaml") == "a%3Ab%3Fc%5C%5Bd%5D.yaml");
    CHECK(uri("\xC3\xA4\xFF.yaml") == "%C3%A4%FF.yaml");
    CHECK(uri("/tmp/a b.yaml") == "file:///tmp/a%20b.yaml");
    CHECK(uri("<stdin>") == "stdin");
}

TEST_CASE("JSON has every finding, and no line where there is none") {
    auto found = bad();
    found.resize(1);
    found.front().at = Location{"deployment/bad", 0, 0};
    CHECK(nlohmann::json::parse(lintJson({found, {}, {1, 1, 2, 1, 0}, Severity::note, 0})) ==
          nlohmann::json::parse(R"({
        "apiVersion": "memfit.dev/v1alpha1", "kind": "LintResult", "findings": [
          {"code": "gomemlimit-malformed", "severity": "error", "file": "deployment/bad",
           "workload": "Deployment shop/bad", "container": "gomemlimit-malformed",
           "text": "GOMEMLIMIT is \"2Gi\", with which a Go program dies at start",
           "fix": "write 2GiB"}],
        "judged": {"containers": 1, "workloads": 1, "documents": 2, "otherDocuments": 1}})"));
}

TEST_CASE("one bad document hides nothing of the others, and is named") {
    const auto report = lintStream(readFixture("lint/one-bad-document.yaml"), "m.yaml");
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings.front().code == "gomemlimit-malformed");
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors.front().message() ==
          "m.yaml:17: the key \"app\" occurs twice in one map; remove one of the two");
    CHECK(describe(report.judged) == "1 container in 1 workload judged, 1 document not read");
}

TEST_CASE("a document that is not text does not hide findings of the others either") {
    const auto report = lintStream(
        "a: \xFF\n---\n" + pod("      env: [{name: GOGC, value: x}]\n") + "---\nb: \x01\n",
        "m.yaml");
    CHECK(report.findings.size() == 1);
    REQUIRE(report.errors.size() == 2);
    CHECK(report.errors[0].message() == "m.yaml:1: bytes that are not UTF-8; save it as UTF-8");
    CHECK(report.errors[1].message() ==
          "m.yaml:10: a control character (0x01), not a manifest; give a text file");
}

TEST_CASE("only findings of the severity that is asked for stay") {
    auto report = lintStream(readFixture("lint/bad.yaml"), "bad.yaml");
    report.keep(Severity::error);
    CHECK(std::ranges::all_of(report.findings, [](const Finding& finding) {
        return finding.severity == Severity::error;
    }));
    const auto text = renderText(describe(report), {});
    CHECK(text.ends_with(
        "\n19 errors; 13 below error not shown\n31 containers in 4 workloads judged\n"));
}

TEST_CASE("notes are for containers that show that they run Go, or are known to") {
    const auto text = pod("      resources: {limits: {memory: 64Mi}}\n");
    CHECK(codes(text).empty());
    const auto known = lintManifest(text, "m.yaml", {.allGo = true});
    REQUIRE(known.has_value());
    REQUIRE(known->size() == 1);
    CHECK(known->front().code == "limit-without-request");
    CHECK(codes(pod("      env: [{name: GOMAXPROCS, value: '2'}]\n"
                    "      resources: {limits: {memory: 64Mi}}\n")) ==
          std::vector<std::string>{"limit-without-request"});
}

TEST_CASE("a workflow command cannot be ended by what a manifest holds") {
    Finding finding;
    finding.code = "x";
    finding.at = Location{"a,b:c%\n.yaml", 1, 2};
    finding.workload = "Pod p\n::error::hacked";
    CHECK(
        lintGithub({finding}) ==
        "::warning file=a%2Cb%3Ac%25%0A.yaml,line=1,col=2,title=x::Pod p%0A::error::hacked: ; \n");
}

TEST_CASE("a stream of many documents is judged in its order, whatever stands between them") {
    std::string stream;
    for (int i = 0; i < 200; ++i) {
        const bool broken = i == 70;
        const bool noText = i == 130;
        stream += fmt::format(
            "---\nkind: Pod\nmetadata: {{name: p{0}}}\nspec:\n  containers:\n  - name: api\n"
            "    resources: {{limits: {{memory: {1}}}, requests: {{memory: 64Mi}}{2}\n",
            i, i % 50 == 10 ? "128m" : "64Mi", broken ? "" : "}");
        if (broken || noText) stream += noText ? "# \x01\n" : "]\n";
    }
    const auto report = lintStream(stream, "many.yaml", {});
    std::vector<std::string> seen;
    for (const auto& finding : report.findings)
        seen.push_back(fmt::format("{} {} {}", finding.at.line, finding.workload, finding.code));
    CHECK(seen == std::vector<std::string>{
                      "77 Pod p10 memory-fraction", "427 Pod p60 memory-fraction",
                      "778 Pod p110 memory-fraction", "1129 Pod p160 memory-fraction"});
    std::vector<std::string> errors;
    for (const auto& error : report.errors) errors.push_back(error.message());
    CHECK(errors ==
          std::vector<std::string>{
              "many.yaml:498: not YAML: illegal flow end; correct it there",
              "many.yaml:919: a control character (0x01), not a manifest; give a text file"});
    CHECK(describe(report.judged) ==
          "198 containers in 198 workloads judged, 2 documents not read");
}

}  // namespace
