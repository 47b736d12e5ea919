#pragma once

#include <string>
#include <string_view>

#include "memfit/error.h"
#include "memfit/units/bytes.h"

namespace memfit {

/// A Kubernetes memory quantity as the API server reads it.
struct Quantity {
    Bytes bytes = 0;  ///< rounded up to a whole byte, as Quantity.Value() does
    /// The text named a fraction of a byte (`17m`, `1.5`): surely a mistake. `1.3Gi` is not one.
    bool fractional = false;

    friend bool operator==(const Quantity&, const Quantity&) = default;
};

/// Parses `36Mi`, `1.5Gi`, `1e3`, `500k`, `17m`, … exactly, without floating point.
///
/// Grammar: k8s.io/apimachinery/pkg/api/resource (quantity.go):
/// `<signedNumber><suffix>`, suffix one of n u m "" k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent.
/// Errors (kind input): an unknown suffix (`17MB`, with the suffix that was probably meant as next
/// step), a negative size, no digits, more than 2^63 - 1 bytes. Never wraps.
[[nodiscard]] Result<Quantity> parseQuantity(std::string_view text);

/// The shortest exact form, binary suffixes first: `36Mi`, `1536Ki`, `1000`. bytes >= 0.
[[nodiscard]] std::string formatQuantity(Bytes bytes);

/// Parses a CPU quantity (`250m`, `1`, `1.5`) to millicores, rounded up. Errors as above.
[[nodiscard]] Result<std::int64_t> parseMilliCpu(std::string_view text);

}  // namespace memfit
