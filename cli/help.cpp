// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <fmt/format.h>

#include <sstream>

#include "cli/help_text.hpp"
#include "core/report/printable.hpp"
#include "fstracker/version.hpp"

namespace fstracker::cli {
namespace {

struct Entry {
    std::string left;  // "--out DIR", "RUN"
    std::string text;
};

// "NAME"; CLI11 adds the values that are allowed, which the description has already.
std::string type_of(const CLI::Option& option) {
    const auto name = option.get_type_name();
    return name.substr(0, name.find(':'));
}

// What the App knows, in the order of declaration: arguments first, then options.
std::vector<Entry> entries(const Verb& verb) {
    CLI::App app;
    declare_verb(verb, app, {});
    std::vector<Entry> arguments;
    std::vector<Entry> options;
    for (const auto* option : app.get_options()) {
        if (option->get_positional()) {
            arguments.push_back({option->get_name(true), option->get_description()});
            continue;
        }
        std::string names;
        for (const auto& name : option->get_snames()) names += (names.empty() ? "-" : ", -") + name;
        for (const auto& name : option->get_lnames()) names += (names.empty() ? "--" : ", --") + name;
        // A flag takes no value.
        if (option->get_type_size() != 0 && option->get_items_expected_max() != 0) names += ' ' + type_of(*option);
        options.push_back({names, option->get_description()});
    }
    arguments.insert(arguments.end(), options.begin(), options.end());
    return arguments;
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width, std::size_t used) {
    std::string out;
    std::istringstream words(text);
    std::size_t column = used;
    for (std::string word; words >> word;) {
        if (column > indent && column + 1 + report::columns(word) > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        }
        if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += report::columns(word);
    }
    return out + '\n';
}

std::vector<std::string> paragraphs(const std::string& text) {
    std::vector<std::string> list;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find("\n\n", at), text.size());
        list.push_back(text.substr(at, end - at));
        at = end + 2;
    }
    return list;
}

// Text in roff: backslashes, hyphens that are to stay hyphens, and lines that would be requests.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    if (!out.empty() && (out.front() == '.' || out.front() == '\'')) out.insert(0, "\\&");
    return out;
}

void append_table(std::string& out, const NamedTexts& texts) {
    for (const auto& [name, text] : texts) out += ".TP\n.B " + roff(name) + '\n' + roff(text) + '\n';
}

}  // namespace

Action declare_verb(const Verb& verb, CLI::App& app, const Trailer& trailer) {
    app.set_help_flag("--help,-h", "This help");
    return verb.declare(app, trailer);
}

std::string overview() {
    std::string out = "track: records what a command's process tree touches, as signed evidence\n\n";
    out += "  track -- python3 train.py      run a command and record it\n";
    out += "  track report                   what the newest run amounts to\n";
    out += "  track verify latest            check its evidence\n\nVerbs:\n";
    for (const auto* verb : all_verbs()) out += fmt::format("  {:<9} {}\n", verb->name, verb->summary);
    out += "  help      Help of a verb: track help VERB, or track VERB --help\n\nOptions:\n";
    out += "  --version   The version\n  -h, --help  This help\n\n";
    return out + "RUN is a run id, a unique prefix of one, latest, or a run directory. More: man track\n";
}

std::string verb_help(const Verb& verb, unsigned width) {
    constexpr std::size_t kIndent = 22;
    std::string out = fmt::format("usage: track {}\n\n", verb.usage);
    for (const auto& paragraph : paragraphs(std::string(verb.summary) + ".\n\n" + verb.details))
        out += wrapped(paragraph, 0, width, 0) + '\n';
    for (const auto& [left, text] : entries(verb)) {
        const auto head = fmt::format("  {:<{}}", left, kIndent - 3);
        out += head.size() < kIndent ? head + ' ' : head + '\n' + std::string(kIndent, ' ');
        out += wrapped(text, kIndent, width, kIndent);
    }
    return out;
}

std::string man_page() {
    std::string out = ".\\\" Made by `track help --man` from the declarations in cli/. Edit those.\n";
    out += fmt::format(".TH TRACK 1 \"\" \"fstracker {}\" \"User Commands\"\n", kVersion);
    out += ".SH NAME\ntrack \\- record what a command touches, as signed evidence\n.SH SYNOPSIS\n";
    for (const auto* verb : all_verbs()) out += ".B track\n" + roff(verb->usage) + "\n.br\n";
    out += ".B track\nhelp [VERB]\n.br\n.B track\n\\-\\-version\n.SH DESCRIPTION\n";
    for (const auto& paragraph : paragraphs(kDescription)) out += ".PP\n" + roff(paragraph) + '\n';
    out += ".SH VERBS\n";
    for (const auto* verb : all_verbs()) {
        out += ".SS track " + roff(verb->usage) + '\n';
        for (const auto& paragraph : paragraphs(std::string(verb->summary) + ".\n\n" + verb->details))
            out += ".PP\n" + roff(paragraph) + '\n';
        for (const auto& [left, text] : entries(*verb)) out += ".TP\n.B " + roff(left) + '\n' + roff(text) + '\n';
    }
    out += ".SH ENVIRONMENT\n";
    append_table(out, environment_texts());
    out += ".SH FILES\n";
    append_table(out, file_texts());
    out += ".SH EXAMPLES\n.nf\n";
    for (const auto* example : example_texts()) out += roff(example) + '\n';
    return out + ".fi\n.SH SEE ALSO\n.BR fstrackerd (8),\n.BR cosign (1)\n";
}

}  // namespace fstracker::cli
