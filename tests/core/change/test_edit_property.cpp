#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/change/edit_support.h"
#include "core/change/generated_manifest.h"
#include "memfit/change/diff.h"
#include "support/manifest_reader.h"

namespace {

using namespace memfit;
using namespace memfit::test;

// Read by another reader than the editor's.
ManifestMemory partsOf(const std::string& text) {
    const auto found = ManifestReader(text).memory({"Deployment", "api", {}, "app"});
    REQUIRE(found.has_value());
    return *found;
}

std::optional<Bytes> amountAfter(const MemoryWish& wish, std::optional<Bytes> before) {
    if (wish.kind == MemoryWish::Kind::leave) return before;
    return wish.kind == MemoryWish::Kind::set ? std::optional(wish.bytes) : std::nullopt;
}

std::vector<std::string> gomemlimitAfter(const GomemlimitWish& wish,
                                         const std::vector<std::string>& before) {
    if (wish.kind == GomemlimitWish::Kind::leave) return before;
    if (wish.kind == GomemlimitWish::Kind::unset) return {};
    if (wish.kind == GomemlimitWish::Kind::limitsMemory) return {"from limits.memory"};
    return {"36MiB"};
}

std::vector<std::string> gogcAfter(const GogcWish& wish, const std::vector<std::string>& before) {
    if (wish.kind == GogcWish::Kind::leave) return before;
    if (wish.kind == GogcWish::Kind::unset) return {};
    return {wish.kind == GogcWish::Kind::off ? "off" : "50"};
}

// Each hunk of the diff is announced by a change in it, and takes nothing along that has nothing to
// do with memory.
void checkLines(const std::string& diff, const ManifestEdit& edit) {
    int line = 0, begin = 0;
    const auto endHunk = [&] {
        if (begin == 0) return;
        CHECK(std::ranges::any_of(edit.changes, [&](const ManifestChange& change) {
            return change.line >= begin && change.line <= line + 1;
        }));
    };
    for (std::size_t at = std::min(diff.find("@@ "), diff.size()); at < diff.size();) {
        const std::string text = diff.substr(at, diff.find('\n', at) - at);
        at += text.size() + 1;
        if (text.starts_with("@@ ")) {
            endHunk();
            begin = std::stoi(text.substr(text.find('+') + 1));
            line = begin - 1;
        } else if (text.starts_with("-")) {
            // A last line that gets or loses a line break shows as changed, and so does a key that
            // moves up to the dash of its item.
            auto content = text.substr(std::min(text.find_first_not_of("- "), text.size()));
            if (content.ends_with('\r')) content.pop_back();
            const bool stays = edit.text.find(content) != std::string::npos;
            CHECK((stays || text.find("# keep") == std::string::npos));
        } else if (!text.starts_with("\\")) {
            ++line;
        }
    }
    endHunk();
}

void checkSeed(unsigned seed) {
    GeneratedManifest random(seed);
    const std::string before = random.text();
    const MemorySettings wanted = random.wishes();
    const auto edit = edited(before, wanted);
    const std::string diff = unifiedDiff(before, edit.text, "f");
    INFO(before);
    INFO(diff);
    const auto old = partsOf(before);
    const auto now = partsOf(edit.text);
    CHECK(now.limit == amountAfter(wanted.limit, old.limit));
    CHECK(now.request == amountAfter(wanted.request, old.request));
    CHECK(now.gomemlimit == gomemlimitAfter(wanted.gomemlimit, old.gomemlimit));
    CHECK(now.gogc == gogcAfter(wanted.gogc, old.gogc));
    CHECK(now.rest == old.rest);
    CHECK(edit.changes.empty() == diff.empty());
    checkLines(diff, edit);
    const bool windows = before.find("\r\n") != std::string::npos;
    const auto bare = [](const std::string& text) {
        return std::ranges::count(text, '\n') - std::ranges::count(text, '\r');
    };
    CHECK(bare(edit.text) == (windows ? 0 : std::ranges::count(edit.text, '\n')));
}

TEST_CASE("whatever the style, an edit changes what is wanted, says so, and changes it once") {
    for (unsigned seed = 0; seed < 1500; ++seed) {
        INFO(seed);
        checkSeed(seed);
    }
}

}  // namespace
