// A program of somebody else's, which uses libmemfit.
#include <memfit/lint/lint.h>
#include <memfit/observe/memstats.h>
#include <memfit/units/quantity.h>

#include <iostream>

int main() {
    std::cout << memfit::parseQuantity("1.5Gi").value().bytes << "\n";
    const auto page = memfit::parseMemstats(R"({"memstats": {"Sys": 23418120}})").value();
    std::cout << page.sys.value_or(0) << "\n";
    const auto manifest =
        "kind: Deployment\nmetadata: {name: api}\nspec: {template: {spec: {containers: [\n"
        "  {name: api, env: [{name: GOGC, value: \"off\"}]}]}}}\n";
    for (const auto& finding : memfit::lintManifest(manifest, "deploy.yaml").value()) {
        std::cout << finding.at.line << " " << finding.code << "\n";
    }
}
