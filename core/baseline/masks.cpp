// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/masks.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/baseline/path_names.hpp"

namespace fstracker::baseline {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80; }

template <typename Is>
std::size_t run_of(std::string_view text, std::size_t at, Is is) {
    std::size_t end = at;
    while (end < text.size() && is(text[end])) ++end;
    return end - at;
}

// Each recogniser gives the length of what it knows at `at`, or 0. A word begins where no letter or digit comes before.
bool begins_word(std::string_view text, std::size_t at) { return at == 0 || !alnum(text[at - 1]); }
bool ends_word(std::string_view text, std::size_t end) { return end >= text.size() || !alnum(text[end]); }

std::size_t uuid_at(std::string_view text, std::size_t at) {
    constexpr std::array<std::size_t, 5> kGroups{8, 4, 4, 4, 12};
    std::size_t end = at;
    for (std::size_t group = 0; group < kGroups.size(); ++group) {
        if (group != 0 && (end >= text.size() || text[end++] != '-')) return 0;
        if (run_of(text, end, hex) != kGroups[group]) return 0;
        end += kGroups[group];
    }
    return ends_word(text, end) ? end - at : 0;
}

std::size_t hash_at(std::string_view text, std::size_t at) {
    constexpr std::size_t kShortest = 8;
    const std::size_t length = run_of(text, at, hex);
    const std::string_view word = text.substr(at, length);
    const bool letters = std::any_of(word.begin(), word.end(), [](char c) { return !digit(c); });
    const bool digits = std::any_of(word.begin(), word.end(), digit);
    return length >= kShortest && letters && digits && ends_word(text, at + length) ? length : 0;
}

int number_at(std::string_view text, std::size_t at, std::size_t length) {
    int value = 0;
    for (const char c : text.substr(at, length)) value = value * 10 + (c - '0');
    return value;
}

bool is_date(int year, int month, int day) {
    return year >= 1970 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

// 2026-11-22, 20261122, and a time of day after it: T101500, _10-15-00, T10:15:00.123Z.
std::size_t date_at(std::string_view text, std::size_t at) {
    std::size_t end = 0;
    if (run_of(text, at, digit) == 8 &&
        is_date(number_at(text, at, 4), number_at(text, at + 4, 2), number_at(text, at + 6, 2)))
        end = at + 8;
    else if (run_of(text, at, digit) == 4 && text.size() >= at + 10 && (text[at + 4] == '-' || text[at + 4] == '_') &&
             run_of(text, at + 5, digit) == 2 && text[at + 7] == text[at + 4] && run_of(text, at + 8, digit) == 2 &&
             is_date(number_at(text, at, 4), number_at(text, at + 5, 2), number_at(text, at + 8, 2)))
        end = at + 10;
    if (end == 0) return 0;
    const bool separated =
        end + 1 < text.size() && digit(text[end + 1]) && (text[end] == 'T' || text[end] == '_' || text[end] == '-');
    if (separated) {
        const auto of_time = [](char c) { return digit(c) || c == ':' || c == '-'; };
        std::size_t time = end + 1;
        time += run_of(text, time, of_time);
        if (time < text.size() && text[time] == '.' && run_of(text, time + 1, digit) != 0)
            time += 1 + run_of(text, time + 1, digit);
        if (time < text.size() && text[time] == 'Z') ++time;
        if (ends_word(text, time)) end = time;
    }
    return ends_word(text, end) ? end - at : 0;
}

// 3.11, 2.4.1: at least two numbers.
std::size_t version_at(std::string_view text, std::size_t at) {
    std::size_t end = at + run_of(text, at, digit);
    std::size_t numbers = 1;
    while (end + 1 < text.size() && text[end] == '.' && digit(text[end + 1])) {
        end += 1 + run_of(text, end + 1, digit);
        ++numbers;
    }
    return numbers > 1 ? end - at : 0;
}

// The end of a mask or of an encoded byte that begins at `at`; `at` where neither does.
std::size_t past_mark(std::string_view text, std::size_t at) {
    if (text[at] == '{') return std::min(text.find('}', at), text.size() - 1) + 1;
    return text[at] == '%' ? std::min(at + 3, text.size()) : at;
}

void mask_segment(std::string& out, std::string_view text, std::vector<std::uint64_t>* numbers) {
    for (std::size_t at = 0; at < text.size();) {
        if (const std::size_t past = past_mark(text, at); past != at) {
            out += text.substr(at, past - at);
            at = past;
            continue;
        }
        if (begins_word(text, at) && hex(text[at])) {
            const std::size_t uuid = uuid_at(text, at);
            const std::size_t date = uuid == 0 ? date_at(text, at) : 0;
            const std::size_t hash = uuid + date == 0 ? hash_at(text, at) : 0;
            if (uuid + date + hash != 0) {
                out += uuid != 0 ? "{uuid}" : date != 0 ? "{date}" : "{hex}";
                at += uuid + date + hash;
                continue;
            }
        }
        if (!digit(text[at])) {
            out.push_back(text[at++]);
            continue;
        }
        if (const std::size_t version = version_at(text, at); version != 0) {
            out += "{version}";
            at += version;
            continue;
        }
        const std::size_t length = run_of(text, at, digit);
        std::uint64_t value = 0;
        for (const char c : text.substr(at, length)) {
            constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
            const auto add = static_cast<std::uint64_t>(c - '0');
            value = value > (kMost - add) / 10 ? kMost : value * 10 + add;
        }
        if (numbers != nullptr) numbers->push_back(value);
        out += "{n}";
        at += length;
    }
}

// Letters and digits in no order that a person gives: not a word, not a word with a number, not a number.
bool looks_made_up(std::string_view word) {
    constexpr std::size_t kShortest = 6;
    if (word.size() < kShortest) return false;
    std::size_t changes = 0;  // between letters and digits, and from small to capital letters
    for (std::size_t i = 1; i < word.size(); ++i) {
        const bool lower_to_upper = std::islower(static_cast<unsigned char>(word[i - 1])) != 0 &&
                                    std::isupper(static_cast<unsigned char>(word[i])) != 0;
        if (digit(word[i - 1]) != digit(word[i]) || lower_to_upper) ++changes;
    }
    return changes >= 2;
}

// Where the part of a name begins that a library made up: "tmp" and eight letters of Python's tempfile, "tmp." and ten
// of mktemp(1), "cc" and six of a compiler's, "sort" and six, and eight after another prefix
// ("pip-build-env-q8x_1zzk").
struct MadeUp {
    std::size_t at = 0;
    std::size_t length = 0;
};

MadeUp known_tail(std::string_view segment) {
    const auto of_python = [](char c) { return digit(c) || (c >= 'a' && c <= 'z') || c == '_'; };
    constexpr std::size_t kPythonTail = 8, kCompilerTail = 6, kMktempTail = 10;
    constexpr std::string_view kMktemp = "tmp.", kSort = "sort";
    const bool pythons =
        segment.starts_with("tmp") && run_of(segment.substr(0, 3 + kPythonTail), 3, of_python) == kPythonTail;
    if (pythons && ends_word(segment, 3 + kPythonTail)) return {3, kPythonTail};
    if (segment.starts_with(kMktemp) && segment.size() == kMktemp.size() + kMktempTail &&
        run_of(segment, kMktemp.size(), alnum) == kMktempTail)
        return {kMktemp.size(), kMktempTail};
    if (segment.starts_with(kSort) && segment.size() == kSort.size() + kCompilerTail &&
        run_of(segment, kSort.size(), alnum) == kCompilerTail)
        return {kSort.size(), kCompilerTail};
    const bool compilers = segment.starts_with("cc") && run_of(segment, 2, alnum) == kCompilerTail &&
                           segment.size() > 2 + kCompilerTail && segment[2 + kCompilerTail] == '.';
    if (compilers) return {2, kCompilerTail};
    // Eight letters are a word when they can be spoken.
    if (segment.size() <= kPythonTail + 1) return {};
    const std::size_t at = segment.size() - kPythonTail;
    const std::string_view tail = segment.substr(at);
    if (segment[at - 1] != '-' && segment[at - 1] != '_' && segment[at - 1] != '.') return {};
    if (run_of(segment, at, of_python) != kPythonTail) return {};
    constexpr std::string_view kVowels = "aeiouy";
    constexpr std::ptrdiff_t kFewestOfAWord = 2;
    const bool letters_only = std::none_of(tail.begin(), tail.end(), [](char c) { return digit(c) || c == '_'; });
    const auto vowels =
        std::count_if(tail.begin(), tail.end(), [&](char c) { return kVowels.find(c) != std::string_view::npos; });
    const bool number = std::all_of(tail.begin(), tail.end(), digit);
    return number || (letters_only && vowels > kFewestOfAWord) ? MadeUp{} : MadeUp{at, kPythonTail};
}

void mask_made_up(std::string& out, std::string_view segment) {
    const MadeUp known = known_tail(segment);
    for (std::size_t at = 0; at < segment.size();) {
        if (known.length != 0 && at == known.at) {
            out += "{tmp}";
            at += known.length;
            continue;
        }
        if (const std::size_t past = past_mark(segment, at); past != at) {
            out += segment.substr(at, past - at);
            at = past;
            continue;
        }
        if (const std::size_t uuid = begins_word(segment, at) ? uuid_at(segment, at) : 0; uuid != 0) {
            out += "{uuid}";
            at += uuid;
            continue;
        }
        std::size_t length = run_of(segment, at, alnum);
        if (at < known.at) length = std::min(length, known.at - at);
        const std::string_view word = segment.substr(at, std::max<std::size_t>(length, 1));
        if (length != 0 && hash_at(segment, at) == length)
            out += "{hex}";
        else
            out += looks_made_up(word) ? std::string_view("{tmp}") : word;
        at += word.size();
    }
}

template <typename Mask>
std::string segment_by_segment(std::string_view named, Mask mask) {
    std::string out;
    out.reserve(named.size());
    for (std::size_t at = 0; at <= named.size();) {
        const std::size_t end = std::min(named.find('/', at), named.size());
        mask(out, named.substr(at, end - at));
        if (end < named.size()) out.push_back('/');
        at = end + 1;
    }
    return out;
}

}  // namespace

std::string without_made_up_names(std::string_view named) { return segment_by_segment(named, mask_made_up); }

std::string skeleton_of(std::string_view named, std::vector<std::uint64_t>* numbers) {
    return segment_by_segment(
        named, [numbers](std::string& out, std::string_view segment) { mask_segment(out, segment, numbers); });
}

}  // namespace fstracker::baseline
