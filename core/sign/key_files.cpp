// SPDX-License-Identifier: Apache-2.0
// Keys as files: what may be read by whom, and making them without ever writing over one.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/sign/openssl.hpp"

namespace fstracker::sign {

namespace {

constexpr std::size_t kLargestFile = 1U << 16;

// Bytes that are wiped when they go.
struct Secret {
    std::string bytes;
    Secret() = default;
    explicit Secret(std::string text) : bytes(std::move(text)) {}
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

Status check_private_file(int fd, const std::string& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return base::fail_errno(errno, path);
    if (!S_ISREG(status.st_mode))
        return fail(ErrorKind::kInvalid, path + ": not a regular file", "name the PEM file with the private key");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(
            ErrorKind::kPermission,
            fmt::format("{}: others than its owner may use this key (mode {:04o})", path, status.st_mode & 07777U),
            fmt::format("chmod 600 '{}'", path));
    return {};
}

Status read_all(int fd, const std::string& path, std::string& bytes) {
    bytes.resize(kLargestFile + 1);
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t count = ::read(fd, bytes.data() + have, bytes.size() - have);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return base::fail_errno(errno, path);
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    if (have > kLargestFile) return fail(ErrorKind::kInvalid, path + ": too long to be a key", "name a PEM file");
    bytes.resize(have);
    return {};
}

tl::unexpected<Error> already_there(const std::string& path) {
    return fail(ErrorKind::kInvalid, path + ": already exists, and keys are never overwritten",
                "name another file, or move that one away yourself");
}

// The file appears whole under its name or not at all, and only where there was none: another process that waits for
// the key never sees half of it.
Status place_new_file(const std::string& path, std::string_view bytes, unsigned mode) {
    std::string draft = path + ".XXXXXX";
    base::Fd fd(::mkostemp(draft.data(), O_CLOEXEC));
    if (!fd) return base::fail_errno(errno, path);
    Status done = ::fchmod(fd.get(), mode) == 0 ? Status{} : base::fail_errno(errno, path);
    if (done) done = base::write_all(fd.get(), bytes, path);
    if (done && ::fsync(fd.get()) != 0) done = base::fail_errno(errno, path);
    if (done && ::link(draft.c_str(), path.c_str()) != 0) {
        // File systems without hard links.
        const bool linkless = errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK;
        if (linkless && ::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return {};
        done = errno == EEXIST ? Status(already_there(path)) : Status(base::fail_errno(errno, path));
    }
    ::unlink(draft.c_str());
    return done;
}

}  // namespace

Result<PrivateKey> load_private_key(const std::string& path, std::string_view passphrase) {
    // O_NONBLOCK: a FIFO of that name must not hang the caller; it is refused below.
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) {
        Error error = base::errno_error(errno, path);
        if (error.kind == ErrorKind::kNotFound)
            error.hint = fmt::format("make a key with 'track keys generate {}'", path);
        return fail(std::move(error));
    }
    if (auto fit = check_private_file(fd.get(), path); !fit) return fail(std::move(fit.error()));
    Secret secret;
    if (auto read = read_all(fd.get(), path, secret.bytes); !read) return fail(std::move(read.error()));
    auto key = PrivateKey::from_pem(secret.bytes, passphrase);
    if (!key) return fail(key.error().within(path));
    return key;
}

Result<PublicKey> load_public_key(const std::string& path) {
    auto pem = base::read_file(path, kLargestFile);
    if (!pem) return fail(std::move(pem.error()));
    auto key = PublicKey::from_pem(*pem);
    if (!key) return fail(key.error().within(path));
    return key;
}

Result<PrivateKey> create_key_files(const std::string& path, KeyType type) {
    const std::string public_path = path + ".pub";
    for (const std::string& name : {path, public_path}) {
        struct stat status {};
        if (::lstat(name.c_str(), &status) == 0) return already_there(name);
    }
    const std::string parent = std::filesystem::path(path).parent_path().string();
    const std::string folder = parent.empty() ? "." : parent;
    if (auto made = base::make_directories(folder, 0700); !made) return fail(std::move(made.error()));
    auto key = PrivateKey::generate(type);
    if (!key) return key;
    const Secret secret(key->pem());
    if (secret.bytes.empty())
        return fail(ErrorKind::kSystem, path + ": the key could not be encoded: " + take_openssl_error());
    // The private half first: who meets it, loads it; the public half can always be printed from it.
    if (auto placed = place_new_file(path, secret.bytes, 0600); !placed) return fail(std::move(placed.error()));
    if (auto placed = place_new_file(public_path, key->public_key().pem(), 0644); !placed) {
        ::unlink(path.c_str());
        return fail(std::move(placed.error()));
    }
    if (auto synced = base::sync_directory(folder); !synced) return fail(std::move(synced.error()));
    return key;
}

}  // namespace fstracker::sign
