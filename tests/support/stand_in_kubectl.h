#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cluster/kubectl.h"
#include "support/environment.h"
#include "support/world.h"

namespace memfit::test {

/// A program that $KUBECTL_PATH names in place of kubectl. It notes the words it gets, then runs
/// `body`, lines of a shell script.
class StandInKubectl {
public:
    explicit StandInKubectl(const std::string& body) {
        folder_.file("kubectl", "#!/bin/sh\nprintf '%s\\n' \"$@\" >> \"$0.words\"\n" + body + "\n");
        std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
    }

    [[nodiscard]] std::string path() const { return (folder_.path() / "kubectl").string(); }

    [[nodiscard]] plugin::Kubectl connect(plugin::EventLoop& loop,
                                          plugin::KubectlConnection connection = {}) const {
        auto found = plugin::Kubectl::find(loop, std::move(connection), {});
        REQUIRE_MESSAGE(found.has_value(), (found ? "" : found.error().message()));
        return *std::move(found);
    }

    /// The words of all its runs so far.
    [[nodiscard]] std::vector<std::string> words() const {
        std::ifstream file(path() + ".words");
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }

private:
    TemporaryFolder folder_;
    EnvironmentVariable variable_{"KUBECTL_PATH", path()};
};

}  // namespace memfit::test
