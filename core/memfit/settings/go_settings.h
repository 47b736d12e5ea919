#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// Parses a GOMEMLIMIT value as the Go runtime does (runtime/mgcpacer.go readGOMEMLIMIT,
/// runtime/string.go parseByteCount): `^[0-9]+(([KMGT]i)?B)?$`, empty or `off` for none.
/// nullopt means "no limit". Errors (kind input): everything at which Go dies at start
/// ("malformed GOMEMLIMIT"): `17Mi`, `17MB`, `1.5GiB`, `90%`, beyond 2^63 - 1.
[[nodiscard]] Result<std::optional<Bytes>> parseGomemlimit(std::string_view text);

/// The shortest GOMEMLIMIT text that Go reads back as exactly `bytes`: `36MiB`, `17825792B` -> the
/// largest suffix that divides it, else a bare integer.
[[nodiscard]] std::string formatGomemlimit(Bytes bytes);

/// GOGC as the Go runtime reads it (runtime/mgcpacer.go readGOGC).
struct Gogc {
    bool off = false;            ///< `off` or negative: collect only at GOMEMLIMIT
    std::int64_t percent = 100;  ///< meaningless when off
    bool malformed = false;      ///< not understood: Go silently uses 100

    friend bool operator==(const Gogc&, const Gogc&) = default;
};

/// Never an error, as in Go: empty or malformed text is 100 (malformed set for the latter).
[[nodiscard]] Gogc parseGogc(std::string_view text);

/// `off` or the number.
[[nodiscard]] std::string formatGogc(const Gogc& gogc);

}  // namespace memfit
