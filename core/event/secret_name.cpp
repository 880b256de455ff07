// SPDX-License-Identifier: Apache-2.0
#include "core/event/secret_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace fstracker::event {

namespace {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

using List = std::span<const std::string_view>;

// A word that ends so is a secret, whatever stands before it: PGPASSWORD, clientsecret.
constexpr std::string_view kStrongEndings[] = {"password",   "passwd",    "passphrase", "secret",
                                               "credential", "passwords", "secrets",    "credentials"};
constexpr std::string_view kStrongWords[] = {"creds",      "apikey",  "apikeys",    "secretkey", "accesskey",
                                             "privatekey", "authkey", "accountkey", "sharedkey", "authorization"};
// With one of these at its end a name is about the secret and not the secret: PASSWORD_FILE, secret-id.
constexpr std::string_view kAbout[] = {
    "file",     "path",   "dir",   "url",    "uri",     "host",      "type",   "name",    "id",      "arn",
    "size",     "length", "len",   "policy", "manager", "stdin",     "prompt", "helper",  "version", "store",
    "provider", "column", "field", "format", "hash",    "algorithm", "ttl",    "timeout", "expiry",  "count"};
// These say which of several it is: TOKEN_PROD, password-2.
constexpr std::string_view kDecorations[] = {"prod", "dev", "test", "staging", "value", "base64", "b64", "old", "new"};
// A token of a language model.
constexpr std::string_view kTextTokens[] = {"eos",    "bos",       "pad",  "unk",   "sep",   "cls",   "mask", "special",
                                            "stop",   "start",     "end",  "begin", "max",   "min",   "num",  "per",
                                            "first",  "last",      "next", "image", "video", "audio", "text", "prefix",
                                            "suffix", "separator", "eot",  "sot",   "fim",   "added", "extra"};
constexpr std::string_view kOpenKeys[] = {"public", "sort",   "primary", "foreign", "partition", "cache",
                                          "group",  "join",   "row",     "column",  "image",     "label",
                                          "text",   "target", "feature", "input",   "output"};
constexpr std::string_view kSecretKeys[] = {"api",    "access",      "secret",       "private", "encryption", "signing",
                                            "auth",   "account",     "license",      "master",  "service",    "storage",
                                            "client", "shared",      "deploy",       "openai",  "anthropic",  "wandb",
                                            "hf",     "huggingface", "aws",          "azure",   "gcp",        "google",
                                            "github", "gitlab",      "subscription", "comet"};
constexpr std::string_view kAccounts[] = {"db", "database", "smtp",  "user",  "admin", "root", "ftp",  "mysql",
                                          "pg", "postgres", "redis", "proxy", "http",  "mail", "ldap", "login"};

bool in(std::string_view word, List list) { return std::find(list.begin(), list.end(), word) != list.end(); }

// The words of a name in lower case: parted by '-', '_', '.' and before a capital that follows a small letter.
class Words {
  public:
    explicit Words(std::string_view name) {
        name = name.substr(name.size() - std::min(name.size(), letters_.size()));
        std::size_t start = 0;
        for (std::size_t i = 0; i < name.size(); ++i) {
            const char c = name[i];
            const bool parts = c == '-' || c == '_' || c == '.';
            if (parts || (i > 0 && is_upper(c) && is_lower(name[i - 1]))) {
                add(start, i);
                start = parts ? i + 1 : i;
            }
            letters_[i] = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
        }
        add(start, name.size());
    }

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::string_view last(std::size_t before = 0) const {
        return before < count_ ? words_[count_ - 1 - before] : std::string_view();
    }
    void drop_last() { --count_; }
    void cut_digits_of_last() {
        std::string_view& word = words_[count_ - 1];
        while (!word.empty() && is_digit(word.back())) word.remove_suffix(1);
        if (word.empty()) drop_last();
    }
    template <typename Predicate>
    [[nodiscard]] bool any(Predicate predicate) const {
        return std::any_of(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(count_), predicate);
    }
    [[nodiscard]] bool any_in(List list) const {
        return any([list](std::string_view word) { return in(word, list); });
    }

  private:
    void add(std::size_t start, std::size_t end) {
        if (end > start && count_ < words_.size())
            words_[count_++] = std::string_view(letters_.data() + start, end - start);
    }

    std::array<char, 96> letters_{};
    std::array<std::string_view, 96> words_{};
    std::size_t count_ = 0;
};

bool strong(std::string_view word) {
    const auto ends = [word](std::string_view ending) { return word.ends_with(ending); };
    return in(word, kStrongWords) || std::any_of(std::begin(kStrongEndings), std::end(kStrongEndings), ends);
}

// What any secret's name has in it; keeps the words apart for the few names that need them.
bool may_name_secret(std::string_view name) {
    for (std::size_t i = 0; i + 2 < name.size(); ++i) {
        switch (name[i] | 0x20) {
            case 'k':
                if ((name[i + 1] | 0x20) == 'e' && (name[i + 2] | 0x20) == 'y') return true;
                break;
            case 't':
                if ((name[i + 1] | 0x20) == 'o' && (name[i + 2] | 0x20) == 'k') return true;
                break;
            case 's':
                if ((name[i + 1] | 0x20) == 'e' && (name[i + 2] | 0x20) == 'c') return true;
                break;
            case 'p':
                if ((name[i + 1] | 0x20) == 'a' || (name[i + 1] | 0x20) == 'w') return true;
                break;
            case 'c':
                if ((name[i + 1] | 0x20) == 'r' && (name[i + 2] | 0x20) == 'e') return true;
                break;
            case 'a':
                if ((name[i + 1] | 0x20) == 'u' && (name[i + 2] | 0x20) == 't') return true;
                break;
            default: break;
        }
    }
    return false;
}

}  // namespace

bool names_secret(std::string_view name, NameForm form) {
    if (!may_name_secret(name)) return false;
    Words words(name);
    while (words.count() > 1 && in(words.last(), kDecorations)) words.drop_last();
    if (words.count() > 0 && words.last() != "base64" && words.last() != "b64") words.cut_digits_of_last();
    if (words.count() > 1 && words.last() == "id" && words.last(1).ends_with("key")) words.drop_last();
    if (words.count() == 0) return false;

    const std::string_view last = words.last();
    const bool capitals = std::none_of(name.begin(), name.end(), is_lower);
    if (strong(last)) return true;
    if (words.any(strong) && !in(last, kAbout)) return true;
    if (last.ends_with("token")) return !words.any_in(kTextTokens);
    if (last == "key") return capitals ? !words.any_in(kOpenKeys) : words.any_in(kSecretKeys);
    if (last == "keys") return words.last(1) == "api";
    if (last == "auth") return capitals || form == NameForm::kOption;
    if (last == "pass" || last == "pwd") return words.any_in(kAccounts);
    return false;
}

bool names_authorization(std::string_view name) {
    if (!may_name_secret(name)) return false;
    const Words words(name);
    return words.last() == "authorization";
}

}  // namespace fstracker::event
