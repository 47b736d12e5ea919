// What `recommend` of a whole cluster does with the lists, read from files. Usage: scan_list FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "memfit/describe/describe_scan.h"
#include "memfit/scan/scan.h"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::filesystem::path folder = argv[1];
    memfit::WorkloadScan scan;
    std::ifstream file(folder / "deployments.json");
    const std::string workloads((std::istreambuf_iterator<char>(file)), {});
    scan.addWorkloads(workloads, memfit::WorkloadKind::deployment).value();
    std::ifstream pods(folder / "pods.json");
    scan.addPods(pods).value();
    const auto result = scan.finish({}, {}).value();
    std::fputs(memfit::renderText(memfit::describe(result), {}).c_str(), stdout);
    return result.items.size() == 1000 ? 0 : 1;
}
