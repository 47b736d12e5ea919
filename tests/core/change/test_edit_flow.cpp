#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/change/edit_support.h"

namespace {

using namespace memfit;
using namespace memfit::test;

TEST_CASE("a container on one line stays on one line") {
    const auto edit =
        edited(deployment("      - {name: app, resources: {}, image: x}\n"), advised());
    CHECK(edit.text ==
          deployment(
              "      - {name: app, resources: {limits: {memory: 36Mi}, requests: {memory: 36Mi}}, "
              "image: x, env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {containerName: "
              "app, resource: limits.memory}}}, {name: GOGC, value: \"off\"}]}\n"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{7, "limits.memory 36Mi, requests.memory 36Mi"},
                                      {7, "GOMEMLIMIT from limits.memory, GOGC off"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("entries on lines of their own get a line of their own") {
    const auto edit = edited(deployment(R"(      - {
          name: app, # n
          resources: {
            limits: {cpu: 1}, # l
          },
          image: x # i
        }
)"),
                             limitAndRequest(36 * MiB, 30 * MiB));
    CHECK(edit.text == deployment(R"(      - {
          name: app, # n
          resources: {
            limits: {cpu: 1, memory: 36Mi}, # l
            requests: {memory: 30Mi},
          },
          image: x # i
        }
)"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{10, "limits.memory 36Mi"}, {11, "requests.memory 30Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("a flow list is continued") {
    const auto edit = edited(deployment(R"(      - name: app
        env: [{name: A, value: b}] # e
        resources: {limits: , requests: ~}
)"),
                             advised());
    CHECK(edit.text == deployment(R"(      - name: app
        env: [{name: A, value: b}, {name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {containerName: app, resource: limits.memory}}}, {name: GOGC, value: "off"}] # e
        resources: {limits: {memory: 36Mi} , requests: {memory: 36Mi}}
)"));
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{8, "GOMEMLIMIT from limits.memory, GOGC off"},
                                      {9, "limits.memory 36Mi"},
                                      {9, "requests.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("an entry goes with its comma") {
    const auto edit = edited(deployment(R"(      - name: app
        env: [{name: GOGC, value: "5"}, {name: A, value: b}]
        resources: {limits: {cpu: 1, memory: 1Gi}, requests: {memory: 1Gi, cpu: 1}}
)"),
                             nothing());
    CHECK(edit.text == deployment(R"(      - name: app
        env: [{name: A, value: b}]
        resources: {limits: {cpu: 1}, requests: {cpu: 1}}
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{8, "GOGC removed"},
                                                      {9, "limits.memory removed (was 1Gi)"},
                                                      {9, "requests.memory removed (was 1Gi)"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("a literal in a flow entry gives way to the limit") {
    const auto edit = edited(deployment(R"(      - name: app
        env: [{name: GOMEMLIMIT, value: 1GiB}, {name: GOGC, value: "off"}]
        resources: {limits: {memory: 36Mi}, requests: {memory: 36Mi}}
)"),
                             advised());
    CHECK(edit.text == deployment(R"(      - name: app
        env: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {containerName: app, resource: limits.memory}}}, {name: GOGC, value: "off"}]
        resources: {limits: {memory: 36Mi}, requests: {memory: 36Mi}}
)"));
    CHECK(edit.changes == std::vector<ManifestChange>{{8, "GOMEMLIMIT \"1GiB\" -> limits.memory"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("JSON stays JSON in its indentation") {
    const auto edit = edited(R"({
  "kind": "Deployment",
  "metadata": {"name": "api"},
  "spec": {
    "template": {
      "spec": {
        "containers": [
          {
            "name": "app",
            "env": [
              {
                "name": "A",
                "value": "b"
              }
            ],
            "resources": {
              "limits": {
                "cpu": "1"
              }
            }
          }
        ]
      }
    }
  }
}
)",
                             advised());
    CHECK(edit.text == R"({
  "kind": "Deployment",
  "metadata": {"name": "api"},
  "spec": {
    "template": {
      "spec": {
        "containers": [
          {
            "name": "app",
            "env": [
              {
                "name": "A",
                "value": "b"
              },
              {
                "name": "GOMEMLIMIT",
                "valueFrom": {
                  "resourceFieldRef": {
                    "containerName": "app",
                    "resource": "limits.memory"
                  }
                }
              },
              {
                "name": "GOGC",
                "value": "off"
              }
            ],
            "resources": {
              "limits": {
                "cpu": "1",
                "memory": "36Mi"
              },
              "requests": {
                "memory": "36Mi"
              }
            }
          }
        ]
      }
    }
  }
}
)");
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{14, "GOMEMLIMIT from limits.memory, GOGC off"},
                                      {31, "limits.memory 36Mi"},
                                      {33, "requests.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("JSON indented with tabs is continued with tabs") {
    const auto edit = edited(R"({
	"kind": "Deployment",
	"metadata": {
		"name": "api"
	},
	"spec": {
		"template": {
			"spec": {
				"containers": [
					{
						"name": "app",
						"env": [
							{
								"name": "A",
								"value": "b"
							}
						],
						"resources": {
							"limits": {
								"cpu": "1"
							}
						}
					}
				]
			}
		}
	}
}
)",
                             limitAndRequest(36 * MiB, 30 * MiB));
    CHECK(edit.text == R"({
	"kind": "Deployment",
	"metadata": {
		"name": "api"
	},
	"spec": {
		"template": {
			"spec": {
				"containers": [
					{
						"name": "app",
						"env": [
							{
								"name": "A",
								"value": "b"
							}
						],
						"resources": {
							"limits": {
								"cpu": "1",
								"memory": "36Mi"
							},
							"requests": {
								"memory": "30Mi"
							}
						}
					}
				]
			}
		}
	}
}
)");
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{20, "limits.memory 36Mi"}, {22, "requests.memory 30Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("JSON without spaces gets none") {
    const auto edit = edited(
        "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"api\"},\"spec\":{\"template\":{\"spec\":"
        "{\"containers\":[{\"name\":\"app\",\"env\":[{\"name\":\"A\",\"value\":\"b\"}],"
        "\"resources\":{\"limits\":{\"cpu\":\"1\"}}}]}}}}\n",
        advised());
    CHECK(edit.text ==
          "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"api\"},\"spec\":{\"template\":{"
          "\"spec\":{\"containers\":[{\"name\":\"app\",\"env\":[{\"name\":\"A\",\"value\":\"b\"},{"
          "\"name\":\"GOMEMLIMIT\",\"valueFrom\":{\"resourceFieldRef\":{\"containerName\":\"app\","
          "\"resource\":\"limits.memory\"}}},{\"name\":\"GOGC\",\"value\":\"off\"}],\"resources\":{"
          "\"limits\":{\"cpu\":\"1\",\"memory\":\"36Mi\"},\"requests\":{\"memory\":\"36Mi\"}}}]}}}}"
          "\n");
    CHECK(edit.changes ==
          std::vector<ManifestChange>{{1, "GOMEMLIMIT from limits.memory, GOGC off"},
                                      {1, "limits.memory 36Mi"},
                                      {1, "requests.memory 36Mi"}});
    CHECK(edit.notes.empty());
}

TEST_CASE("an emoji that JSON writes as two escapes is no obstacle, nor what only looks like one") {
    const auto object = [](const std::string& resources) {
        return R"({"kind": "Deployment", "metadata": {"name": "api", "annotations": {
  "a\ud83d\ude00": "\\ud83d\\ude00 \uD83D\uDE00\ud83d\ude80", "b": "\u00e9\/"}},
 "spec": {"template": {"spec": {"containers": [
  {"image": "\ud83d\ude00", "name": "app")" +
               resources + "}]}}}}\n";
    };
    const auto edit = edited(object(""), limitOnly(36 * MiB));
    CHECK(edit.text == object(R"(, "resources": {"limits": {"memory": "36Mi"}})"));
    CHECK(edit.changes == std::vector<ManifestChange>{{4, "limits.memory 36Mi"}});
    CHECK(edited(R"({"kind": "Deployment", "metadata": {"name": "\ud83d\ude00"},
 "spec": {"template": {"spec": {"containers": [{"name": "app"}]}}}})",
                 limitOnly(36 * MiB), {"Deployment", "\xF0\x9F\x98\x80", {}})
              .changes == std::vector<ManifestChange>{{2, "limits.memory 36Mi"}});
}

TEST_CASE("JSON objects one after the other are documents") {
    const auto object = [](const std::string& name, const std::string& resources) {
        return "{\"kind\": \"Deployment\", \"metadata\": {\"name\": \"" + name +
               "\", \"annotations\": {\"a\": \"}{\\\"\"}},\n \"spec\": {\"template\": {\"spec\": "
               "{\"containers\": [{\"name\": \"app\"" +
               resources + "}]}}}}";
    };
    const std::string after = object("api-2", "") + "\n---\n{\"a\": 1}{\"b\": 2}\n";
    const auto edit =
        edited(object("web", "") + "\n" + object("api", "") + after, limitOnly(36 * MiB));
    CHECK(edit.text == object("web", "") + "\n" +
                           object("api", ", \"resources\": {\"limits\": {\"memory\": \"36Mi\"}}") +
                           after);
    CHECK(edit.changes == std::vector<ManifestChange>{{4, "limits.memory 36Mi"}});
}

TEST_CASE("a map in flow style whose quotes hold braces is one document") {
    const auto edit = edited(
        "{kind: Deployment, metadata: {name: api, a: '}}', b: '{ {'},\n spec: "
        "{template: {spec: {containers: [{name: app}]}}}}\n",
        limitOnly(36 * MiB));
    CHECK(edit.changes == std::vector<ManifestChange>{{2, "limits.memory 36Mi"}});
}

}  // namespace
