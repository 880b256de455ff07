// SPDX-License-Identifier: Apache-2.0
// Recoverable errors as values. Every function that can fail on input or on the system returns Result<T>;
// exceptions are caught where a library throws them, and once more in main.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace fstracker {

// What a caller may want to tell apart. Exit statuses are decided in cli/, from these.
enum class ErrorKind {
    kInvalid,      // input that is wrong: an argument, a file's content
    kNotFound,     // something named is not there
    kPermission,   // not allowed
    kUnsupported,  // this host, kernel or build cannot
    kSystem,       // a system call failed for another reason (disk full, I/O)
};

// message: what failed and why, naming the thing, without a trailing full stop. hint: what the reader can do; may be empty.
struct Error {
    ErrorKind kind = ErrorKind::kInvalid;
    std::string message;
    std::string hint;

    // The same error with "CONTEXT: " put before its message.
    [[nodiscard]] Error within(std::string_view context) const {
        return Error{kind, std::string(context) + ": " + message, hint};
    }
};

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
    return tl::unexpected<Error>(Error{kind, std::move(message), std::move(hint)});
}

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace fstracker
