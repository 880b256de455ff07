// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/places.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/sign/key.hpp"

namespace fstracker::cli {
namespace {

struct KeysOptions {
    std::string what;
    std::string file;
    std::string type = "p256";
    bool id = false;
    bool json = false;
};

const char* type_name(sign::KeyType type) {
    switch (type) {
        case sign::KeyType::kEcdsaP256: return "p256";
        case sign::KeyType::kEd25519: return "ed25519";
    }
    return "";
}

std::string as_json(const sign::PublicKey& key, const std::string& path) {
    return nlohmann::json{{"id", key.id()}, {"type", type_name(key.type())}, {"publicKey", key.pem()}, {"file", path}}
               .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
           '\n';
}

Result<int> finish(const Status& printed) {
    if (!printed) return fail(printed.error());
    return 0;
}

Result<int> generate(const KeysOptions& options, const std::string& path) {
    const auto type = options.type == "ed25519" ? sign::KeyType::kEd25519 : sign::KeyType::kEcdsaP256;
    const auto key = sign::create_key_files(path, type);
    if (!key) return fail(key.error());
    const auto public_key = key->public_key();
    if (options.json) return finish(print(as_json(public_key, path)));
    if (options.id) return finish(print(public_key.id() + '\n'));
    return finish(print("private key: " + path + " (mode 0600)\npublic key:  " + path +
                        ".pub\nid:          " + public_key.id() + '\n'));
}

Result<int> show(const KeysOptions& options, const std::string& path) {
    const auto given = !options.file.empty();
    // What would sign is the private key; its public half is taken from there, and from KEY.pub only where it is
    // locked.
    Result<sign::PublicKey> key = configured_public_key();
    if (given) {
        const auto private_key = sign::load_private_key(path, key_passphrase());
        key = private_key ? Result<sign::PublicKey>(private_key->public_key()) : sign::load_public_key(path);
    }
    if (!key) {
        auto error = key.error();
        if (error.kind == ErrorKind::kNotFound)
            error.hint = "the first run makes one; or make it now: track keys generate";
        return fail(std::move(error));
    }
    if (options.json) return finish(print(as_json(*key, path)));
    return finish(print(options.id ? key->id() + '\n' : key->pem()));
}

Result<int> run(const KeysOptions& options) {
    std::string path = options.file;
    if (path.empty()) {
        auto standard = default_key_path();
        if (!standard) return fail(standard.error());
        path = *standard;
    }
    return options.what == "generate" ? generate(options, path) : show(options, path);
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<KeysOptions>();
    app.add_option("ACTION", options->what, "generate: make a key pair, FILE and FILE.pub. show: print the public half")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"generate", "show"}));
    app.add_option("FILE", options->file, "The private key. Default: the key that would sign a run started now")
        ->type_name("");
    app.add_option("--type", options->type,
                   "Of a key that is made: p256 (every verifier takes it) or ed25519. Default: p256")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"p256", "ed25519"}));
    app.add_flag("--id", options->id,
                 "Print the key's id instead: base64 of the SHA-256 of its public half, as in the bundle's hint");
    app.add_flag("--json", options->json, "As JSON");
    return [options] { return run(*options); };
}

}  // namespace

const Verb kKeysVerb = {
    "keys",
    "keys [OPTIONS] generate|show [FILE]",
    "Make a key pair, or print the public half",
    "Keys are PEM. A private key may be encrypted; the passphrase is taken from FSTRACKER_KEY_PASSPHRASE. "
    "An existing file is never overwritten.\n\n"
    "Exit status: 0; 2 when there is no such key, or it could not be made or read.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
