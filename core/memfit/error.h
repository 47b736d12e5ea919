#pragma once

#include <boost/system/result.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace memfit {

/// What class of failure an Error is. The command line maps each kind to one exit code.
enum class ErrorKind {
    usage,         ///< the command line asks for something that does not exist or does not fit
    input,         ///< a text that was given (file, quantity, page) is malformed
    failed,        ///< the world did not do what was asked: program, load, cluster, kernel
    inconclusive,  ///< everything worked, but no answer within the bounds
    interrupted,   ///< a signal or a closed output ended the run
};

/// Where in an input text a problem sits. Line and column count from 1; 0 means unknown.
struct Location {
    std::string file;
    int line = 0;
    int column = 0;

    friend bool operator==(const Location&, const Location&) = default;
};

/// A failure as a value. Core functions return it, never print it and never exit.
struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string what;  ///< what failed and where, without "error:" and without a final full stop
    std::string next;  ///< the next thing to try; empty when there is none
    std::optional<Location> at;

    /// One line: `file:line:column: what; next`.
    [[nodiscard]] std::string message() const;

    friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = boost::system::result<T, Error>;

[[nodiscard]] inline Error usageError(std::string what, std::string next = {}) {
    return {ErrorKind::usage, std::move(what), std::move(next), std::nullopt};
}
[[nodiscard]] inline Error inputError(std::string what, std::string next = {},
                                      std::optional<Location> at = std::nullopt) {
    return {ErrorKind::input, std::move(what), std::move(next), std::move(at)};
}
[[nodiscard]] inline Error failure(std::string what, std::string next = {}) {
    return {ErrorKind::failed, std::move(what), std::move(next), std::nullopt};
}

/// Called by Result::value() on an error: taking the value without looking is a bug of the caller.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
    throw std::logic_error("unchecked error: " + error.message());
}

}  // namespace memfit
