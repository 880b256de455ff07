// SPDX-License-Identifier: Apache-2.0
// Random events whose fields are in their ranges, and biased towards the values where encodings break.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <variant>

#include "core/event/event.hpp"

namespace fstracker::event::testing {

class RandomEvents {
  public:
    explicit RandomEvents(std::uint64_t seed) : engine_(seed) {}

    Event next(std::size_t kind) {
        switch (kind) {
            case 0: return Fork{common(), number<ProcessId>(), number<std::uint32_t>()};
            case 1: return exec();
            case 2:
                return Exit{common(),
                            number<std::int32_t>(),
                            number<std::uint64_t>(),
                            number<std::uint64_t>(),
                            number<std::uint64_t>(),
                            number<std::uint64_t>()};
            case 3:
                return FileAccess{common(), access(), number<std::int32_t>(),
                                  object(), path(),   number<std::uint32_t>()};
            case 4: return name_change();
            case 5: return connect();
            case 6: return ForeignWriter{common(), object(), text(), path()};
            case 7: return Blind{common(), 1 + below(11), number<std::int32_t>()};
            case 8:
                return FoldTotal{
                    number<ProcessId>(),    id(), access(), number<std::uint64_t>(), number<std::int64_t>(),
                    number<std::uint32_t>()};
            case 9: return digested();
            case 10: return final_stamp();
            case 11: return Unchanged{number<std::uint64_t>()};
            case 12: return renamed();
            case 13: return counters();
            case 14:
                return RecorderCounters{number<std::uint64_t>(), number<std::uint64_t>(), number<std::uint64_t>(),
                                        number<std::uint64_t>(), number<std::uint64_t>()};
            case 15: return BlindSpot{text(), coin()};
            default: return RunEnded{number<std::int64_t>(), number<std::int32_t>(), coin(), text()};
        }
    }

    std::string text() {
        static const std::string kPieces[] = {"train.py",
                                              "%",
                                              "%41",
                                              "\"",
                                              "\\",
                                              "\n",
                                              "\x01",
                                              "\x7F",
                                              "\xC2\x9B",
                                              "\xC3\xA9",
                                              "\xE2\x82",
                                              "\xE2\x82\xAC",
                                              "\xED\xA0\x80",
                                              "\xC0\xAF",
                                              "\xFF",
                                              "\xF0\x9F\x98\x80",
                                              "\xF4\x90\x80\x80",
                                              "\xE0\x80\x80",
                                              "\xF0\x80\x80\x80",
                                              std::string(1, '\0'),
                                              "é{}[],:"};
        std::string bytes;
        const std::uint32_t pieces = below(6);
        for (std::uint32_t i = 0; i < pieces; ++i)
            bytes += coin() ? kPieces[below(std::size(kPieces))] : std::string(1, static_cast<char>(below(256)));
        return bytes;
    }

  private:
    std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(engine_() % bound); }
    bool coin() { return below(2) == 0; }

    template <typename Number>
    Number number() {
        switch (below(5)) {
            case 0: return 0;
            case 1: return std::numeric_limits<Number>::max();
            case 2: return std::numeric_limits<Number>::min();
            case 3: return static_cast<Number>(below(1000));
            default: return static_cast<Number>(engine_());
        }
    }

    Common common() {
        return {number<ProcessId>(),     number<std::uint32_t>(), number<std::int64_t>(),
                number<std::uint32_t>(), number<std::uint64_t>(), number<std::uint16_t>()};
    }
    ObjectId id() { return {number<std::uint32_t>(), number<std::uint64_t>(), number<std::uint32_t>()}; }
    Stamp stamp() { return {number<std::uint64_t>(), number<std::int64_t>(), number<std::int64_t>()}; }
    Object object() {
        return {id(),
                stamp(),
                number<std::uint32_t>(),
                number<std::int32_t>(),
                number<std::uint32_t>(),
                number<std::uint32_t>(),
                number<std::uint64_t>()};
    }
    Path path() { return {text(), coin(), coin(), coin()}; }
    std::uint32_t access() { return below(kAccessMask + 1); }
    NameOperation operation() { return static_cast<NameOperation>(1 + below(9)); }

    Exec exec() {
        Exec exec{};
        exec.common = common();
        exec.parent = number<ProcessId>();
        exec.uid = number<std::uint32_t>();
        exec.gid = number<std::uint32_t>();
        exec.object = object();
        exec.path = path();
        exec.is_script = coin();
        if (coin()) exec.script = object();
        if (coin()) exec.script_path = path();
        exec.filename = text();
        exec.directory = path();
        for (std::uint32_t i = below(5); i > 0; --i) exec.arguments.push_back(text());
        exec.argument_count = number<std::uint32_t>();
        exec.arguments_truncated = coin();
        return exec;
    }
    NameChange name_change() {
        NameChange change{common(), operation(), number<std::uint32_t>(), {}, path(), text(), path(), text()};
        for (std::uint32_t i = below(5); i > 0; --i) change.touched.push_back(object());
        return change;
    }
    Connect connect() {
        static constexpr std::uint16_t kFamilies[] = {1, 2, 10, 16, 40};
        Connect connect{};
        connect.common = common();
        connect.family = kFamilies[below(std::size(kFamilies))];
        connect.protocol = number<std::uint16_t>();
        connect.port = number<std::uint16_t>();
        const std::size_t bytes = 4 * std::size_t{below(5)};
        for (std::size_t i = 0; i < bytes; ++i) connect.address[i] = static_cast<std::uint8_t>(below(256));
        connect.path = text();
        connect.bound = text();
        connect.place = path();
        return connect;
    }
    Digested digested() {
        Digested digested{};
        digested.time = number<std::int64_t>();
        digested.object = id();
        digested.wanted = stamp();
        digested.before = stamp();
        digested.after = stamp();
        if (coin())
            for (std::uint8_t& byte : digested.digest.emplace()) byte = static_cast<std::uint8_t>(below(256));
        digested.refusal = static_cast<Refusal>(below(6));
        digested.cached = coin();
        digested.verity = coin();
        digested.verity_digest = text();
        return digested;
    }
    FinalStamp final_stamp() {
        FinalStamp final_stamp{};
        final_stamp.object = id();
        if (coin()) final_stamp.stamp = stamp();
        for (std::uint32_t i = below(3); i > 0; --i) final_stamp.gone_paths.push_back(text());
        return final_stamp;
    }
    Renamed renamed() {
        Renamed renamed{common(), operation(), std::nullopt, path(), path()};
        if (coin()) renamed.object = object();
        return renamed;
    }
    Counters counters() {
        Counters counters{};
        counters.kind = text();
        counters.seen = number<std::uint64_t>();
        counters.folded = number<std::uint64_t>();
        counters.delivered = number<std::uint64_t>();
        for (std::uint32_t i = below(4); i > 0; --i) counters.lost[text()] = number<std::uint64_t>();
        counters.truncated = number<std::uint64_t>();
        counters.unreadable = number<std::uint64_t>();
        return counters;
    }

    std::mt19937_64 engine_;
};

}  // namespace fstracker::event::testing
