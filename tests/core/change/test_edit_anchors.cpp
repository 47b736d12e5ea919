#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/change/edit_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

TEST_CASE("a request that follows the limit by an alias still does") {
    const auto edit = edited(deployment(R"(      - name: app
        resources:
          limits:
            memory: &m 1Gi # a
          requests:
            memory: *m
)"),
                             limitAndRequest(36 * MiB, 36 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        resources:
          limits:
            memory: &m 36Mi # a
          requests:
            memory: *m
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "limits.memory 1Gi -> 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("a request that shall differ leaves its alias") {
    const auto edit = edited(deployment(R"(      - name: app
        resources:
          limits:
            memory: &m 1Gi # a
          requests:
            memory: *m # b
)"),
                             limitAndRequest(36 * MiB, 30 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        resources:
          limits:
            memory: &m 36Mi # a
          requests:
            memory: 30Mi # b
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "limits.memory 1Gi -> 36Mi"},
                                                      {12, "requests.memory 30Mi"}});
    CHECK(edit.notes ==
          std::vector<std::string>{"requests.memory: *m in line 12 is replaced by a value"});
}

TEST_CASE("an alias is written out where it is used") {
    const auto edit = edited(deployment(R"(      - name: b
        resources: &r
          limits: {memory: 1Gi, cpu: "1"}
      - name: app
        resources: *r # here
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - name: b
        resources: &r
          limits: {memory: 1Gi, cpu: "1"}
      - name: app
        resources: # here
          limits:
            memory: 36Mi
            cpu: "1"
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{11, "resources written out"},
                                                      {13, "limits.memory 1Gi -> 36Mi"}});
    CHECK(edit.notes == std::vector<std::string>{"resources: *r in line 11 is written out; the "
                                                 "other users of the anchor stay as they are"});
}

TEST_CASE("what a merge key brings is written out") {
    const auto edit = edited(deployment(R"(      - &d
        name: b
        resources:
          limits: {memory: 1Gi, cpu: 1}
        env:
        - {name: A, value: b}
      - <<: *d
        name: app
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - &d
        name: b
        resources:
          limits: {memory: 1Gi, cpu: 1}
        env:
        - {name: A, value: b}
      - <<: *d
        name: app
        resources:
          limits:
            memory: 36Mi
            cpu: 1
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{15, "resources written out"},
                                                      {17, "limits.memory 1Gi -> 36Mi"}});
    CHECK(edit.notes ==
          std::vector<std::string>{
              "resources, which a merge key brings, is written out at container app"});
}

TEST_CASE("an alias in env is replaced where it stands") {
    const auto edit = edited(deployment(R"(      - name: b
        env:
        - &e {name: GOGC, value: "5"}
      - name: app
        env:
        - *e
        - name: A
)"),
                             gogcOff());
    CHECK(edit.text == deployment(R"(      - name: b
        env:
        - &e {name: GOGC, value: "5"}
      - name: app
        env:
        - name: GOGC
          value: "off"
        - name: A
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{12, "GOGC off"}});
    CHECK(edit.notes == std::vector<std::string>{
                            "the entry GOGC in line 12 came through an alias; it is written out"});
}

TEST_CASE("aliases and merges that are right already are left alone") {
    const auto edit = edited(deployment(R"(      - &d
        name: b
        resources: &r {limits: {memory: 36Mi}}
      - <<: *d
        name: app
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - &d
        name: b
        resources: &r {limits: {memory: 36Mi}}
      - <<: *d
        name: app
)"));
    CHECK(edit.changes.empty());
    CHECK(edit.notes.empty());
}

TEST_CASE("an anchor that nobody uses stays") {
    const auto edit = edited(deployment(R"(      - &app
        name: app
        resources: &r
          limits: {memory: &m 1Gi}
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - &app
        name: app
        resources: &r
          limits: {memory: &m 36Mi}
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "limits.memory 1Gi -> 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("an alias in what is written out stays one while its anchor is the same") {
    const std::string env = "x: &v {name: A, value: one}\nx2: &e [*v]\n";
    const auto edit = edited(env + deployment("      - name: app\n        env: *e\n"), gogcOff());
    CHECK(edit.text == env + deployment(R"(      - name: app
        env:
        - *v
        - name: GOGC
          value: "off"
)"));
}

TEST_CASE("an alias in what is written out goes, too, where its anchor is another one by then") {
    const std::string env = "x: &v {name: A, value: one}\nx2: &e [*v, *v]\n";
    const std::string again = "x3: &v {name: A, value: two}\n";
    const auto edit =
        edited(env + again + deployment("      - name: app\n        env: *e\n"), gogcOff());
    CHECK(edit.text == env + again + deployment(R"(      - name: app
        env:
        - name: A
          value: one
        - name: A
          value: one
        - name: GOGC
          value: "off"
)"));
    const auto merged = edited(
        env + again + deployment("      - <<: {env: *e}\n        name: app\n        image: &e x\n"),
        gogcOff());
    CHECK(merged.text == env + again + deployment(R"(      - <<: {env: *e}
        name: app
        image: &e x
        env:
        - name: A
          value: one
        - name: A
          value: one
        - name: GOGC
          value: "off"
)"));
}

TEST_CASE("what is too much to be written out is not") {
    std::string bomb = "a0: &a0 [x]\n";
    for (int i = 1; i < 60; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " +
                before + "]\n";
    }
    for (int i = 0; i < 59; ++i)
        bomb += "b" + std::to_string(i) + ": &a" + std::to_string(i) + " b\n";
    CHECK(refusal(bomb + deployment("      - name: app\n        env: *a59\n")) ==
          "deploy.yaml:60: more than 10000 values would have to be written out; write the aliases "
          "out in the file first");
}

TEST_CASE("what an edit would take along unseen is refused: here a merge through too many maps") {
    std::string chain = "a0: &a0 {resources: {limits: {cpu: 1}}}\n";
    for (int i = 1; i < 10; ++i) {
        chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {<<: *a" +
                 std::to_string(i - 1) + "}\n";
    }
    CHECK(refusal(chain + deployment("      - <<: *a9\n        name: app\n"), limitOnly(MiB)) ==
          "deploy.yaml:17: an anchor or a merge key would change more than the memory settings; "
          "nothing was changed; edit it by hand, or use the patch (-o patch)");
}

TEST_CASE("a quoted << is a key like any other") {
    const auto edit = edited(deployment("      - name: app\n        \"<<\": {resources: {limits: "
                                        "{cpu: 1}}}\n"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        "<<": {resources: {limits: {cpu: 1}}}
        resources:
          limits:
            memory: 36Mi
)"));
}

TEST_CASE("a limit that a merge key brings is removed at the container") {
    MemorySettings noLimit;
    noLimit.limit.kind = MemoryWish::Kind::remove;
    const std::string side = "      - name: b\n        resources: &r {limits: {memory: 1Gi}}\n";
    const auto edit = edited(
        deployment(side + "      - name: app\n        resources: {<<: *r, requests: {cpu: 1}}\n"),
        noLimit);
    CHECK(edit.text == deployment(side + "      - name: app\n        resources: {<<: *r, requests: "
                                         "{cpu: 1}, limits: {}}\n"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "limits written out"},
                                                      {10, "limits.memory removed (was 1Gi)"}});
    const std::string base =
        "x: &d\n  resources: {limits: {memory: 1Gi}}\n  env: [{name: GOGC, "
        "value: \"50\"}]\n";
    const auto both = edited(base + deployment("      - <<: *d\n        name: app\n"), nothing());
    CHECK(both.text == base + deployment(R"(      - <<: *d
        name: app
        env: []
        resources: {}
)"));
}

}  // namespace
