// SPDX-License-Identifier: Apache-2.0
// The two directions of the event log behind one set of names, so that log.cpp describes each kind once. A member is a
// key and a value; `next` says whether the member is there (writing: as told; reading: as the text goes on), `require`
// that it must be. Keys and words are plain ASCII that needs no escape. Internal to core/event.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/event/log_text.hpp"
#include "core/event/object.hpp"

namespace fstracker::event {

class LogWriter {
  public:
    static constexpr bool kReads = false;
    template <typename T>
    using As = const T;

    explicit LogWriter(std::string& out) : out_(out) {}

    bool next(std::string_view key, bool present) {
        if (!present) return false;
        out_.append(first_ ? "\"" : ",\"");
        first_ = false;
        out_.append(key).append("\":", 2);
        return true;
    }
    bool require(std::string_view key) { return next(key, true); }

    void open(char bracket) {
        out_ += bracket;
        first_ = true;
    }
    void close(char bracket) {
        out_ += bracket;
        first_ = false;
    }
    void item() { comma(); }
    void colon() { out_ += ':'; }

    template <typename Number>
    void number(Number value) {
        const fmt::format_int text(value);
        out_.append(text.data(), text.size());
    }
    void truth() { out_ += "true"; }
    void text(std::string_view bytes) {
        out_ += '"';
        append_escaped(out_, bytes);
        out_ += '"';
    }
    void word(std::string_view plain) {
        out_ += '"';
        out_ += plain;
        out_ += '"';
    }
    void id(const ObjectId& value) {
        out_ += '"';
        append_text(out_, value);
        out_ += '"';
    }

  private:
    void comma() {
        if (!first_) out_ += ',';
        first_ = false;
    }

    std::string& out_;
    bool first_ = true;
};

// After the first fault everything else is ignored, and values are whatever they were.
class LogReader {
  public:
    static constexpr bool kReads = true;
    template <typename T>
    using As = T;

    explicit LogReader(std::string_view text) : whole_(text), rest_(text) {}

    bool next(std::string_view key, bool /*present*/) {
        std::string_view at = rest_;
        if (failed() || !(first_ || skip(at, ",")) || !skip(at, "\"") || !skip(at, key) || !skip(at, "\":"))
            return false;
        rest_ = at;
        first_ = false;
        return true;
    }
    bool require(std::string_view key) { return next(key, true) || fail(fmt::format("\"{}\" is expected", key)); }

    void open(char bracket) {
        expect(bracket);
        first_ = true;
    }
    void close(char bracket) {
        expect(bracket);
        first_ = false;
    }
    // In a list or map, whether another item follows; takes the comma before it.
    bool more(char bracket) {
        if (failed() || (!rest_.empty() && rest_.front() == bracket)) return false;
        if (!first_) expect(',');
        first_ = false;
        return !failed();
    }

    void colon() { expect(':'); }

    template <typename Number>
    void number(Number& value) {
        if (failed()) return;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error == std::errc{})
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        else
            fail(error == std::errc::result_out_of_range ? "a number is out of range" : "a whole number is expected");
    }
    void truth() { expect("true"); }
    void text(std::string& bytes) {
        expect('"');
        bytes.clear();
        std::string_view at = rest_;
        if (failed()) return;
        if (take_escaped(at, bytes))
            rest_ = at;
        else
            fail("a string does not end or holds an escape that is not written so");
    }
    // Empty after a fault.
    std::string_view word() {
        expect('"');
        const std::size_t end = rest_.find('"');
        if (failed() || end == std::string_view::npos) {
            fail("a word is expected");
            return {};
        }
        const std::string_view plain = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return plain;
    }

    // The first fault stands. Always false.
    bool fail(std::string what) {
        if (!failed()) {
            fault_ = std::move(what);
            position_ = whole_.size() - rest_.size();
        }
        return false;
    }
    [[nodiscard]] bool failed() const { return !fault_.empty(); }
    [[nodiscard]] std::string fault() const { return fmt::format("{} at byte {}", fault_, position_); }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    static bool skip(std::string_view& text, std::string_view wanted) {
        if (!text.starts_with(wanted)) return false;
        text.remove_prefix(wanted.size());
        return true;
    }
    void expect(std::string_view wanted) {
        if (!failed() && !skip(rest_, wanted)) fail(fmt::format("'{}' is expected", wanted));
    }
    void expect(char wanted) { expect(std::string_view(&wanted, 1)); }

    std::string_view whole_;
    std::string_view rest_;
    std::string fault_;
    std::size_t position_ = 0;
    bool first_ = true;
};

}  // namespace fstracker::event
