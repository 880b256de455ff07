// SPDX-License-Identifier: Apache-2.0
#include "core/report/words.hpp"

#include <array>
#include <utility>

#include "core/report/printable.hpp"

namespace fstracker::report {
namespace {

constexpr std::array<std::pair<std::uint32_t, const char*>, 11> kAccess = {{{event::kRead, "read"},
                                                                            {event::kWrite, "write"},
                                                                            {event::kCreate, "create"},
                                                                            {event::kTruncate, "truncate"},
                                                                            {event::kRename, "rename"},
                                                                            {event::kLink, "link"},
                                                                            {event::kUnlink, "unlink"},
                                                                            {event::kExecute, "execute"},
                                                                            {event::kLoad, "load"},
                                                                            {event::kInherit, "inherit"},
                                                                            {event::kReceive, "receive"}}};

// As one would type it: quoted where a shell would split or expand.
std::string quoted(const std::string& argument) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=:,@%+[]").find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
  };
  bool needs = argument.empty();
  for (const char c : argument) needs = needs || !plain(c);
  if (!needs) return printable(argument);
  std::string out = "'";
  for (const char c : argument) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return printable(out + "'");
}

}  // namespace

const char* word(run::Binding binding) {
  switch (binding) {
    case run::Binding::kKernel: return "kernel";
    case run::Binding::kStable: return "stable";
    case run::Binding::kOwn: return "own";
    case run::Binding::kChanged: return "changed";
    case run::Binding::kContended: return "contended";
    case run::Binding::kNone: return "none";
  }
  return "none";
}

const char* word(event::Refusal refusal) {
  switch (refusal) {
    case event::Refusal::kGone: return "gone";
    case event::Refusal::kTooLarge: return "too-large";
    case event::Refusal::kNotRegular: return "not-regular";
    case event::Refusal::kPermission: return "permission";
    case event::Refusal::kLost: return "lost";
    case event::Refusal::kError: return "error";
  }
  return "error";
}

std::optional<run::Binding> binding_of(const std::string& text) {
  for (const auto binding : {run::Binding::kKernel, run::Binding::kStable, run::Binding::kOwn, run::Binding::kChanged,
                             run::Binding::kContended, run::Binding::kNone}) {
    if (text == word(binding)) return binding;
  }
  return std::nullopt;
}

std::vector<std::string> access_words(std::uint32_t access) {
  std::vector<std::string> words;
  for (const auto& [bit, name] : kAccess) {
    if ((access & bit) != 0) words.emplace_back(name);
  }
  return words;
}

std::uint32_t access_bit(const std::string& text) {
  for (const auto& [bit, name] : kAccess) {
    if (text == name) return bit;
  }
  return 0;
}

const std::vector<std::string>& roles() {
  static const std::vector<std::string> kRoles = {"data",       "model", "output", "code",   "library", "executable",
                                                  "credential", "cache", "config", "temp",   "device",  "other"};
  return kRoles;
}

std::string program_name(const run::Process& process) {
  if (process.executable) return printable(process.executable->path.bytes);
  return process.arguments.empty() ? "(fork)" : printable(process.arguments.front());
}

std::string command_line(const run::Process& process) {
  if (process.arguments.empty()) return program_name(process);
  std::string line;
  for (const auto& argument : process.arguments) line += (line.empty() ? "" : " ") + quoted(argument);
  return process.arguments_truncated ? line + " …" : line;
}

}  // namespace fstracker::report
