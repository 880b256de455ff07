// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/encode.hpp"

#include <algorithm>

namespace fstracker::sigma {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Without padding: what follows the text is not known to be its end.
std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        held = (held << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
        for (bits += 8; bits >= 6; bits -= 6) out += kDigits[held >> (bits - 6U) & 63U];
    }
    if (bits > 0) out += kDigits[held << (6U - bits) & 63U];
    return out;
}

std::string padded_base64(std::string_view bytes) {
    std::string out = base64(bytes);
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

// The digits that depend on the text alone when `before` unknown bytes stand before it, and unknown ones follow.
std::string base64_core(std::string_view bytes, std::size_t before) {
    const std::string out = base64(std::string(before, ' ') + std::string(bytes));
    const std::size_t begin = (before * 8 + 5) / 6;
    const std::size_t end = (before + bytes.size()) * 8 / 6;
    return end > begin ? out.substr(begin, end - begin) : std::string();
}

void append_unit(std::string& out, unsigned unit, bool big) {
    const char low = static_cast<char>(unit & 0xFFU);
    const char high = static_cast<char>(unit >> 8U);
    out += big ? high : low;
    out += big ? low : high;
}

std::optional<std::string> utf16(std::string_view text, bool big) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = character_at(text, at);
        unsigned code = static_cast<unsigned char>(text[at]);
        if (length == 1 && code >= 0x80U) return std::nullopt;
        if (length > 1) code &= 0xFFU >> (length + 1);
        for (std::size_t i = 1; i < length; ++i) code = code << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
        at += length;
        if (code < 0x10000U) {
            append_unit(out, code, big);
        } else {
            append_unit(out, 0xD800U + ((code - 0x10000U) >> 10U), big);
            append_unit(out, 0xDC00U + ((code - 0x10000U) & 0x3FFU), big);
        }
    }
    return out;
}

// Every text that the dashes stand for.
std::optional<std::vector<Pieces>> without_dashes(const Pieces& pieces) {
    std::vector<Pieces> forms(1);
    for (const auto& piece : pieces) {
        if (piece.kind != Piece::Kind::kDash) {
            for (auto& form : forms) {
                if (piece.kind == Piece::Kind::kText)
                    append_text(form, piece.text);
                else
                    form.push_back(piece);
            }
            continue;
        }
        std::vector<Pieces> more;
        if (forms.size() * kDashes.size() > kMostVariants) return std::nullopt;
        for (const auto& form : forms) {
            for (const auto dash : kDashes) append_text(more.emplace_back(form), dash);
        }
        forms = std::move(more);
    }
    return forms;
}

std::optional<Pieces> as_utf16(const Pieces& pieces, Encoding encoding) {
    Pieces out;
    if (encoding == Encoding::kUtf16) append_text(out, "\xFF\xFE");
    for (const auto& piece : pieces) {
        if (piece.kind != Piece::Kind::kText) {
            out.push_back(piece);
            continue;
        }
        const auto text = utf16(piece.text, encoding == Encoding::kUtf16Be);
        if (!text) return std::nullopt;
        append_text(out, *text);
    }
    return out;
}

}  // namespace

Pieces with_any_dash(const Pieces& pieces) {
    Pieces out;
    for (const auto& piece : pieces) {
        if (piece.kind != Piece::Kind::kText) {
            out.push_back(piece);
            continue;
        }
        const std::string_view text = piece.text;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t dash = dash_at(text.substr(at));
            const bool begins = at == 0 || !is_word(text[at - 1]);
            const bool word_follows = at + dash < text.size() && is_word(text[at + dash]);
            if (dash > 0 && begins && word_follows) {
                out.push_back({Piece::Kind::kDash, {}});
                at += dash;
            } else {
                append_text(out, text.substr(at, 1));
                ++at;
            }
        }
    }
    return out;
}

std::optional<std::vector<Pieces>> encoded(const Pieces& pieces, Encoding encoding) {
    const auto forms = without_dashes(pieces);
    if (!forms) return std::nullopt;
    std::vector<Pieces> out;
    for (const auto& form : *forms) {
        const bool to_base64 = encoding == Encoding::kBase64 || encoding == Encoding::kBase64Offset;
        if (to_base64 && has_wildcards(form)) return std::nullopt;
        const std::string text = form.empty() ? std::string() : form.front().text;
        if (encoding == Encoding::kBase64) {
            out.push_back(plain(padded_base64(text)));
        } else if (encoding == Encoding::kBase64Offset) {
            for (std::size_t before = 0; before < 3; ++before) out.push_back(plain(base64_core(text, before)));
        } else {
            auto changed = as_utf16(form, encoding);
            if (!changed) return std::nullopt;
            out.push_back(std::move(*changed));
        }
    }
    return out;
}

}  // namespace fstracker::sigma
