// SPDX-License-Identifier: Apache-2.0
// safetensors: the length of a header (8 bytes, little endian), the header (a JSON object of tensors by name, each with
// dtype, shape and data_offsets), the data. Only the header is read, however long the data is.
#include <nlohmann/json.hpp>

#include "core/artifact/formats.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;  // the format's own bound
constexpr std::uint64_t kLongestChecked = std::uint64_t{32} << 20;
constexpr std::uint64_t kPlausible = std::uint64_t{1} << 40;  // beyond, the eight bytes are something else

// Follows the header as it is parsed, without building it.
class HeaderCheck : public nlohmann::json_sax<nlohmann::json> {
  public:
    explicit HeaderCheck(std::uint64_t data) : data_(data) {}
    std::string problem;

    bool null() override { return refuse("has null in it"); }
    bool boolean(bool /*value*/) override { return refuse("has a truth value in it"); }
    bool number_integer(number_integer_t /*value*/) override { return refuse("has a negative number in it"); }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
        return refuse("has a fraction in it");
    }
    bool number_unsigned(number_unsigned_t value) override {
        if (!in_offsets_) return true;
        if (offsets_++ > 1 || value > data_ || value < last_) return refuse("has a tensor that is not in the file");
        last_ = value;
        return true;
    }
    bool string(string_t& /*value*/) override { return depth_ > 1 || refuse("has a text where a tensor should be"); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*elements*/) override { return ++depth_ <= 2 || refuse("is nested too deep"); }
    bool end_object() override { return --depth_ >= 0; }
    bool start_array(std::size_t /*elements*/) override {
        offsets_ = 0;
        last_ = 0;
        return depth_++ == 2 || refuse("has a list where none should be");
    }
    bool end_array() override {
        --depth_;
        const bool pair = !in_offsets_ || offsets_ == 2;
        in_offsets_ = false;
        return pair || refuse("has a tensor without begin and end");
    }
    bool key(string_t& value) override {
        in_offsets_ = depth_ == 2 && value == "data_offsets";
        return true;
    }
    bool parse_error(std::size_t /*at*/, const std::string& /*last*/, const nlohmann::detail::exception&) override {
        return refuse("is no JSON");
    }

  private:
    bool refuse(const char* what) {
        if (problem.empty()) problem = std::string("its header ") + what;
        return false;
    }
    std::uint64_t data_;
    int depth_ = 0;
    bool in_offsets_ = false;
    int offsets_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace

bool begins_safetensors(Head head) {
    if (head.size() < 10 || head[8] != '{') return false;
    const std::uint64_t length = little_endian_at(head, 0, 8);
    return length >= 2 && length <= kPlausible;
}

std::optional<Content> as_safetensors(Bytes& bytes, Head head) {
    if (!begins_safetensors(head)) return std::nullopt;
    const std::uint64_t length = little_endian_at(head, 0, 8);
    Content content;
    content.format = Format::kSafetensors;
    if (length > kLongestHeader || length > bytes.size() - 8) {
        content.problem = "its header is longer than it may be";
    } else if (length > kLongestChecked) {
        content.problem = "its header is longer than is checked";
    } else {
        const std::string header = text_at(bytes, 8, static_cast<std::size_t>(length));
        HeaderCheck check(bytes.size() - 8 - length);
        if (!nlohmann::json::sax_parse(header, &check) && check.problem.empty())
            check.problem = "its header is damaged";
        content.problem = check.problem;
    }
    return content;
}

}  // namespace fstracker::artifact
