#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/change/edit_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

TEST_CASE("comments, quotes, blank lines and init containers stay where they are") {
    const auto edit = edited(R"(# the service
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api   # public
spec:
  template:
    spec:
      initContainers:
        - name: app
          image: init
      containers:
        - name: app
          image: "x:1"

          resources:      # sized by hand
            limits:
              cpu: 250m
              memory: "1Gi"  # too much
          env:
            - name: A
              value: b
            # the limit
            - name: GOMEMLIMIT
              value: 900MiB   # by hand
          ports:
            - containerPort: 80
        - name: side
          image: y
---
kind: Service
metadata: {name: api}
)",
                             advised());
    CHECK(edit.text == R"(# the service
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api   # public
spec:
  template:
    spec:
      initContainers:
        - name: app
          image: init
      containers:
        - name: app
          image: "x:1"

          resources:      # sized by hand
            limits:
              cpu: 250m
              memory: "36Mi"  # too much
            requests:
              memory: 36Mi
          env:
            - name: A
              value: b
            # the limit
            - name: GOMEMLIMIT
              valueFrom:   # by hand
                resourceFieldRef:
                  containerName: app
                  resource: limits.memory
            - name: GOGC
              value: "off"
          ports:
            - containerPort: 80
        - name: side
          image: y
---
kind: Service
metadata: {name: api}
)");
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{19, "limits.memory 1Gi -> 36Mi"},
                                      {20, "requests.memory 36Mi"},
                                      {27, "GOMEMLIMIT \"900MiB\" -> limits.memory"},
                                      {31, "GOGC off"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("what is absent is added in the indentation and list style of the file") {
    const auto edit = edited(R"(kind: Deployment
metadata: {name: api}
spec:
    template:
        spec:
            containers:
            - image: x
              name: app
)",
                             advised());
    CHECK(edit.text == R"(kind: Deployment
metadata: {name: api}
spec:
    template:
        spec:
            containers:
            - image: x
              name: app
              env:
              - name: GOMEMLIMIT
                valueFrom:
                    resourceFieldRef:
                        containerName: app
                        resource: limits.memory
              - name: GOGC
                value: "off"
              resources:
                  limits:
                      memory: 36Mi
                  requests:
                      memory: 36Mi
)");
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{9, "GOMEMLIMIT from limits.memory, GOGC off"},
                                      {17, "limits.memory 36Mi, requests.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("indented lists are continued indented") {
    const auto edit = edited(deployment(R"(        - name: app
          image: x
)"),
                             advised());
    CHECK(edit.text == deployment(R"(        - name: app
          image: x
          env:
            - name: GOMEMLIMIT
              valueFrom:
                resourceFieldRef:
                  containerName: app
                  resource: limits.memory
            - name: GOGC
              value: "off"
          resources:
            limits:
              memory: 36Mi
            requests:
              memory: 36Mi
)"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{9, "GOMEMLIMIT from limits.memory, GOGC off"},
                                      {17, "limits.memory 36Mi, requests.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("null and empty values are filled, their comments kept") {
    const auto edit = edited(
        "\xEF\xBB\xBF"
        "kind: Pod\n"
        "metadata:\n"
        "  name: api\n"
        "spec:\n"
        "  containers:\n"
        "  - name: app\n"
        "    resources: # later\n"
        "    env: ~ # none\n"
        "    args: [\"x\"]",
        advised(), {"Pod", "api", {}});
    CHECK(edit.text ==
          "\xEF\xBB\xBF"
          "kind: Pod\n"
          "metadata:\n"
          "  name: api\n"
          "spec:\n"
          "  containers:\n"
          "  - name: app\n"
          "    resources: # later\n"
          "      limits:\n"
          "        memory: 36Mi\n"
          "      requests:\n"
          "        memory: 36Mi\n"
          "    env: # none\n"
          "    - name: GOMEMLIMIT\n"
          "      valueFrom:\n"
          "        resourceFieldRef:\n"
          "          containerName: app\n"
          "          resource: limits.memory\n"
          "    - name: GOGC\n"
          "      value: \"off\"\n"
          "    args: [\"x\"]");
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{8, "limits.memory 36Mi, requests.memory 36Mi"},
                                      {12, "GOMEMLIMIT from limits.memory, GOGC off"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("Windows line ends stay and are used for what is added") {
    const auto edit = edited(
        "kind: Deployment\r\n"
        "metadata: {name: api}\r\n"
        "spec:\r\n"
        "  template:\r\n"
        "    spec:\r\n"
        "      containers:\r\n"
        "      - name: app\r\n"
        "        image: x # c\r\n",
        limitAndRequest(36 * MiB, 30 * MiB));
    CHECK(edit.text ==
          "kind: Deployment\r\n"
          "metadata: {name: api}\r\n"
          "spec:\r\n"
          "  template:\r\n"
          "    spec:\r\n"
          "      containers:\r\n"
          "      - name: app\r\n"
          "        image: x # c\r\n"
          "        resources:\r\n"
          "          limits:\r\n"
          "            memory: 36Mi\r\n"
          "          requests:\r\n"
          "            memory: 30Mi\r\n");
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{9, "limits.memory 36Mi, requests.memory 30Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("a key is added beside the one that is there") {
    const auto edit = edited(deployment(R"(      - name: app
        resources:
          limits:
            cpu: 250m
          requests: {cpu: 100m}
)"),
                             limitAndRequest(36 * MiB, 30 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        resources:
          limits:
            cpu: 250m
            memory: 36Mi
          requests: {cpu: 100m, memory: 30Mi}
)"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{11, "limits.memory 36Mi"}, {12, "requests.memory 30Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("the quotes of a replaced value are kept, and the comment behind it") {
    const auto edit = edited(deployment(R"(      - name: app
        resources:
          limits: {memory: '1Gi', cpu: 1} # a
          requests:
            memory: "1Gi"    # b
)"),
                             limitAndRequest(36 * MiB, 30 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        resources:
          limits: {memory: '36Mi', cpu: 1} # a
          requests:
            memory: "30Mi"    # b
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{9, "limits.memory 1Gi -> 36Mi"},
                                                      {11, "requests.memory 1Gi -> 30Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("an amount that is written otherwise but equal is left alone") {
    const auto edit = edited(deployment(R"(      - name: app
        resources:
          limits: {memory: 0.5Gi}
          requests: {memory: 536870912}
)"),
                             limitAndRequest(512 * MiB, 512 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        resources:
          limits: {memory: 0.5Gi}
          requests: {memory: 536870912}
)"));
    CHECK(edit.changes.empty());
    CHECK(edit.notes.empty());
}

TEST_CASE("a block scalar that keeps its line breaks keeps them") {
    const auto edit = edited(deployment(R"(      - name: app
        command:
        - |+
          a


      - name: b
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        command:
        - |+
          a


        resources:
          limits:
            memory: 36Mi
      - name: b
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{13, "limits.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("comments behind the container stay behind it") {
    const auto edit = edited(deployment(R"(      - name: app
        image: x # i
        # trailing

# end
---
a: b
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        image: x # i
        resources:
          limits:
            memory: 36Mi
        # trailing

# end
---
a: b
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{9, "limits.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("explicit keys and scalars of several lines are understood") {
    const auto edit = edited(deployment(R"(      - ? name
        : app
        ? resources
        : limits:
            memory: 1Gi
        args: ["a
          b"] # c
        x: plain
          text
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - ? name
        : app
        ? resources
        : limits:
            memory: 36Mi
        args: ["a
          b"] # c
        x: plain
          text
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{11, "limits.memory 1Gi -> 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("a wide dash sets the column") {
    const auto edit = edited(deployment(R"(      -   name: app
          image: x
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      -   name: app
          image: x
          resources:
            limits:
              memory: 36Mi
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{9, "limits.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("tags of replaced values stay") {
    const auto edit = edited(deployment(R"(      - name: app
        resources: !!map
          limits: !!map {memory: !!str 1Gi}
)"),
                             limitOnly(36 * MiB));
    CHECK(edit.text == deployment(R"(      - name: app
        resources: !!map
          limits: !!map {memory: !!str 36Mi}
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{9, "limits.memory 1Gi -> 36Mi"}});
    CHECK(edit.notes.empty());
}

}  // namespace
