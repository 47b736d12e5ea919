// Memory statistics pages: expvar, Prometheus and pprof text, told apart by themselves.

#include <cstdint>
#include <string_view>

#include "memfit/observe/memstats.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)memfit::parseMemstats({reinterpret_cast<const char*>(data), size});
    return 0;
}
