// SPDX-License-Identifier: Apache-2.0
// What recorder and helper say to each other, over a pair of SOCK_SEQPACKET sockets. Both are the same executable, so a
// message is a struct as it lies in memory.
//
//   helper    Hello                            once it is confined, or instead when it cannot be
//   recorder  Request, with two descriptors    the content, read-only; a pipe to write the answer into
//   helper    Ended                            the process that parsed has ended; what the pipe holds is all it said
//
// One request at a time. The helper never reads a content: it forks a process for each, which has no way to this
// socket.
#pragma once

#include <cstdint>

#include "capture/parser/sandbox.hpp"

namespace fstracker::capture {

// The first argument of an execution of ours that is to be a helper.
inline constexpr const char* kParserArgument = "--parse-contents";

// Where the helper finds its socket, and the process that parses the two descriptors of its request.
inline constexpr int kParserSocket = 0, kParserContent = 1, kParserAnswer = 2;

struct ParserHello {
    static constexpr std::uint32_t kMagic = 0x50315346;
    std::uint32_t magic = kMagic;
    SandboxReport sandbox;
};

struct ParserRequest {
    std::uint64_t size = 0;  // of the content
    std::uint32_t milliseconds = 0;
    std::uint32_t pad = 0;
};

struct ParserEnded {
    std::int32_t error = 0;   // an errno: no process could be made
    std::int32_t status = 0;  // as wait(2) gives it
};

// Exit statuses of the process that parses.
inline constexpr int kParserDone = 0, kParserMemory = 3, kParserFailed = 4;

}  // namespace fstracker::capture
