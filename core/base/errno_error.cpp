// SPDX-License-Identifier: Apache-2.0
#include "core/base/errno_error.hpp"

#include <cerrno>
#include <string>
#include <system_error>

namespace fstracker::base {

namespace {

ErrorKind kind_of(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR: return ErrorKind::kNotFound;
        case EACCES:
        case EPERM: return ErrorKind::kPermission;
        case ENOSYS:
        case EOPNOTSUPP: return ErrorKind::kUnsupported;
        case EINVAL:
        case EISDIR: return ErrorKind::kInvalid;
        default: return ErrorKind::kSystem;
    }
}

std::string hint_of(int number) {
    switch (number) {
        case ENOSPC: return "free space on that file system, or choose another place";
        case EDQUOT: return "the disk quota is used up: free space or choose another place";
        case EROFS: return "the file system is read-only: choose another place";
        case EACCES:
        case EPERM: return "check who owns it and its mode, or run as root";
        default: return {};
    }
}

}  // namespace

Error errno_error(int number, std::string_view what) {
    return Error{kind_of(number), std::string(what) + ": " + std::generic_category().message(number), hint_of(number)};
}

}  // namespace fstracker::base
