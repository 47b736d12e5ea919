// What load tools print, on standard output or error.

#include <cstdint>
#include <string>

#include "memfit/observe/load/load_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    memfit::LoadOutput output;
    output.out = text;
    (void)memfit::parseLoadReport(output);
    output.out.clear();
    output.err = text;
    (void)memfit::parseLoadReport(output);
    return 0;
}
