// Result documents: writing what was read and reading it again gives the same.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "memfit/documents/documents.h"

using namespace memfit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    Results results;
    if (!readDocuments(text, "fuzz.json", results)) return 0;
    for (const auto& bench : results.benches) {
        Results again;
        if (!readDocuments(toJson(bench), "again.json", again)) std::abort();
    }
    for (const auto& squeeze : results.squeezes) {
        Results again;
        if (!readDocuments(toJson(squeeze), "again.json", again)) std::abort();
    }
    return 0;
}
