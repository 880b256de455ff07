// SPDX-License-Identifier: Apache-2.0
// The fields of each message, said once: visit(message, visitor) calls visitor("name", member) for each in the order of
// the interface description. Reading, writing and describing are visitors (wire.cpp).
#pragma once

#include <array>
#include <string_view>
#include <type_traits>

#include "daemon/control/messages.hpp"

namespace fstracker::control {

// A message or its const.
template <typename T, typename Message>
concept Is = std::is_same_v<std::remove_const_t<T>, Message>;

// What an enumeration is called, and its words in the order of the enumerators.
template <typename Enum>
struct Words;
template <>
struct Words<Purpose> {
    static constexpr std::string_view kName = "Purpose";
    static constexpr std::array<std::string_view, 5> kWords = {"project", "baseline", "baselineSignature",
                                                               "baselineKey", "rules"};
};
template <>
struct Words<State> {
    static constexpr std::string_view kName = "State";
    static constexpr std::array<std::string_view, 4> kWords = {"recording", "finishing", "done", "interrupted"};
};
template <>
struct Words<Verdict> {
    static constexpr std::string_view kName = "Verdict";
    static constexpr std::array<std::string_view, 4> kWords = {"CLEAN", "REVIEW", "ALERT", "INCOMPLETE"};
};
template <>
struct Words<Phase> {
    static constexpr std::string_view kName = "Phase";
    static constexpr std::array<std::string_view, 5> kWords = {"recording", "digests", "looking", "judging", "writing"};
};
template <>
struct Words<Level> {
    static constexpr std::string_view kName = "Level";
    static constexpr std::array<std::string_view, 5> kWords = {"informational", "low", "medium", "high", "critical"};
};

// What the description calls a type or an error.
template <typename Message>
inline constexpr std::string_view kTypeName = "";
template <>
inline constexpr std::string_view kTypeName<GivenFile> = "GivenFile";
template <>
inline constexpr std::string_view kTypeName<Run> = "Run";
template <>
inline constexpr std::string_view kTypeName<Problem> = "Problem";
template <>
inline constexpr std::string_view kTypeName<Progress> = "Progress";
template <>
inline constexpr std::string_view kTypeName<Outcome> = "Outcome";
template <>
inline constexpr std::string_view kTypeName<RunFile> = "RunFile";
template <>
inline constexpr std::string_view kTypeName<FindingProcess> = "FindingProcess";
template <>
inline constexpr std::string_view kTypeName<Finding> = "Finding";
template <>
inline constexpr std::string_view kTypeName<Store> = "Store";
template <>
inline constexpr std::string_view kTypeName<NoSuchRun> = "NoSuchRun";
template <>
inline constexpr std::string_view kTypeName<PermissionDenied> = "PermissionDenied";
template <>
inline constexpr std::string_view kTypeName<Refused> = "Refused";
template <>
inline constexpr std::string_view kTypeName<LimitReached> = "LimitReached";
template <>
inline constexpr std::string_view kTypeName<NotReady> = "NotReady";
template <>
inline constexpr std::string_view kTypeName<Failed> = "Failed";
template <>
inline constexpr std::string_view kTypeName<Malformed> = "Malformed";
template <>
inline constexpr std::string_view kTypeName<InterfaceNotFound> = "InterfaceNotFound";
template <>
inline constexpr std::string_view kTypeName<MethodNotFound> = "MethodNotFound";
template <>
inline constexpr std::string_view kTypeName<MethodNotImplemented> = "MethodNotImplemented";
template <>
inline constexpr std::string_view kTypeName<InvalidParameter> = "InvalidParameter";
template <>
inline constexpr std::string_view kTypeName<ExpectedMore> = "ExpectedMore";

// Errors that belong to org.varlink.service; the others are ours.
template <typename Error>
inline constexpr bool kOfService = std::is_same_v<Error, InterfaceNotFound> || std::is_same_v<Error, MethodNotFound> ||
                                   std::is_same_v<Error, MethodNotImplemented> ||
                                   std::is_same_v<Error, InvalidParameter> || std::is_same_v<Error, ExpectedMore>;

void visit(Is<GivenFile> auto& m, auto&& v) {
    v("path", m.path);
    v("purpose", m.purpose);
    v("descriptor", m.descriptor);
    v("offset", m.offset);
    v("size", m.size);
}

void visit(Is<Run> auto& m, auto&& v) {
    v("run", m.run);
    v("pipeline", m.pipeline);
    v("step", m.step);
    v("uid", m.uid);
    v("user", m.user);
    v("state", m.state);
    v("backend", m.backend);
    v("command", m.command);
    v("selector", m.selector);
    v("started", m.started);
    v("ended", m.ended);
    v("verdict", m.verdict);
    v("complete", m.complete);
}

void visit(Is<Problem> auto& m, auto&& v) {
    v("message", m.message);
    v("hint", m.hint);
}

void visit(Is<Progress> auto& m, auto&& v) {
    v("phase", m.phase);
    v("done", m.done);
    v("of", m.of);
}

void visit(Is<Outcome> auto& m, auto&& v) {
    v("exitCode", m.exit_code);
    v("summary", m.summary);
    v("problems", m.problems);
}

void visit(Is<RunFile> auto& m, auto&& v) {
    v("name", m.name);
    v("size", m.size);
    v("descriptor", m.descriptor);
}

void visit(Is<FindingProcess> auto& m, auto&& v) {
    v("pid", m.pid);
    v("image", m.image);
    v("commandLine", m.command_line);
}

void visit(Is<Finding> auto& m, auto&& v) {
    v("id", m.id);
    v("level", m.level);
    v("family", m.family);
    v("rules", m.rules);
    v("title", m.title);
    v("why", m.why);
    v("processes", m.processes);
    v("files", m.files);
    v("time", m.time);
}

void visit(Is<Store> auto& m, auto&& v) {
    v("path", m.path);
    v("runs", m.runs);
    v("bytes", m.bytes);
    v("free", m.free);
}

void visit(Is<StartRun::Parameters> auto& m, auto&& v) {
    v("command", m.command);
    v("pipeline", m.pipeline);
    v("step", m.step);
    v("project", m.project);
    v("backend", m.backend);
    v("digest", m.digest);
    v("after", m.after);
    v("files", m.files);
    v("process", m.process);
}
void visit(Is<StartRun::Reply> auto& m, auto&& v) {
    v("run", m.run);
    v("backend", m.backend);
}

void visit(Is<FinishRun::Parameters> auto& m, auto&& v) { v("run", m.run); }
void visit(Is<FinishRun::Reply> auto& m, auto&& v) {
    v("progress", m.progress);
    v("outcome", m.outcome);
}

void visit(Is<AbortRun::Parameters> auto& m, auto&& v) { v("run", m.run); }
void visit(Is<AbortRun::Reply> auto&, auto&&) {}

void visit(Is<ListRuns::Parameters> auto& m, auto&& v) {
    v("pipeline", m.pipeline);
    v("step", m.step);
    v("since", m.since);
    v("uid", m.uid);
    v("limit", m.limit);
}
void visit(Is<ListRuns::Reply> auto& m, auto&& v) { v("runs", m.runs); }

void visit(Is<GetRun::Parameters> auto& m, auto&& v) { v("run", m.run); }
void visit(Is<GetRun::Reply> auto& m, auto&& v) {
    v("run", m.run);
    v("files", m.files);
    v("remaining", m.remaining);
}

void visit(Is<Subscribe::Parameters> auto& m, auto&& v) { v("run", m.run); }
void visit(Is<Subscribe::Reply> auto& m, auto&& v) {
    v("run", m.run);
    v("finding", m.finding);
    v("lost", m.lost);
}

void visit(Is<GetStatus::Parameters> auto&, auto&&) {}
void visit(Is<GetStatus::Reply> auto& m, auto&& v) {
    v("version", m.version);
    v("commit", m.commit);
    v("backend", m.backend);
    v("hooks", m.hooks);
    v("started", m.started);
    v("uptime", m.uptime);
    v("runs", m.runs);
    v("store", m.store);
    v("problems", m.problems);
}

void visit(Is<Reload::Parameters> auto&, auto&&) {}
void visit(Is<Reload::Reply> auto& m, auto&& v) { v("changed", m.changed); }

void visit(Is<NoSuchRun> auto& m, auto&& v) { v("run", m.run); }
void visit(Is<PermissionDenied> auto& m, auto&& v) { v("what", m.what); }
void visit(Is<Refused> auto& m, auto&& v) {
    v("why", m.why);
    v("hint", m.hint);
}
void visit(Is<LimitReached> auto& m, auto&& v) {
    v("limit", m.limit);
    v("value", m.value);
}
void visit(Is<NotReady> auto& m, auto&& v) { v("why", m.why); }
void visit(Is<Failed> auto& m, auto&& v) {
    v("why", m.why);
    v("hint", m.hint);
}
void visit(Is<Malformed> auto& m, auto&& v) { v("why", m.why); }

void visit(Is<InterfaceNotFound> auto& m, auto&& v) { v("interface", m.interface); }
void visit(Is<MethodNotFound> auto& m, auto&& v) { v("method", m.method); }
void visit(Is<MethodNotImplemented> auto& m, auto&& v) { v("method", m.method); }
void visit(Is<InvalidParameter> auto& m, auto&& v) { v("parameter", m.parameter); }
void visit(Is<ExpectedMore> auto&, auto&&) {}

void visit(Is<GetInfo::Parameters> auto&, auto&&) {}
void visit(Is<GetInfo::Reply> auto& m, auto&& v) {
    v("vendor", m.vendor);
    v("product", m.product);
    v("version", m.version);
    v("url", m.url);
    v("interfaces", m.interfaces);
}
void visit(Is<GetInterfaceDescription::Parameters> auto& m, auto&& v) { v("interface", m.interface); }
void visit(Is<GetInterfaceDescription::Reply> auto& m, auto&& v) { v("description", m.description); }

}  // namespace fstracker::control
