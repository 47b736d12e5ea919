// The edit that a YAML library alone would make: every document read and written again, comments
// and style lost. Usage: yaml_round_trip MANIFEST > EDITED
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::ifstream file(argv[1]);
    for (auto& document : YAML::LoadAll(file)) {
        if (document["metadata"]["name"].as<std::string>() == "sales-api") {
            auto container = document["spec"]["template"]["spec"]["containers"][0];
            container["resources"]["limits"]["memory"] = "36Mi";
        }
        std::cout << "---\n" << document << "\n";
    }
    return 0;
}
