// SPDX-License-Identifier: Apache-2.0
// Sigma's texts with wildcards: read, changed by modifiers, compiled and matched. Case means that of ASCII letters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fstracker::sigma {

// A text as a rule writes it, in pieces. Modifiers work on this form.
struct Piece {
    enum class Kind : std::uint8_t {
        kText,
        kOne,   // ? : one character, of UTF-8 where it is that
        kMany,  // * : any number of any
        kDash,  // any of - / and the three longer dashes, where `windash` put it
    };
    Kind kind = Kind::kText;
    std::string text;  // of kText, escapes resolved
    bool operator==(const Piece&) const = default;
};
using Pieces = std::vector<Piece>;

Pieces read_pieces(std::string_view written);
Pieces plain(std::string text);
bool has_wildcards(const Pieces& pieces);
// For people: pieces as a rule would write them.
std::string to_text(const Pieces& pieces);

void append_text(Pieces& pieces, std::string_view text);

// Bytes of the character that begins at `at`, which is within the text; 1 for what is not UTF-8.
std::size_t character_at(std::string_view text, std::size_t at);

// The dashes that `windash` takes for one another, and the bytes of the one that a text begins with, or 0.
inline constexpr std::array<std::string_view, 5> kDashes = {"-", "/", "\u2013", "\u2014", "\u2015"};
std::size_t dash_at(std::string_view text);

std::string folded(std::string_view text);

// What is compared in the end.
class Pattern {
  public:
    Pattern(const Pieces& pieces, bool cased);

    // `text` must be folded unless the pattern is cased.
    bool matches(std::string_view text) const;
    bool cased() const { return cased_; }
    // The longest text that whatever matches must contain, folded; empty where there is none.
    const std::string& needle() const { return needle_; }

  private:
    // What stands between two *.
    using Segment = Pieces;
    static std::size_t match_at(const Segment& segment, std::string_view text, std::size_t at);
    static bool match_before(const Segment& segment, std::string_view text, std::size_t from);
    static std::size_t find(const Segment& segment, std::string_view text, std::size_t from);

    std::vector<Segment> segments_;
    bool open_start_ = false;  // begins with *
    bool open_end_ = false;    // ends with *
    bool cased_ = false;
    std::string needle_;
};

}  // namespace fstracker::sigma
