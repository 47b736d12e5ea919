#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/fixtures.h"

namespace memfit::test {

/// Reads every input below tests/fixtures/`folder` with `read` and compares what it makes of the
/// text with the whole of the file INPUT.expected.json beside it. An input without an expectation
/// fails, and so does an expectation without an input.
template <class Read>
void checkExpectations(std::string_view folder, const Read& read) {
    constexpr std::string_view ending = ".expected.json";
    std::vector<std::string> inputs;
    for (const auto& entry : std::filesystem::directory_iterator(fixturePath(folder))) {
        auto name = entry.path().filename().string();
        if (name.ends_with(ending)) name.resize(name.size() - ending.size());
        inputs.push_back(std::string(folder) + "/" + name);
    }
    std::ranges::sort(inputs);
    const auto again = std::ranges::unique(inputs);
    inputs.erase(again.begin(), again.end());
    REQUIRE_FALSE(inputs.empty());
    for (const auto& input : inputs) {
        CAPTURE(input);
        const auto expectation = input + std::string(ending);
        const bool complete = std::filesystem::exists(fixturePath(input)) &&
                              std::filesystem::exists(fixturePath(expectation));
        CHECK_MESSAGE(complete, "an input and its .expected.json stand side by side");
        const nlohmann::json seen = complete ? read(readFixture(input)) : nlohmann::json();
        const auto expected =
            complete ? nlohmann::json::parse(readFixture(expectation)) : nlohmann::json();
        CHECK_MESSAGE(seen == expected, seen.dump(2));
    }
}

}  // namespace memfit::test
