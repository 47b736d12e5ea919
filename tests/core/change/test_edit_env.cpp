#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/change/edit_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

TEST_CASE("a source becomes a literal; an unquoted number becomes a string") {
    MemorySettings literal;
    literal.gomemlimit = {GomemlimitWish::Kind::bytes, 30 * MiB};
    literal.gogc = {GogcWish::Kind::percent, 50};
    const auto edit = edited(deployment(R"(      - name: app
        env:
          - name: GOMEMLIMIT
            valueFrom: # from config
              configMapKeyRef:
                name: c # x
                key: k # y
          - name: GOGC
            value: 100
)"),
                             literal);
    CHECK(edit.text == deployment(R"(      - name: app
        env:
          - name: GOMEMLIMIT
            value: 30MiB # from config
          - name: GOGC
            value: "50"
)"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{10, "GOMEMLIMIT 30MiB"}, {12, "GOGC \"100\" -> \"50\""}});
    CHECK(edit.notes == std::vector<std::string>{"GOMEMLIMIT came from configMapKeyRef c, key k"});
}

TEST_CASE("a ConfigMap as source gives way to the limit") {
    const auto edit = edited(deployment(R"(      - name: app
        env:
          - name: GOMEMLIMIT
            valueFrom:
              configMapKeyRef: {name: c, key: k}
        image: x
)"),
                             advised());
    CHECK(edit.text == deployment(R"(      - name: app
        env:
          - name: GOMEMLIMIT
            valueFrom:
              resourceFieldRef:
                containerName: app
                resource: limits.memory
          - name: GOGC
            value: "off"
        image: x
        resources:
          limits:
            memory: 36Mi
          requests:
            memory: 36Mi
)"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{11, "GOMEMLIMIT from limits.memory"},
                                      {14, "GOGC off"},
                                      {17, "limits.memory 36Mi, requests.memory 36Mi"}});
    CHECK(edit.notes == std::vector<std::string>{"GOMEMLIMIT came from configMapKeyRef c, key k"});
}

TEST_CASE("a divisor that would make Go die is taken out") {
    const auto edit = edited(deployment(R"(      - name: app
        env:
        - name: GOMEMLIMIT
          valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}
        - {name: GOGC, value: '50', }
        resources: {limits: {memory: 36Mi}, requests: {memory: 36Mi}}
)"),
                             advised());
    CHECK(edit.text == deployment(R"(      - name: app
        env:
        - name: GOMEMLIMIT
          valueFrom: {resourceFieldRef: {resource: limits.memory}}
        - {name: GOGC, value: 'off', }
        resources: {limits: {memory: 36Mi}, requests: {memory: 36Mi}}
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "GOMEMLIMIT without divisor \"1Mi\""},
                                                      {11, "GOGC \"50\" -> \"off\""}});
    CHECK(edit.notes.empty());
}

TEST_CASE("settings that are right in another spelling are left alone") {
    const auto edit = edited(deployment(R"(      - name: app
        env:
        - name: GOMEMLIMIT
          valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: "0"}}
        - name: GOGC
          value: "-1"
        resources: {limits: {memory: 36864Ki}, requests: {memory: "37748736"}}
)"),
                             advised());
    CHECK(edit.text == deployment(R"(      - name: app
        env:
        - name: GOMEMLIMIT
          valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: "0"}}
        - name: GOGC
          value: "-1"
        resources: {limits: {memory: 36864Ki}, requests: {memory: "37748736"}}
)"));
    CHECK(edit.changes.empty());
    CHECK(edit.notes.empty());
}

TEST_CASE("of a variable that occurs twice the last is kept") {
    const auto edit = edited(deployment(R"(      - name: app
        env:
          - name: GOGC
            value: "1"
          - name: A
            value: b
          - name: GOGC
            value: "2"
        image: x
)"),
                             gogcOff());
    CHECK(edit.text == deployment(R"(      - name: app
        env:
          - name: A
            value: b
          - name: GOGC
            value: "off"
        image: x
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{9, "GOGC removed, a second one"},
                                                      {12, "GOGC \"2\" -> \"off\""}});
    CHECK(edit.notes ==
          std::vector<std::string>{"env has GOGC more than once; the last one counts and is kept"});
}

TEST_CASE("a value beside a source goes") {
    const auto edit = edited(deployment(R"(      - name: app
        env:
          - value: 1GiB
            name: GOMEMLIMIT
            valueFrom:
              resourceFieldRef: {containerName: app, resource: limits.memory}
          - name: GOGC
            value: "off"
        resources: {limits: {memory: 36Mi}, requests: {memory: 36Mi}}
)"),
                             advised());
    CHECK(edit.text == deployment(R"(      - name: app
        env:
          - name: GOMEMLIMIT
            valueFrom:
              resourceFieldRef: {containerName: app, resource: limits.memory}
          - name: GOGC
            value: "off"
        resources: {limits: {memory: 36Mi}, requests: {memory: 36Mi}}
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{9, "GOMEMLIMIT without value"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("a variable without a value gets one") {
    const auto edit = edited(deployment(R"(      - name: app
        env:
        - name: GOGC
        - name: A
)"),
                             gogcOff());
    CHECK(edit.text == deployment(R"(      - name: app
        env:
        - name: GOGC
          value: "off"
        - name: A
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "GOGC off"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("a boolean of YAML 1.1 is no value for Kubernetes") {
    const auto edit = edited(deployment(R"(      - name: app
        env:
        - name: GOGC
          value: off
)"),
                             gogcOff());
    CHECK(edit.text == deployment(R"(      - name: app
        env:
        - name: GOGC
          value: "off"
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "GOGC off quoted"}});
    CHECK(edit.notes.empty());
}

}  // namespace
