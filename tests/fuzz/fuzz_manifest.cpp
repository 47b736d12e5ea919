// The manifest editor and lint: whatever the text, an edit is idempotent and lint does not crash.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "memfit/change/edit.h"
#include "memfit/lint/lint.h"

using namespace memfit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)lintManifest(text, "fuzz.yaml");
    MemorySettings wanted;
    wanted.limit = {MemoryWish::Kind::set, 36 * MiB};
    wanted.request = {MemoryWish::Kind::set, 36 * MiB};
    wanted.gomemlimit.kind = GomemlimitWish::Kind::limitsMemory;
    wanted.gogc.kind = GogcWish::Kind::off;
    const auto first = editManifest(text, "fuzz.yaml", {}, "", wanted);
    if (!first) return 0;
    const auto second = editManifest(first->text, "fuzz.yaml", {}, "", wanted);
    if (!second || second->text != first->text || !second->changes.empty()) std::abort();
    return 0;
}
