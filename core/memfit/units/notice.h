#pragma once

#include <string>

namespace memfit {

/// Something to tell the user beside the result, with a stable code.
struct Notice {
    std::string code;  ///< `storage-is-empty`
    std::string text;  ///< one sentence for people, without a final full stop

    friend bool operator==(const Notice&, const Notice&) = default;
};

}  // namespace memfit
