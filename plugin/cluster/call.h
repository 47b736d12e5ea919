#pragma once

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <utility>

#include "memfit/error.h"

namespace memfit::plugin {

/// A class of failure of a call to the cluster that callers act upon.
enum class CallFailure {
    notFound,
    forbidden,    ///< RBAC or admission; Refusal tells which
    conflict,     ///< changed meanwhile, or exists already
    unreachable,  ///< the API server does not answer: worth another try
    other,
};

/// What a refusal is about, as far as its words say; several may hold.
struct Refusal {
    bool rights = false;     ///< the user has no such right
    bool quota = false;      ///< the quota of the namespace is used up
    bool resources = false;  ///< requests and limits have to be named
    bool security = false;   ///< the Pod Security of the namespace asks for more
    std::string reason;      ///< the words of admission, without what kubectl puts before them
};

/// A call that failed: the words for people that every Error has, and what callers act upon. It is
/// told once, where kubectl is called. What is no failure of a call (a text that is not understood,
/// a signal) is `other`.
struct CallError : Error {
    /// Not explicit: functions that call and read return either.
    CallError(Error error = {}) : Error(std::move(error)) {}

    CallFailure failure = CallFailure::other;
    std::optional<unsigned>
        status;        ///< the API server's; nullopt: it did not answer, or did not say
    std::string said;  ///< kubectl's own words in one line, redacted; empty: it said nothing
    Refusal refusal;
};

/// What a call to the cluster brought.
template <class T>
using Call = boost::system::result<T, CallError>;

}  // namespace memfit::plugin
