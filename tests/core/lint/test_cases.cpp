// The inputs in tests/fixtures/lint and tests/fixtures/edit, each with its expected result.

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/change/edit_support.h"
#include "memfit/lint/lint.h"
#include "support/fixtures.h"

namespace {

using namespace memfit;
using memfit::test::fixturePath;
using memfit::test::readFixture;
using Json = nlohmann::ordered_json;

constexpr std::string_view expected = ".expected.json";

std::set<std::string> inputsIn(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(fixturePath(folder))) {
        const auto name = file.path().filename().string();
        const bool input = name.ends_with(".yaml") || name.ends_with(".json");
        if (input && !name.ends_with(expected)) names.insert(name);
    }
    return names;
}

template <class Document>
void compare(const std::string& folder, const Document& documentOf) {
    const auto names = inputsIn(folder);
    CHECK(!names.empty());
    for (const auto& name : names) {
        INFO(name);
        const auto beside = folder + "/" + name + std::string(expected);
        REQUIRE(std::filesystem::exists(fixturePath(beside)));
        CHECK(documentOf(readFixture(folder + "/" + name), name) == readFixture(beside));
    }
}

Json lines(const std::string& text) {
    Json all = Json::array();
    std::size_t from = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
        all.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    if (from < text.size()) all.push_back(text.substr(from));
    return all;
}

TEST_CASE("every input of lint gives the whole document beside it") {
    compare("lint", [](const std::string& text, const std::string& name) {
        return lintJson(lintStream(text, name));
    });
}

TEST_CASE("every input of the editor gives the whole text beside it, and a second edit none") {
    compare("edit", [](const std::string& text, const std::string& name) {
        const auto edit = editManifest(text, name, {}, "", test::advised());
        if (!edit) return Json{{"error", edit.error().message()}}.dump(2) + "\n";
        const auto again = editManifest(edit->text, name, {}, "", test::advised());
        CHECK((again.has_value() && *again == ManifestEdit{edit->text, {}, {}}));
        return Json{{"text", lines(edit->text)}, {"notes", edit->notes}}.dump(2) + "\n";
    });
}

TEST_CASE("a type matches a kind whatever its case, and an only container any name") {
    const auto text = readFixture("edit/nameless-container.yaml");
    const auto any = editManifest(text, "f", {}, "", test::advised());
    REQUIRE(any.has_value());
    const auto named = editManifest(text, "f", {"service", "hello", {}}, "hello", test::advised());
    CHECK((named == any));
    CHECK(any->text.find("containerName") == std::string::npos);
}

TEST_CASE("in JSON a value becomes a reference, and a reference a value again") {
    const auto text = readFixture("edit/json-key.json");
    MemorySettings wanted;
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    const auto there = editManifest(text, "f", {}, "", wanted);
    REQUIRE(there.has_value());
    wanted.gomemlimit = {GomemlimitWish::Kind::bytes, GiB};
    const auto back = editManifest(there->text, "f", {}, "", wanted);
    REQUIRE(back.has_value());
    CHECK(back->text == text);
}

}  // namespace
