// The small grammars: quantities, GOMEMLIMIT, GOGC. Parsing what was formatted gives the same
// value.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "memfit/settings/go_settings.h"
#include "memfit/units/quantity.h"

using namespace memfit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto quantity = parseQuantity(text)) {
        const auto again = parseQuantity(formatQuantity(quantity->bytes));
        if (!again || again->bytes != quantity->bytes) std::abort();
    }
    if (const auto limit = parseGomemlimit(text); limit && *limit) {
        const auto again = parseGomemlimit(formatGomemlimit(**limit));
        if (!again || *again != *limit) std::abort();
    }
    (void)parseGogc(text);
    return 0;
}
