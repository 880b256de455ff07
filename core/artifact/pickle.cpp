// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/pickle.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "core/artifact/pickle_value.hpp"

namespace fstracker::artifact {

namespace {

using Kind = Value::Kind;

constexpr std::size_t kMostStack = 1'000'000;
constexpr std::size_t kMostMemo = 2'000'000;
constexpr std::size_t kMostNames = kMostImports + 1;  // one more than is kept, so that it can be told
constexpr std::size_t kMostTypes = 100'000;
constexpr int kMostNested = 4;
constexpr std::size_t kMostInARow = 1000;

class Disassembler {
  public:
    Disassembler(Bytes& bytes, std::uint64_t offset, PickleBudget& budget, int depth)
        : bytes_(bytes), in_(bytes, offset), budget_(budget), depth_(depth) {}

    Pickle run() {
        while (!done_) {
            if (budget_.opcodes == 0) {
                stop("more opcodes than are followed");
                break;
            }
            --budget_.opcodes;
            const std::uint64_t at = in_.offset();
            const std::uint8_t opcode = in_.byte();
            if (!in_.failed()) {
                step(opcode);
                ++result_.opcodes;
            }
            if (in_.failed()) stop(fmt::format("it is cut off in the opcode at byte {}", at));
            if (malformed_) stop(fmt::format("opcode 0x{:02x} at byte {} cannot be there", opcode, at));
        }
        result_.end = in_.offset();
        return std::move(result_);
    }

  private:
    void stop(std::string why) {
        if (!done_ && result_.problem.empty()) result_.problem = std::move(why);
        done_ = true;
    }
    void note(std::string_view why) {
        if (result_.problem.empty()) result_.problem = why;
    }

    // The stack, with its marks.
    [[nodiscard]] std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
    bool has(std::size_t count) {
        if (stack_.size() >= floor() + count) return true;
        malformed_ = true;
        return false;
    }
    void push(Value value) {
        if (stack_.size() >= kMostStack) return stop("a stack deeper than is followed");
        stack_.push_back(value);
    }
    void pop(std::size_t count) {
        if (has(count)) stack_.resize(stack_.size() - count);
    }
    // What lies above the last mark, which is taken away; the values stay until `drop()`.
    std::span<const Value> to_mark() {
        if (marks_.empty()) {
            malformed_ = true;
            return {};
        }
        from_ = marks_.back();
        marks_.pop_back();
        return std::span(stack_).subspan(from_);
    }
    void drop() {
        if (!malformed_) stack_.resize(from_);
    }

    void put(std::uint64_t key) {
        if (!has(1)) return;
        if (key >= kMostMemo) {
            memo_is_whole_ = false;
            return;
        }
        const auto index = static_cast<std::size_t>(key);
        if (index >= memo_.size())
            memo_.resize(std::min(kMostMemo, std::max(index + 1, memo_.size() * 2)), Value{Kind::kNothing});
        if (memo_[index].kind == Kind::kNothing) ++memo_count_;
        memo_[index] = stack_.back();
    }
    void get(std::uint64_t key) {
        if (key >= kMostMemo && !memo_is_whole_) return push({});
        if (key >= memo_.size() || memo_[static_cast<std::size_t>(key)].kind == Kind::kNothing) {
            malformed_ = true;
            return;
        }
        push(memo_[static_cast<std::size_t>(key)]);
    }

    std::uint64_t decimal() {
        std::string_view text = in_.line().text;
        if (text.ends_with('\r')) text.remove_suffix(1);
        std::uint64_t value = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
        if (end.ec != std::errc() || end.ptr != text.data() + text.size() || text.empty()) malformed_ = true;
        return value;
    }

    // Numbers as Python writes them, roughly: text that is none of a pickle is told early.
    void number_line(std::string_view letters) {
        const std::string_view text = in_.line().text;
        constexpr std::string_view kDigits = "0123456789+-_ \r\t";
        const bool fits = std::all_of(text.begin(), text.end(), [&](char c) {
            return kDigits.find(c) != std::string_view::npos || letters.find(c) != std::string_view::npos;
        });
        if (text.empty() || !fits) malformed_ = true;
        push({});
    }
    void text_line(Kind kind) {
        const Cursor::Line line = in_.line();
        const bool quoted = line.text.size() >= 2 && (line.text.front() == '\'' || line.text.front() == '"');
        if (kind == Kind::kQuoted && !quoted) malformed_ = true;
        push(text_value(kind, line.offset, line.length));
    }
    static Value text_value(Kind kind, std::uint64_t offset, std::uint64_t length) {
        return length > kLongestText ? Value{} : Value{kind, static_cast<std::uint32_t>(length), offset};
    }
    void text(std::size_t width) {
        const std::uint64_t length = in_.little_endian(width);
        push(text_value(Kind::kText, in_.offset(), length));
        in_.skip(length);
    }
    // Bytes may be a pickle again, for another loads().
    void blob(std::size_t width) {
        const std::uint64_t length = in_.little_endian(width);
        const std::uint64_t offset = in_.offset();
        push({});
        constexpr std::uint64_t kShortest = 4;
        if (length >= kShortest && depth_ < kMostNested && !in_.failed()) {
            const auto first = in_.byte(), second = in_.byte();
            if (begins_pickle(first, second)) nested(offset, length);
            in_.skip(length - 2);
        } else {
            in_.skip(length);
        }
    }
    void nested(std::uint64_t offset, std::uint64_t length) {
        if (!may_look()) return;
        Slice inner(bytes_, offset, length);
        take(Disassembler(inner, 0, budget_, depth_ + 1).run());
    }
    void take(Pickle pickle) {
        result_.imports.merge(pickle.imports);
        if (result_.imports.size() > kMostNames) stop("more callables than are kept");
        if (!pickle.whole && pickle.calls) note(pickle.problem);
        if (budget_.opcodes == 0) stop("more opcodes than are followed");
    }

    void import(std::optional<std::string> module, std::optional<std::string> name) {
        Value value{Kind::kGlobal, 0, Value::kAny};
        if (!module || !name) {
            note("the name of a callable is not written in it");
            return push(value);
        }
        const std::string whole = *module + "." + *name;
        if (whole == "numpy.dtype") value.at = Value::kNumpyType;
        if (whole == "joblib.numpy_pickle.NumpyArrayWrapper") {
            value.at = Value::kJoblibWrapper;
            joblib_ = true;
        }
        push(value);
        if (result_.imports.size() <= kMostNames) result_.imports.insert(printable_name(whole));
        if (result_.imports.size() > kMostNames) stop("more callables than are kept");
    }
    std::optional<std::string> name_line() {
        const Cursor::Line line = in_.line();
        return line.length > kLongestText ? std::nullopt : std::optional(std::string(line.text));
    }
    void import_lines() {
        auto module = name_line();
        auto name = name_line();
        // Whatever Python would do with such a name, it is none of a module: text that looks like a pickle.
        const auto odd = [](const std::optional<std::string>& text) {
            return text && (text->empty() || text->find(' ') != std::string::npos);
        };
        if (odd(module) || odd(name))
            malformed_ = true;
        else
            import(std::move(module), std::move(name));
    }
    bool may_look() {
        if (budget_.looks == 0) stop("more names and pickles within it than are followed");
        return budget_.looks != 0 && budget_.looks-- != 0;
    }
    void import_from_stack() {
        if (!has(2) || !may_look()) return;
        auto module = text_of(bytes_, stack_[stack_.size() - 2]);
        auto name = text_of(bytes_, stack_.back());
        pop(2);
        import(std::move(module), std::move(name));
    }
    void extension(std::size_t width) {
        const std::uint64_t code = in_.little_endian(width);
        import("copyreg._extension_registry", std::to_string(code));
    }

    void call(std::size_t arguments) {  // with what is called below them
        result_.calls = true;
        if (!has(arguments + 1)) return;
        const Value callable = stack_[stack_.size() - arguments - 1];
        const Value first = stack_[stack_.size() - arguments];
        pop(arguments + 1);
        if (callable.kind == Kind::kGlobal && callable.at == Value::kNumpyType) return push_type(first);
        if (callable.kind == Kind::kGlobal && callable.at == Value::kJoblibWrapper) return push({Kind::kArray, 0, 0});
        push({});
    }
    void push_type(const Value& arguments) {
        if (types_.size() >= kMostTypes || !may_look()) return push({});
        types_.push_back(array_type_of(bytes_, arguments));
        push({Kind::kArrayType, 0, types_.size() - 1});
    }
    void build() {
        result_.calls = true;
        if (!has(2)) return;
        const Value state = stack_.back();
        pop(1);
        const Value& object = stack_.back();
        if (object.kind == Kind::kArray) skip_array();
        if (object.kind != Kind::kArrayType || state.kind != Kind::kTypeState) return;
        ArrayType& type = types_[static_cast<std::size_t>(object.at)];
        constexpr std::uint64_t kHasObjects = 1;
        type.known = type.known && (!type.fields || (state.at & kHasObjects) == 0);
        type.fields = false;
    }
    void set_items() {
        const auto items = to_mark();
        if (joblib_) note_array(items);
        drop();
        has(1);
    }

    // The state of joblib's wrapper: which array follows.
    void note_array(std::span<const Value> items) {
        for (std::size_t i = 0; i + 1 < items.size() && items.size() < 64; i += 2) {
            if (!may_look()) return;
            const auto key = text_of(bytes_, items[i]);
            const Value& value = items[i + 1];
            if (key == "shape") array_count_ = value.kind == Kind::kNumbers ? value.at : Value::kNotKnown;
            if (key == "dtype")
                array_type_ = value.kind == Kind::kArrayType ? types_[static_cast<std::size_t>(value.at)] : ArrayType{};
            if (key == "numpy_array_alignment_bytes") array_is_aligned_ = value.kind == Kind::kNumber;
        }
    }
    void skip_array() {
        std::uint64_t length = 0;
        if (array_type_.known && array_type_.objects) {
            Disassembler inner(bytes_, in_.offset(), budget_, depth_ + 1);
            if (depth_ >= kMostNested) return stop("pickles within pickles, deeper than is followed");
            Pickle pickle = inner.run();
            if (!pickle.whole) return take(pickle), stop(pickle.problem);
            in_.skip(pickle.end - in_.offset());
            take(std::move(pickle));
        } else if (array_count_ == Value::kNotKnown || !array_type_.known || array_type_.fields ||
                   __builtin_mul_overflow(array_count_, array_type_.width, &length)) {
            stop("an array follows whose length is not known");
        } else {
            if (array_is_aligned_) in_.skip(in_.byte());
            in_.skip(length);
        }
        array_count_ = Value::kNotKnown;
        array_type_ = {};
        array_is_aligned_ = false;
    }

    void tuple(std::size_t count) {
        if (!has(count)) return;
        const Value made = tuple_of(std::span(stack_).last(count));
        pop(count);
        push(made);
    }
    void replace_to_mark(std::size_t least = 0) {
        if (to_mark().size() < least) malformed_ = true;
        drop();
        push({});
    }

    void step(std::uint8_t opcode);

    Bytes& bytes_;
    Cursor in_;
    PickleBudget& budget_;
    int depth_;
    Pickle result_;
    std::vector<Value> stack_;
    std::vector<std::size_t> marks_;
    std::vector<Value> memo_;
    std::uint64_t memo_count_ = 0;
    std::size_t from_ = 0;
    bool memo_is_whole_ = true;
    bool done_ = false;
    bool malformed_ = false;
    bool joblib_ = false;
    std::uint64_t array_count_ = Value::kNotKnown;
    ArrayType array_type_;
    std::vector<ArrayType> types_;
    bool array_is_aligned_ = false;
};

void Disassembler::step(std::uint8_t opcode) {
    switch (opcode) {
        case '(':
            if (marks_.size() >= kMostStack) return stop("a stack deeper than is followed");
            return marks_.push_back(stack_.size());
        case '.':
            if (!has(1)) return;
            result_.whole = done_ = true;
            return;
        case '0':
            if (!marks_.empty() && marks_.back() == stack_.size()) return marks_.pop_back();
            return pop(1);
        case '1': to_mark(); return drop();
        case '2':
            if (has(1)) push(Value(stack_.back()));
            return;

        case 'N':
        case 0x88:
        case 0x89:
        case ']':
        case '}':
        case 0x8f: return push({});
        case ')': return push({Kind::kNumbers, 0, 1});
        case 'I':
        case 'L': return number_line("xXlLabcdefABCDEF");
        case 'F': return number_line(".eEinfatyINFATY");
        case 'J': {
            const std::uint64_t value = in_.little_endian(4);
            return push(value < 0x80000000U ? Value{Kind::kNumber, 0, value} : Value{});
        }
        case 'K': return push({Kind::kNumber, 0, in_.little_endian(1)});
        case 'M': return push({Kind::kNumber, 0, in_.little_endian(2)});
        case 'G': in_.skip(8); return push({});
        case 0x8a: {
            const std::uint64_t length = in_.little_endian(1);
            if (length <= 8) return push({Kind::kNumber, 0, in_.little_endian(static_cast<std::size_t>(length))});
            in_.skip(length);
            return push({});
        }
        case 0x8b: in_.skip(in_.little_endian(4)); return push({});

        case 'S': return text_line(Kind::kQuoted);
        case 'V': return text_line(Kind::kRawEscaped);
        case 'U': return text(1);
        case 'T': return text(4);
        case 'X': return text(4);
        case 0x8c: return text(1);
        case 0x8d: return text(8);
        case 'C': return blob(1);
        case 'B': return blob(4);
        case 0x8e:
        case 0x96: return blob(8);
        case 0x97: return push({});
        case 0x98: has(1); return;

        case 't': {
            const Value made = tuple_of(to_mark());
            drop();
            return push(made);
        }
        case 0x85: return tuple(1);
        case 0x86: return tuple(2);
        case 0x87: return tuple(3);
        case 'l':
        case 'd':
        case 0x91: return replace_to_mark();
        case 'a':
            pop(1);
            has(1);
            return;
        case 's':
            pop(2);
            has(1);
            return;
        case 'e':
        case 0x90:
            to_mark();
            drop();
            has(1);
            return;
        case 'u': return set_items();

        case 'p': return put(decimal());
        case 'q': return put(in_.little_endian(1));
        case 'r': return put(in_.little_endian(4));
        case 0x94:
            if (!memo_is_whole_) return;
            return put(memo_count_);
        case 'g': return get(decimal());
        case 'h': return get(in_.little_endian(1));
        case 'j': return get(in_.little_endian(4));

        case 'c': return import_lines();
        case 0x93: return import_from_stack();
        case 'i':
            if (marks_.empty()) {
                malformed_ = true;
                return;
            }
            import_lines();
            if (malformed_ || done_) return;
            stack_.pop_back();
            result_.calls = true;
            return replace_to_mark();
        case 'o': result_.calls = true; return replace_to_mark(1);
        case 0x82: return extension(1);
        case 0x83: return extension(2);
        case 0x84: return extension(4);
        case 'R':
        case 0x81: return call(1);
        case 0x92: return call(2);
        case 'b': return build();

        case 'P': in_.line(); return push({});
        case 'Q': pop(1); return push({});
        case 0x80: in_.byte(); return;
        case 0x95: in_.little_endian(8); return;
        default: malformed_ = true; return;
    }
}

}  // namespace

Pickle disassemble(Bytes& bytes, std::uint64_t offset, PickleBudget& budget) {
    return Disassembler(bytes, offset, budget, 0).run();
}

Pickle disassemble_all(Bytes& bytes, std::uint64_t offset, PickleBudget& budget) {
    Pickle all = disassemble(bytes, offset, budget);
    for (std::size_t i = 0; i < kMostInARow && all.whole && all.problem.empty(); ++i) {
        std::array<std::uint8_t, 2> next{};
        if (bytes.read(all.end, next) != next.size() || !begins_pickle(next[0], next[1])) break;
        Pickle another = disassemble(bytes, all.end, budget);
        // Data may begin with the same two bytes.
        if (!another.whole && another.imports.empty() && budget.opcodes != 0) break;
        all.imports.merge(another.imports);
        all.calls = all.calls || another.calls;
        all.whole = another.whole;
        all.opcodes += another.opcodes;
        all.end = another.end;
        all.problem = std::move(another.problem);
    }
    return all;
}

void add_to(Content& content, const Pickle& pickle) {
    std::set<std::string> names(content.imports.begin(), content.imports.end());
    names.insert(pickle.imports.begin(), pickle.imports.end());
    content.imports.clear();
    for (const std::string& name : names) {
        if (content.imports.size() == kMostImports) {
            content.problem = "more callables than are kept";
            break;
        }
        content.imports.push_back(name);
    }
    if (content.problem.empty()) content.problem = pickle.problem;
}

std::string printable_name(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (text.size() >= kLongestImport) break;
        if (c > ' ' && c < 0x7F && c != '%')
            text.push_back(c);
        else
            text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    text.resize(std::min(text.size(), kLongestImport));
    return text;
}

}  // namespace fstracker::artifact
