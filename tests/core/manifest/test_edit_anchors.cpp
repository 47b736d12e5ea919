#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/manifest/edit_support.h"

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

}  // namespace
