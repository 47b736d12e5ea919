#include <doctest/doctest.h>

#include <string>

#include "core/change/edit_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

constexpr std::string_view two = R"(kind: Deployment
metadata: {name: api, namespace: a}
spec: {template: {spec: {containers: [{name: app}]}}}
---
kind: Deployment
metadata: {name: api, namespace: b}
spec: {template: {spec: {containers: [{name: app}]}}}
)";

TEST_CASE("what is not a text is refused with its line") {
    CHECK(refusal("") == "deploy.yaml:1: empty, not a manifest; give a file that holds one");
    CHECK(refusal("\xEF\xBB\xBF \r\n") ==
          "deploy.yaml:1: empty, not a manifest; give a file that holds one");
    CHECK(refusal(std::string("kind: api\nx: \0", 14)) ==
          "deploy.yaml:2: a control character (0x00), not a manifest; give a text file");
    CHECK(refusal("kind: api\n\nx: \xC3(\n") ==
          "deploy.yaml:3: bytes that are not UTF-8; save it as UTF-8");
    CHECK(refusal("a: \xED\xA0\x80") ==
          "deploy.yaml:1: bytes that are not UTF-8; save it as UTF-8");
    CHECK(refusal("a: \xF0\x9F\x98") ==
          "deploy.yaml:1: bytes that are not UTF-8; save it as UTF-8");
    CHECK(refusal(std::string("\xFF\xFEk\0", 4)) == "deploy.yaml:1: UTF-16; save it as UTF-8");
    CHECK(
        refusal("a: b\rc: d\r") ==
        "deploy.yaml:1: a carriage return without a line feed; save it with the line ends of Unix "
        "or Windows");
}

TEST_CASE("what is not YAML is refused with what is wrong") {
    CHECK(refusal("kind: Deployment\nmetadata:\n\tname: api\n") ==
          "deploy.yaml:3: a tab in the indentation; YAML indents with spaces");
    CHECK(refusal("kind: Deployment\nname: api\nkind: Pod\n") ==
          "deploy.yaml:3: the key \"kind\" occurs twice in one map; remove one of the two");
    CHECK(refusal("{\"kind\": \"api\",\n \"kind\": 1}") ==
          "deploy.yaml:2: the key \"kind\" occurs twice in one map; remove one of the two");
    CHECK(refusal("kind: api\nimage: \"x\nname: y\n") ==
          "deploy.yaml:2: the quote that opens here is never closed; add the closing quote");
    CHECK(refusal("kind: api\nimage: 'x\nname: y\n---\nb: 'c'\n") ==
          "deploy.yaml:2: the quote that opens here is never closed; add the closing quote");
    CHECK(refusal("name: \"api\nspec:\n  x: \"y\"\n") ==
          "deploy.yaml:1: the quote that opens here is not closed in its line, and what follows is "
          "not YAML; add the closing quote");
    CHECK(refusal("kind: api\nspec\n") ==
          "deploy.yaml:2: a key without ':'; add it, and the value");
    CHECK(refusal("kind: api\nspec: *x\n") ==
          "deploy.yaml:2: not YAML: the referenced anchor is not defined; correct it there");
    CHECK(refusal("{kind: api}\n[b]\n") ==
          "deploy.yaml:2: something follows the end of the document; separate documents by a line "
          "---");
    CHECK(refusal("kind: [api\n") ==
          "deploy.yaml:2: not YAML: end of sequence flow not found; correct it there");
}

TEST_CASE("templates are to be rendered first") {
    const std::string next =
        ": a template, not a manifest; render it first and pipe the output: helm template . | "
        "kubectl memfit COMMAND … -";
    CHECK(refusal("kind: Deployment\nmetadata:\n  name: {{ .Values.name }}\n") ==
          "deploy.yaml:3" + next);
    CHECK(refusal("kind: Deployment\n{{- if .Values.api }}\na: b\n{{- end }}\n") ==
          "deploy.yaml:2" + next);
}

TEST_CASE("a template's action in quotes or within a value is one all the same") {
    const std::string next =
        ": a template, not a manifest; render it first and pipe the output: helm template . | "
        "kubectl memfit COMMAND … -";
    const auto app = [](const std::string& more) {
        return deployment("      - name: app\n        image: x\n        " + more + "\n");
    };
    CHECK(refusal(app("resources: {limits: {memory: \"{{ .Values.mem }}\"}}")) ==
          "deploy.yaml:9" + next);
    CHECK(refusal(app("workingDir: /{{ .Values.dir }}")) == "deploy.yaml:9" + next);
    CHECK(refusal(app("env:\n        - name: GOGC\n          value: '{{ .Values.a }}'")) ==
          "deploy.yaml:11" + next);
    CHECK(refusal(app("env: [{'{{ .Values.key }}': b}]")) == "deploy.yaml:9" + next);
    CHECK(refusal(deployment("      - image: x\n        name: app-{{ .Values.x }}\n")) ==
          "deploy.yaml:8" + next);
    CHECK(refusal("metadata: {name: api, namespace: '{{ .Values.ns }}'}\nkind: Pod\nspec: "
                  "{containers: [{name: app}]}\n",
                  advised(), {"Pod", "api", {}}) == "deploy.yaml:1" + next);
    CHECK(refusal("kind: Deployment\nmetadata:\n  name: \"{{ .Release.Name }}-api\"\nspec: "
                  "{template: {spec: {containers: [{name: app}]}}}\n") ==
          "deploy.yaml:3: has no Deployment api, but Deployment \"{{ .Release.Name }}-api\", a "
          "template's; render it first and pipe the output: helm template . | kubectl memfit "
          "COMMAND … -");
}

TEST_CASE("braces in what is rendered are text") {
    const std::string before =
        "# {{ a }}\nkind: Deployment\nmetadata:\n  name: api\n  annotations: {summary: 'used: {{ "
        "$value }}'}\nspec:\n  template:\n    spec:\n      containers:\n      - name: side\n   "
        "     image: '{{ b }}'\n      - name: app # {{ c }}\n        args: ['--format={{.ID}}']\n "
        "       command:\n        - |\n          {{ d }}\n        readinessProbe:\n          exec: "
        "{command: [\"{{ e }}\"]}\n        terminationMessagePath: |-\n          {{ f }}\n";
    const auto edit = edited(before, limitOnly(36 * MiB));
    CHECK(edit.text ==
          before + "        resources:\n          limits:\n            memory: 36Mi\n");
}

TEST_CASE("an escape that is not a character is named") {
    CHECK(refusal("{\"kind\": \"api\",\n \"x\": \"\\ud83d {{ a }}\"}") ==
          "deploy.yaml:2: an escape that is not a character; write the character itself");
    // kubectl takes pairs in JSON alone.
    CHECK(refusal("kind: api\nx: \"\\ud83d\\ude00\"\n") ==
          "deploy.yaml:2: an escape that is not a character; write the character itself");
}

TEST_CASE("two merge keys in one map are refused, of which readers would take one or both") {
    CHECK(refusal(deployment("      - name: app\n        <<: {a: b}\n        <<: {env: [{name: A, "
                             "value: b}], resources: {limits: {cpu: 1}}}\n")) ==
          "deploy.yaml:9: the key \"<<\" occurs twice in one map; merge several maps by one key: "
          "<<: [*a, *b]");
    CHECK(refusal("x: &k kind\nkind: api\n*k : Deployment\n") ==
          "deploy.yaml:3: the key \"kind\" occurs twice in one map; remove one of the two");
}

TEST_CASE("a key before the merge key that brings it too is refused: readers differ") {
    const std::string side =
        "      - &d\n        name: b\n        resources: {limits: {memory: "
        "1Gi}}\n";
    CHECK(
        refusal(deployment(side +
                           "      - name: app\n        resources: {}\n        <<: {resources: "
                           "{limits: {cpu: 1}}}\n")) ==
        "deploy.yaml:11: the key \"resources\" stands before the merge key that brings it too, and "
        "readers differ on which of them counts; put the merge key first in its map");
    CHECK(edited(deployment(side + "      - <<: *d\n        name: app\n        resources: {}\n"),
                 limitOnly(36 * MiB))
              .text ==
          deployment(side + "      - <<: *d\n        name: app\n        resources:\n    "
                            "      limits:\n            memory: 36Mi\n"));
}

TEST_CASE("who is not there is told who is") {
    const auto list = deployment("      - name: side\n      - name: b\n") +
                      "---\nkind: Pod\nmetadata: {name: q, namespace: z}\nspec: {containers: "
                      "[{name: a}]}\n";
    CHECK(refusal(list) == "deploy.yaml:7: Deployment api has no container app; it has side, b");
    CHECK(refusal(list, advised(), {"Deployment", "web", "prod"}) ==
          "deploy.yaml:1: has no Deployment web of namespace prod; it has Deployment api, Pod z/q");
    CHECK(refusal("a: b\n") == "deploy.yaml:1: has no Deployment api; it has no workload");
    CHECK(refusal(deployment("      - name: app\n      - name: app\n")) ==
          "deploy.yaml:7: Deployment api has 2 containers app; names of containers are unique");
}

TEST_CASE("of workloads of one name the namespace decides") {
    CHECK(refusal(two) ==
          "deploy.yaml:1: Deployment api is there more than once, in lines 1 and 5; say which with "
          "--namespace");
    CHECK(edited(two, limitOnly(36 * MiB), {"Deployment", "api", "b"}).changes ==
          std::vector<ManifestChange>{{7, "limits.memory 36Mi"}});
    CHECK(
        refusal(two, advised(), {"Deployment", "api", "c"}) ==
        "deploy.yaml:1: has no Deployment api of namespace c; it has Deployment a/api, Deployment "
        "b/api");
    CHECK(edited(deployment("      - name: app\n"), limitOnly(36 * MiB), {"Deployment", "api", "c"})
              .changes.size() == 1);
}

TEST_CASE("objects of a list count, also where the list says their kind") {
    const std::string items = R"(
items:
- metadata: {name: web}
  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: app}]}}}}}
- metadata: {name: api}
  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: app}]}}}}}
)";
    const auto edit = edited("kind: CronJobList" + items, limitOnly(MiB), {"CronJob", "api", {}});
    CHECK(edit.text == R"(kind: CronJobList
items:
- metadata: {name: web}
  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: app}]}}}}}
- metadata: {name: api}
  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: app, resources: {limits: {memory: 1Mi}}}]}}}}}
)");
}

TEST_CASE("a name in escapes is found, documents that are not meant may be broken") {
    const auto edit = edited("a: [\n---\n" + std::string("kind: Deployment\nmetadata: {name: "
                                                         "\"\\x61pi\"}\nspec: {template: {spec: "
                                                         "{containers: [{name: app}]}}}\n"),
                             limitOnly(36 * MiB));
    CHECK(edit.changes == std::vector<ManifestChange>{{5, "limits.memory 36Mi"}});
}

TEST_CASE("what others use through an anchor is not changed") {
    CHECK(refusal(deployment("      - name: app\n        resources: &r\n          limits: {memory: "
                             "1Gi}\n      - name: b\n        resources: *r\n")) ==
          "deploy.yaml:8: a change of container app would change the anchor &r, which line 11 uses "
          "too; write the alias out in the file first");
    CHECK(refusal(deployment("      - &d\n        name: app\n      - <<: *d\n        name: b\n")) ==
          "deploy.yaml:7: a change of container app would change the anchor &d, which line 9 uses "
          "too; write the alias out in the file first");
    CHECK(refusal("x: &c {name: app}\n" + deployment("      - *c\n")) ==
          "deploy.yaml:8: container app is written elsewhere and comes here through an alias or a "
          "merge key; write it out first");
    CHECK(refusal(
              deployment("      - name: b\n        resources: {limits: &l {memory: 1Gi}}\n      - "
                         "name: app\n        resources: {limits: {<<: *l}}\n"),
              nothing()) ==
          "deploy.yaml:10: limits.memory comes through a merge key and cannot be removed from "
          "container app alone; write the merge out in the file first");
}

TEST_CASE("a type that Kubernetes would refuse is not written over") {
    CHECK(refusal(deployment("      - name: app\n        resources: 5\n"), limitOnly(MiB)) ==
          "deploy.yaml:8: resources is not a map; see kubectl explain pod.spec.containers");
    CHECK(refusal(deployment("      - name: app\n        env: {A: b}\n"), gogcOff()) ==
          "deploy.yaml:8: env is not a list; see kubectl explain pod.spec.containers");
    CHECK(refusal(deployment("      - name: app\n        resources: {limits: {memory: [1Gi]}}\n"),
                  limitOnly(MiB)) ==
          "deploy.yaml:8: limits.memory is not a quantity; write a size such as 36Mi");
    for (const std::string_view item : {"app", "[name, app]", "- app", ""}) {
        CAPTURE(item);
        CHECK(refusal(deployment("      - " + std::string(item) + "\n"), limitOnly(MiB)) ==
              "deploy.yaml:7: the container is not a map; see kubectl explain pod.spec.containers");
    }
}

TEST_CASE("hostile nesting, aliases and sizes are bounded") {
    CHECK(refusal("api: " + std::string(1'000'000, '[')) ==
          "deploy.yaml:1: nested deeper than 100 levels; give a manifest; no object of "
          "Kubernetes is that deep");
    std::string steps;
    for (int i = 0; i < 300; ++i) steps += std::string(static_cast<std::size_t>(i), ' ') + "api:\n";
    CHECK(refusal(steps) ==
          "deploy.yaml:101: nested deeper than 100 levels; give a manifest; no object of "
          "Kubernetes is that deep");

    std::string bomb = "a0: &a0 [x]\n";
    for (int i = 1; i < 60; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " +
                before + "]\n";
    }
    bomb += deployment("      - name: app\n        args: *a59\n");
    CHECK(refusal("x0: &x0 {b: *x0}\n" + deployment("      - name: app\n")) ==
          "deploy.yaml:1: *x0 is an alias of something that contains it; replace the alias by what "
          "is meant");
    std::string merges = "api0: &a0 {k0: v}\n";
    for (int i = 1; i < 1500; ++i) {
        const auto name = std::to_string(i);
        merges += "api" + name + ": &a" + name + " {<<: *a" + std::to_string(i - 1) + ", k" + name +
                  ": v}\n";
    }
    CHECK(refusal(merges + deployment("      - name: app\n")) ==
          "deploy.yaml:1415: merge keys bring more than 1000000 entries; edit it by hand, or use "
          "the patch (-o patch)");
    CHECK(edited(bomb, limitOnly(36 * MiB)).changes ==
          std::vector<ManifestChange>{{69, "limits.memory 36Mi"}});

    CHECK(refusal("a: &a {<<: *a}\nkind: Deployment\nmetadata: *a\nspec: {template: {spec: "
                  "{containers: [{name: api}]}}}\n") ==
          "deploy.yaml:1: has no Deployment api; it has Deployment ");
}

TEST_CASE("one of many documents is edited, every other byte stays") {
    std::string before;
    for (int i = 0; i < 2000; ++i) before += "kind: X\nmetadata: {name: x} # comment\r\n---\n";
    const auto manifest = deployment("      - {name: app}\n");
    const auto wanted = deployment("      - {name: app, resources: {limits: {memory: 36Mi}}}\n");
    const auto edit = edited(before + manifest + "---\n" + before, limitOnly(36 * MiB));
    CHECK(edit.text == before + wanted + "---\n" + before);
    CHECK(edit.changes == std::vector<ManifestChange>{{6007, "limits.memory 36Mi"}});
}

TEST_CASE("a selector without a name means the only workload, and its only container") {
    const auto one = deployment("      - {name: app}\n");
    const auto edit = editManifest(one, "deploy.yaml", {}, "", limitOnly(36 * MiB));
    REQUIRE(edit.has_value());
    CHECK(edit->text == deployment("      - {name: app, resources: {limits: {memory: 36Mi}}}\n"));
    const auto message = [](const std::string& text) {
        const auto refused = editManifest(text, "deploy.yaml", {}, "", limitOnly(36 * MiB));
        REQUIRE(!refused.has_value());
        return refused.error().message();
    };
    CHECK(message(one + "---\n" + one) ==
          "deploy.yaml:1: there are several workloads, in lines 1 and 9; the results do not say "
          "which is meant; give a file with one of them");
    CHECK(message(deployment("      - {name: app}\n      - {name: proxy}\n")) ==
          "deploy.yaml:7: Deployment api has several containers; say which with --container: app, "
          "proxy");
    CHECK(message("kind: X\n") ==
          "deploy.yaml:1: has no workload; give the manifest that holds it");
}

}  // namespace
