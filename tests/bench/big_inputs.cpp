// Writes inputs of the size of a large cluster into a folder. Usage: big_inputs FOLDER
//
// manifest.yaml: 10 MB in 5,000 documents, one of them Deployment sales-api; deployments.json and
// pods.json: the lists of 1,000 Deployments and their 10,000 pods on 100 nodes, about 100 MB.
#include <fmt/format.h>
#include <fmt/os.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "support/fixtures.h"

namespace {

constexpr int documents = 5000;
constexpr int deployments = 1000;
constexpr int podsEach = 10;
constexpr int nodes = 100;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

/// One document of about 2 KB, with what people write between the lines.
std::string document(int number) {
    const auto name =
        number == documents / 2 ? std::string("sales-api") : fmt::format("s{}", number);
    std::string text = fmt::format(
        "# {0}: owned by team {1}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n"
        "  name: {0}\n  namespace: sales-system\n  labels: {{app: {0}, tier: \"back\"}}\nspec:\n"
        "  replicas: 2\n  selector:\n    matchLabels:\n      app: {0}\n  template:\n    metadata:\n"
        "      labels:\n        app: {0}\n    spec:\n      containers:\n"
        "      - name: sales-api   # the service\n        image: registry.example/{0}:1.{1}\n"
        "        env:\n",
        name, number % 17);
    for (int i = 0; i < 22; ++i)
        text += fmt::format("        - name: SETTING_{0}\n          value: 'value {0} of {1}'\n", i,
                            name);
    return text +
           "        resources:\n          limits:\n            cpu: 250m\n            memory: 1Gi\n"
           "        ports:\n        - name: http\n          containerPort: 3000\n";
}

/// A recorded pod, padded to the size that pods have under admission and service meshes.
std::string podTemplate() {
    const auto list = memfit::test::readFixture("scan/pods.json");
    const auto first = list.find("  {\n   \"metadata\"");
    const auto second = list.find("  {\n   \"metadata\"", first + 1);
    auto pod = list.substr(first, list.rfind("},", second) + 1 - first);
    std::string fields;
    for (int i = 0; i < 90; ++i)
        fields += fmt::format("{}\"f:field{}\": {{\"f:name\": {{}}, \"f:value\": {{}}}}",
                              i > 0 ? "," : "", i);
    return replaced(std::move(pod), "\"f:metadata\": {}", fields);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::filesystem::path folder = argv[1];
    auto manifest = fmt::output_file((folder / "manifest.yaml").string());
    for (int i = 0; i < documents; ++i) manifest.print("{}{}", i > 0 ? "---\n" : "", document(i));

    auto workloads = fmt::output_file((folder / "deployments.json").string());
    workloads.print("{{\"items\":[");
    for (int i = 0; i < deployments; ++i)
        workloads.print(
            "{}{{\"metadata\":{{\"name\":\"loose{}\",\"namespace\":\"shop\",\"uid\":\"d{}\"}},"
            "\"spec\":"
            "{{\"selector\":{{\"matchLabels\":{{\"app\":\"loose{}\"}}}},\"template\":{{\"spec\":"
            "{{\"containers\":[{{\"name\":\"api\",\"resources\":{{\"limits\":{{\"memory\":"
            "\"512Mi\"}},"
            "\"requests\":{{\"memory\":\"20Mi\"}}}}}}]}}}}}}}}",
            i > 0 ? "," : "", i, i, i);
    workloads.print("]}}\n");

    const auto pod = podTemplate();
    auto pods = fmt::output_file((folder / "pods.json").string());
    pods.print("{{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"items\":[");
    for (int i = 0; i < deployments * podsEach; ++i) {
        const auto name = fmt::format("loose{}", i % deployments);
        auto text = replaced(pod, "\"uid\": \"", fmt::format("\"uid\": \"{}-", i));
        text = replaced(std::move(text), "loose-", name + "-");
        pods.print("{}{}", i > 0 ? "," : "",
                   replaced(std::move(text), "\"nodeName\": \"localhost\"",
                            fmt::format("\"nodeName\": \"n{}\"", i % nodes)));
    }
    pods.print("]}}\n");
    return 0;
}
