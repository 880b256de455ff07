// SPDX-License-Identifier: Apache-2.0
// The typed messages of org.fstracker.Control. What each means is said once, in
// include/fstracker/org.fstracker.Control.varlink; here are the same names in C++, and a test holds both together.
// Plain values; owners are whoever holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/fd.hpp"

namespace fstracker::control {

inline constexpr std::string_view kInterface = "org.fstracker.Control";

// In the order in which they travel.
using Descriptors = std::vector<base::Fd>;

// Bytes that need not be UTF-8: a path, an argument. On the wire "encoded" (percent).
struct Bytes {
    std::string bytes;
    bool operator==(const Bytes&) const = default;
};

// Index among the Descriptors of the same message. Of a message that was read it is in range.
struct DescriptorIndex {
    std::uint32_t index = 0;
    bool operator==(const DescriptorIndex&) const = default;
};

// A JSON object of somebody else's making, as text.
struct JsonObject {
    std::string text = "{}";
    bool operator==(const JsonObject&) const = default;
};

enum class Purpose { kProject, kBaseline, kBaselineSignature, kBaselineKey, kRules };
enum class State { kRecording, kFinishing, kDone, kInterrupted };
enum class Verdict { kClean, kReview, kAlert, kIncomplete };
enum class Phase { kRecording, kDigests, kLooking, kJudging, kWriting };
enum class Level { kInformational, kLow, kMedium, kHigh, kCritical };

struct GivenFile {
    Bytes path;
    Purpose purpose = Purpose::kProject;
    DescriptorIndex descriptor;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool operator==(const GivenFile&) const = default;
};

struct Run {
    std::string run;
    std::string pipeline;
    std::string step;
    std::uint64_t uid = 0;
    std::optional<std::string> user;
    State state = State::kRecording;
    std::string backend;
    std::vector<Bytes> command;
    std::optional<std::string> selector;
    std::string started;
    std::optional<std::string> ended;
    std::optional<Verdict> verdict;
    std::optional<bool> complete;
    bool operator==(const Run&) const = default;
};

struct Problem {
    std::string message;
    std::optional<std::string> hint;
    bool operator==(const Problem&) const = default;
};

struct Progress {
    Phase phase = Phase::kRecording;
    std::optional<std::uint64_t> done;
    std::optional<std::uint64_t> of;
    bool operator==(const Progress&) const = default;
};

struct Outcome {
    std::int64_t exit_code = 125;
    std::optional<JsonObject> summary;
    std::vector<Problem> problems;
    bool operator==(const Outcome&) const = default;
};

struct RunFile {
    std::string name;
    std::uint64_t size = 0;
    DescriptorIndex descriptor;
    bool operator==(const RunFile&) const = default;
};

struct FindingProcess {
    std::int64_t pid = 0;
    std::string image;
    std::optional<std::string> command_line;
    bool operator==(const FindingProcess&) const = default;
};

struct Finding {
    std::optional<std::string> id;
    Level level = Level::kMedium;
    std::optional<std::string> family;
    std::vector<std::string> rules;
    std::string title;
    std::optional<std::string> why;
    std::vector<FindingProcess> processes;
    std::vector<std::string> files;
    std::optional<std::string> time;
    bool operator==(const Finding&) const = default;
};

struct Store {
    std::string path;
    std::uint64_t runs = 0;
    std::uint64_t bytes = 0;
    std::uint64_t free = 0;
    bool operator==(const Store&) const = default;
};

// Methods: what goes in, what comes out.

struct StartRun {
    static constexpr std::string_view kName = "StartRun";
    struct Parameters {
        std::vector<Bytes> command;
        std::string pipeline;
        std::string step;
        std::optional<Bytes> project;
        std::optional<std::string> backend;
        std::optional<std::string> digest;
        std::optional<std::vector<std::string>> after;
        std::optional<std::vector<GivenFile>> files;
        DescriptorIndex process;
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::string run;
        std::string backend;
        bool operator==(const Reply&) const = default;
    };
};

struct FinishRun {
    static constexpr std::string_view kName = "FinishRun";
    struct Parameters {
        std::string run;
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::optional<Progress> progress;
        std::optional<Outcome> outcome;
        bool operator==(const Reply&) const = default;
    };
};

struct AbortRun {
    static constexpr std::string_view kName = "AbortRun";
    struct Parameters {
        std::string run;
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        bool operator==(const Reply&) const = default;
    };
};

struct ListRuns {
    static constexpr std::string_view kName = "ListRuns";
    struct Parameters {
        std::optional<std::string> pipeline;
        std::optional<std::string> step;
        std::optional<std::string> since;
        std::optional<std::uint64_t> uid;
        std::optional<std::uint64_t> limit;
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::vector<Run> runs;
        bool operator==(const Reply&) const = default;
    };
};

struct GetRun {
    static constexpr std::string_view kName = "GetRun";
    struct Parameters {
        std::string run;
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        Run run;
        std::vector<RunFile> files;
        std::uint64_t remaining = 0;
        bool operator==(const Reply&) const = default;
    };
};

struct Subscribe {
    static constexpr std::string_view kName = "Subscribe";
    struct Parameters {
        std::optional<std::string> run;
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::optional<std::string> run;
        std::optional<Finding> finding;
        std::optional<std::uint64_t> lost;
        bool operator==(const Reply&) const = default;
    };
};

struct GetStatus {
    static constexpr std::string_view kName = "GetStatus";
    struct Parameters {
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::string version;
        std::optional<std::string> commit;
        std::optional<std::string> backend;
        std::vector<std::string> hooks;
        std::string started;
        std::uint64_t uptime = 0;  // seconds
        std::vector<Run> runs;
        std::optional<Store> store;
        std::vector<Problem> problems;
        bool operator==(const Reply&) const = default;
    };
};

struct Reload {
    static constexpr std::string_view kName = "Reload";
    struct Parameters {
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::vector<std::string> changed;
        bool operator==(const Reply&) const = default;
    };
};

// Errors of org.fstracker.Control.

struct NoSuchRun {
    std::string run;
    bool operator==(const NoSuchRun&) const = default;
};
struct PermissionDenied {
    std::string what;
    bool operator==(const PermissionDenied&) const = default;
};
struct Refused {
    std::string why;
    std::optional<std::string> hint;
    bool operator==(const Refused&) const = default;
};
struct LimitReached {
    std::string limit;
    std::uint64_t value = 0;
    bool operator==(const LimitReached&) const = default;
};
struct NotReady {
    std::string why;
    bool operator==(const NotReady&) const = default;
};
struct Failed {
    std::string why;
    std::optional<std::string> hint;
    bool operator==(const Failed&) const = default;
};
struct Malformed {
    std::string why;
    bool operator==(const Malformed&) const = default;
};

// Errors of org.varlink.service.

struct InterfaceNotFound {
    std::string interface;
    bool operator==(const InterfaceNotFound&) const = default;
};
struct MethodNotFound {
    std::string method;
    bool operator==(const MethodNotFound&) const = default;
};
struct MethodNotImplemented {
    std::string method;
    bool operator==(const MethodNotImplemented&) const = default;
};
struct InvalidParameter {
    std::string parameter;  // "files[3].offset"
    bool operator==(const InvalidParameter&) const = default;
};
struct ExpectedMore {
    bool operator==(const ExpectedMore&) const = default;
};

// Instead of a reply.
using Refusal = std::variant<NoSuchRun, PermissionDenied, Refused, LimitReached, NotReady, Failed, Malformed,
                             InterfaceNotFound, MethodNotFound, MethodNotImplemented, InvalidParameter, ExpectedMore>;

// Methods of org.varlink.service, which every Varlink service has.

inline constexpr std::string_view kServiceInterface = "org.varlink.service";

struct GetInfo {
    static constexpr std::string_view kName = "GetInfo";
    struct Parameters {
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::string vendor;
        std::string product;
        std::string version;
        std::string url;
        std::vector<std::string> interfaces;
        bool operator==(const Reply&) const = default;
    };
};

struct GetInterfaceDescription {
    static constexpr std::string_view kName = "GetInterfaceDescription";
    struct Parameters {
        std::string interface;
        bool operator==(const Parameters&) const = default;
    };
    struct Reply {
        std::string description;
        bool operator==(const Reply&) const = default;
    };
};

}  // namespace fstracker::control
