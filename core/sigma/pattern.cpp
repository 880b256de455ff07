// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/pattern.hpp"

#include <algorithm>
#include <array>

namespace fstracker::sigma {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

constexpr std::size_t kNowhere = std::string_view::npos;

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::size_t character_before(std::string_view text, std::size_t end) {
    for (std::size_t length = 2; length <= 4 && length <= end; ++length)
        if (character_at(text, end - length) == length) return length;
    return 1;
}

std::size_t dash_before(std::string_view text) {
    for (const auto dash : kDashes)
        if (text.size() >= dash.size() && text.substr(text.size() - dash.size()) == dash) return dash.size();
    return 0;
}

}  // namespace

std::size_t character_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t length = 1;
    if (lead >= 0xC2 && lead <= 0xDF) length = 2;
    if (lead >= 0xE0 && lead <= 0xEF) length = 3;
    if (lead >= 0xF0 && lead <= 0xF4) length = 4;
    if (at + length > text.size()) return 1;
    for (std::size_t i = 1; i < length; ++i)
        if (!is_continuation(text[at + i])) return 1;
    return length;
}

std::size_t dash_at(std::string_view text) {
    for (const auto dash : kDashes)
        if (text.substr(0, dash.size()) == dash) return dash.size();
    return 0;
}

void append_text(Pieces& pieces, std::string_view text) {
    if (text.empty()) return;
    if (!pieces.empty() && pieces.back().kind == Piece::Kind::kText)
        pieces.back().text += text;
    else
        pieces.push_back({Piece::Kind::kText, std::string(text)});
}

Pieces read_pieces(std::string_view written) {
    Pieces pieces;
    std::string text;
    const auto flush = [&] {
        append_text(pieces, text);
        text.clear();
    };
    for (std::size_t i = 0; i < written.size(); ++i) {
        const char c = written[i];
        const char next = i + 1 < written.size() ? written[i + 1] : '\0';
        if (c == '\\' && (next == '\\' || next == '*' || next == '?')) {
            text += next;
            ++i;
        } else if (c == '*' || c == '?') {
            flush();
            const auto kind = c == '*' ? Piece::Kind::kMany : Piece::Kind::kOne;
            if (kind == Piece::Kind::kOne || pieces.empty() || pieces.back().kind != kind) pieces.push_back({kind, {}});
        } else {
            text += c;
        }
    }
    flush();
    return pieces;
}

Pieces plain(std::string text) {
    Pieces pieces;
    append_text(pieces, text);
    return pieces;
}

bool has_wildcards(const Pieces& pieces) {
    return std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) {
        return piece.kind == Piece::Kind::kOne || piece.kind == Piece::Kind::kMany;
    });
}

std::string to_text(const Pieces& pieces) {
    std::string text;
    for (const auto& piece : pieces) {
        switch (piece.kind) {
            case Piece::Kind::kOne: text += '?'; break;
            case Piece::Kind::kMany: text += '*'; break;
            case Piece::Kind::kDash: text += '-'; break;
            case Piece::Kind::kText:
                for (const char c : piece.text) {
                    if (c == '*' || c == '?') text += '\\';
                    text += c;
                }
                break;
        }
    }
    return text;
}

std::string folded(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), fold);
    return out;
}

Pattern::Pattern(const Pieces& pieces, bool cased) : cased_(cased) {
    segments_.emplace_back();
    for (const auto& piece : pieces) {
        if (piece.kind == Piece::Kind::kMany) {
            segments_.emplace_back();
            continue;
        }
        segments_.back().push_back(piece);
        auto& text = segments_.back().back().text;
        if (!cased_) text = folded(text);
        if (text.size() > needle_.size()) needle_ = folded(text);
    }
    open_start_ = segments_.size() > 1 && segments_.front().empty();
    open_end_ = segments_.size() > 1 && segments_.back().empty();
    if (segments_.size() > 1) std::erase_if(segments_, [](const Segment& segment) { return segment.empty(); });
}

// Where the segment ends that begins at `at`; nowhere when it does not.
std::size_t Pattern::match_at(const Segment& segment, std::string_view text, std::size_t at) {
    for (const auto& piece : segment) {
        std::size_t length = piece.text.size();
        switch (piece.kind) {
            case Piece::Kind::kText:
                if (text.substr(at, length) != piece.text) return kNowhere;
                break;
            case Piece::Kind::kOne:
                if (at >= text.size()) return kNowhere;
                length = character_at(text, at);
                break;
            case Piece::Kind::kDash:
                length = dash_at(text.substr(at));
                if (length == 0) return kNowhere;
                break;
            case Piece::Kind::kMany: break;
        }
        at += length;
    }
    return at;
}

// Whether the segment is the text's end, and begins at `from` or later.
bool Pattern::match_before(const Segment& segment, std::string_view text, std::size_t from) {
    text.remove_prefix(from);
    for (auto piece = segment.rbegin(); piece != segment.rend(); ++piece) {
        std::size_t length = piece->text.size();
        switch (piece->kind) {
            case Piece::Kind::kText:
                if (text.size() < length || text.substr(text.size() - length) != piece->text) return false;
                break;
            case Piece::Kind::kOne:
                if (text.empty()) return false;
                length = character_before(text, text.size());
                break;
            case Piece::Kind::kDash:
                length = dash_before(text);
                if (length == 0) return false;
                break;
            case Piece::Kind::kMany: break;
        }
        text.remove_suffix(length);
    }
    return true;
}

// Where the first occurrence from `from` on ends.
std::size_t Pattern::find(const Segment& segment, std::string_view text, std::size_t from) {
    const auto& first = segment.front();
    if (segment.size() == 1 && first.kind == Piece::Kind::kText) {
        const auto at = text.find(first.text, from);
        return at == kNowhere ? kNowhere : at + first.text.size();
    }
    for (std::size_t at = from; at <= text.size();) {
        if (first.kind == Piece::Kind::kText) at = text.find(first.text, at);
        if (at == kNowhere) return kNowhere;
        if (const auto end = match_at(segment, text, at); end != kNowhere) return end;
        // A ? stands for whole characters, so it begins only where one does.
        at += first.kind == Piece::Kind::kText || at == text.size() ? 1 : character_at(text, at);
    }
    return kNowhere;
}

bool Pattern::matches(std::string_view text) const {
    if (segments_.empty()) return true;  // * alone
    const bool closed = !open_start_ && !open_end_ && segments_.size() == 1;
    if (closed) return match_at(segments_.front(), text, 0) == text.size();
    std::size_t at = 0;
    std::size_t begin = 0;
    std::size_t end = segments_.size();
    if (!open_start_) {
        at = match_at(segments_.front(), text, 0);
        if (at == kNowhere) return false;
        ++begin;
    }
    if (!open_end_ && end > begin) --end;
    for (std::size_t i = begin; i < end; ++i) {
        at = find(segments_[i], text, at);
        if (at == kNowhere) return false;
    }
    return open_end_ || end == segments_.size() || match_before(segments_[end], text, at);
}

}  // namespace fstracker::sigma
