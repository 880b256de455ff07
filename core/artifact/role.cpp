// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/role.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace fstracker::artifact {

namespace {

constexpr auto kOutput = "output", kCache = "cache", kTemp = "temp", kCredential = "credential", kConfig = "config",
               kData = "data", kModel = "model", kCode = "code", kLibrary = "library", kExecutable = "executable",
               kDevice = "device", kOther = "other";

// A pattern is matched against the whole path: "X/" anywhere as "/X/", "/X/" at the front; else the path's end, which
// begins at a slash ("/.netrc") or at a suffix (".csv").
struct Pattern {
    std::string_view text;
    const char* role;
};

// Secrets, which stay secrets in whatever way they are used.
constexpr std::array kSecrets = std::to_array<Pattern>({
    {".ssh/", kCredential},
    {".gnupg/", kCredential},
    {".aws/", kCredential},
    {".azure/", kCredential},
    {".kaggle/", kCredential},
    {".config/gcloud/", kCredential},
    {"/.docker/config.json", kCredential},
    {"/.kube/config", kCredential},
    {"/.netrc", kCredential},
    {"/.pgpass", kCredential},
    {"/.pypirc", kCredential},
    {"/.npmrc", kCredential},
    {"/.git-credentials", kCredential},
    {"/.env", kCredential},
    {"/huggingface/token", kCredential},
    {"/huggingface/stored_tokens", kCredential},
    {"/etc/shadow", kCredential},
    {"/etc/gshadow", kCredential},
    {"/etc/sudoers", kCredential},
    {"/etc/ssl/private/", kCredential},
    {"/run/secrets/", kCredential},
    {"/var/run/secrets/", kCredential},
});

constexpr std::array kSuffixes = std::to_array<Pattern>({
    {".safetensors", kModel}, {".gguf", kModel},  {".ggml", kModel},    {".onnx", kModel},    {".pt", kModel},
    {".pth", kModel},         {".ckpt", kModel},  {".h5", kModel},      {".keras", kModel},   {".joblib", kModel},
    {".tflite", kModel},      {".pb", kModel},    {".mlmodel", kModel}, {".engine", kModel},  {".csv", kData},
    {".tsv", kData},          {".npy", kData},    {".npz", kData},      {".parquet", kData},  {".arrow", kData},
    {".feather", kData},      {".orc", kData},    {".avro", kData},     {".tfrecord", kData}, {".jsonl", kData},
    {".ndjson", kData},       {".hdf5", kData},   {".lmdb", kData},     {".mat", kData},      {".png", kData},
    {".jpg", kData},          {".jpeg", kData},   {".webp", kData},     {".gif", kData},      {".bmp", kData},
    {".tif", kData},          {".tiff", kData},   {".wav", kData},      {".flac", kData},     {".mp3", kData},
    {".mp4", kData},          {".txt.gz", kData}, {".csv.gz", kData},   {".jsonl.gz", kData}, {".csv.zst", kData},
    {".jsonl.zst", kData},    {".py", kCode},     {".pyc", kCode},      {".pyi", kCode},      {".ipynb", kCode},
    {".sh", kCode},           {".bash", kCode},   {".js", kCode},       {".mjs", kCode},      {".ts", kCode},
    {".pl", kCode},           {".pm", kCode},     {".rb", kCode},       {".lua", kCode},      {".r", kCode},
    {".jl", kCode},           {".c", kCode},      {".h", kCode},        {".cc", kCode},       {".cpp", kCode},
    {".hpp", kCode},          {".cu", kCode},     {".rs", kCode},       {".go", kCode},       {".java", kCode},
    {".sql", kCode},          {".yaml", kConfig}, {".yml", kConfig},    {".toml", kConfig},   {".json", kConfig},
    {".ini", kConfig},        {".cfg", kConfig},  {".conf", kConfig},   {".cnf", kConfig},    {".properties", kConfig},
});

// What is left when neither use nor suffix said more; and what a run leaves in a cache is no result of it.
constexpr std::array kFolders = std::to_array<Pattern>({
    {"__pycache__/", kCache},
    {".cache/", kCache},
    {"/var/cache/", kCache},
    {"/tmp/", kTemp},
    {"/dev/shm/", kTemp},
    {"/memfd:", kTemp},
    {"/var/tmp/", kTemp},
    {"/etc/", kConfig},
    {".config/", kConfig},
});

// Libraries also where they are only read: a linker, an inspector, a package's check.
bool is_shared_object(std::string_view path) {
    const std::string_view name = path.substr(path.find_last_of('/') + 1);
    const std::size_t at = name.find(".so");
    if (at == std::string_view::npos || at == 0) return false;
    const std::string_view rest = name.substr(at + 3);
    return rest.empty() ||
           (rest.front() == '.' && rest.size() > 1 && std::isdigit(static_cast<unsigned char>(rest[1])) != 0);
}

bool matches(std::string_view path, std::string_view pattern) {
    if (pattern.front() == '/' && (pattern.back() == '/' || pattern.back() == ':')) return path.starts_with(pattern);
    if (pattern.back() != '/') return path.ends_with(pattern);
    for (std::size_t at = path.find(pattern); at != std::string_view::npos; at = path.find(pattern, at + 1)) {
        if (at == 0 || path[at - 1] == '/') return true;
    }
    return false;
}

template <std::size_t N>
const char* look_up(std::string_view path, const std::array<Pattern, N>& patterns) {
    const auto found =
        std::find_if(patterns.begin(), patterns.end(), [&](const Pattern& p) { return matches(path, p.text); });
    return found == patterns.end() ? nullptr : found->role;
}

std::string lower(std::string_view text) {
    std::string lowered(text);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lowered;
}

// OpenSSH's own names for private keys, wherever they lie.
bool is_key_file(std::string_view path) {
    const std::string_view name = path.substr(path.find_last_of('/') + 1);
    return name == "id_rsa" || name == "id_ecdsa" || name == "id_ed25519" || name == "id_dsa";
}

// In the same folders, and nothing that anybody could log in with.
bool is_beside_secrets(std::string_view path) {
    const std::string_view name = path.substr(path.find_last_of('/') + 1);
    return path.ends_with("/.aws/config") || path.ends_with("/.ssh/config") || name.ends_with(".pub") ||
           name.starts_with("known_hosts") || name == "authorized_keys";
}

// What Python's site module executes when the interpreter starts; elsewhere .pth is a PyTorch checkpoint.
bool is_path_hook(std::string_view path) {
    return path.ends_with(".pth") && (path.find("/site-packages/") != std::string_view::npos ||
                                      path.find("/dist-packages/") != std::string_view::npos);
}

// A pickle is what it holds: an estimator or a network, or else tables and lists.
bool holds_a_model(const run::FileEntry& entry) {
    constexpr std::array<std::string_view, 9> kLibraries = {"sklearn.",    "torch.",        "xgboost.",
                                                            "lightgbm.",   "catboost.",     "keras.",
                                                            "tensorflow.", "transformers.", "statsmodels."};
    return std::any_of(entry.imports.begin(), entry.imports.end(), [&](const std::string& name) {
        return std::any_of(kLibraries.begin(), kLibraries.end(),
                           [&](std::string_view library) { return name.starts_with(library); });
    });
}

// What Python and its packages bring along for themselves, as tables of a parser.
bool is_in_a_package(std::string_view path) {
    return path.find("/site-packages/") != std::string_view::npos ||
           path.find("/dist-packages/") != std::string_view::npos || path.starts_with("/usr/lib/python");
}

// Of formats that say themselves what they are; a name cannot say otherwise.
const char* by_content(const run::FileEntry& entry) {
    const std::string_view format = entry.format;
    for (const char* model : {"safetensors", "gguf", "onnx", "pytorch", "torch-legacy", "keras"})
        if (format == model) return kModel;
    for (const char* data : {"npy", "npz", "parquet", "arrow", "tfrecord"})
        if (format == data) return kData;
    if (format == "pickle" || format == "joblib") {
        if (holds_a_model(entry)) return kModel;
        return is_in_a_package(entry.path.bytes) ? nullptr : kData;
    }
    return nullptr;
}

// Where neither name nor place says anything. What the system brings along is nobody's data.
const char* by_weak_content(const run::FileEntry& entry) {
    const std::string_view path = entry.path.bytes;
    constexpr mode_t kAnyExecute = 0111;
    if (entry.format == "elf" && (entry.mode & kAnyExecute) != 0) return kExecutable;
    if (entry.format == "python") return kCode;
    if (path.starts_with("/usr/") || path.starts_with("/proc/") || path.starts_with("/sys/") || is_in_a_package(path))
        return nullptr;
    for (const char* data : {"csv", "jsonl", "hdf5", "sqlite"})
        if (entry.format == data) return kData;
    return nullptr;
}

}  // namespace

std::string role_of(const run::FileEntry& entry, const DeclaredRoles& declared) {
    const mode_t type = entry.mode & S_IFMT;
    if (type != S_IFCHR && type != S_IFBLK)
        if (const auto role = declared.role_of(entry.path.bytes)) return std::string(*role);
    return role_of(entry);
}

std::string role_of(const run::FileEntry& entry) {
    const mode_t type = entry.mode & S_IFMT;
    if (type == S_IFCHR || type == S_IFBLK) return kDevice;
    const std::string_view path = entry.path.bytes;
    if (is_key_file(path) || (look_up(path, kSecrets) != nullptr && !is_beside_secrets(path))) return kCredential;

    const char* by_suffix = look_up(lower(path), kSuffixes);
    if ((entry.access & event::kExecute) != 0) return by_suffix == kCode ? kCode : kExecutable;
    if ((entry.access & event::kLoad) != 0) return kLibrary;
    const char* by_folder = look_up(path, kFolders);
    if (entry.output) return by_folder == kCache ? kCache : kOutput;
    if (const char* told = by_content(entry)) return told;
    if (is_shared_object(path)) return kLibrary;
    if (is_path_hook(path)) return kCode;
    if (by_suffix != nullptr) return by_suffix;
    if (by_folder != nullptr) return by_folder;
    const char* guessed = by_weak_content(entry);
    return guessed != nullptr ? guessed : kOther;
}

}  // namespace fstracker::artifact
