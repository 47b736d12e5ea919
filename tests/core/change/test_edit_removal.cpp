#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/change/edit_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

TEST_CASE("what is removed takes its empty parents along") {
    const auto edit = edited(deployment(R"(      - name: app
        resources:
          limits:
            memory: 1Gi
        env:
          - name: GOGC
            value: "off"
        image: x
)"),
                             nothing());
    CHECK(edit.text == deployment(R"(      - name: app
        image: x
)"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{8, "limits.memory removed (was 1Gi)"}, {8, "GOGC removed"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("what is removed leaves its neighbours") {
    const auto edit = edited(deployment(R"(      - name: app
        resources:
          limits:
            memory: 1Gi # m
            cpu: 1 # c
          requests: {cpu: 1, memory: 1Gi}
        env:
          # limit
          - name: GOMEMLIMIT
            value: 1GiB
          # other
          - name: A
            value: b
)"),
                             nothing());
    CHECK(edit.text == deployment(R"(      - name: app
        resources:
          limits:
            cpu: 1 # c
          requests: {cpu: 1}
        env:
          # limit
          # other
          - name: A
            value: b
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "limits.memory removed (was 1Gi)"},
                                                      {11, "requests.memory removed (was 1Gi)"},
                                                      {14, "GOMEMLIMIT removed"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("the last line may lack its line break when it goes") {
    const auto edit = edited(deployment("      - name: app\n"
                                        "        env:\n"
                                        "        - name: A\n"
                                        "          value: b\n"
                                        "        - name: GOGC\n"
                                        "          value: \"off\""),
                             nothing());
    CHECK(edit.text == deployment("      - name: app\n"
                                  "        env:\n"
                                  "        - name: A\n"
                                  "          value: b"));
    CHECK(edit.changes == std::vector<ManifestChange>{{10, "GOGC removed"}});
    CHECK(edit.notes.empty());
}

}  // namespace
