// SPDX-License-Identifier: Apache-2.0
// Values, wildcards, escapes and modifiers, as the Sigma 2.1 specification describes them.
#include <catch2/catch.hpp>
#include <vector>

#include "tests/unit/sigma/rules.hpp"

using namespace fstracker::sigma;
using namespace fstracker::sigma::testing;

namespace {

struct Case {
    const char* line;  // one line of a selection
    Value value;       // of CommandLine
    bool hit;
};

void check_all(const std::vector<Case>& cases) {
    for (const auto& [line, value, hit] : cases) {
        CAPTURE(line, std::string(value.text), value.integer, value.real);
        const auto set = load_text(rule_on(line), "r.yml");
        CAPTURE(faults_of(set));
        REQUIRE(set.rules().size() == 1);
        REQUIRE(set.faults().empty());
        CHECK(fits(set, command(value)) == hit);
    }
}

}  // namespace

TEST_CASE("plain values are the whole value, in any case", "[sigma]") {
    check_all({
        {"CommandLine: whoami", "whoami", true},
        {"CommandLine: whoami", "WhoAmI", true},
        {"CommandLine: WHOAMI", "whoami", true},
        {"CommandLine: whoami", "whoami ", false},
        {"CommandLine: whoami", "xwhoami", false},
        {"CommandLine: whoami", "", false},
        {"CommandLine: ''", "", true},
        {"CommandLine: ''", "x", false},
        {"CommandLine: \"a\\tb\"", "a\tb", true},
        {"CommandLine: [a, b]", "b", true},
        {"CommandLine: [a, b]", "c", false},
        {"CommandLine: true", "true", true},
        {"CommandLine: true", "false", false},
        {"CommandLine: 'true'", Value::of_truth(true), true},
        {"CommandLine: groß", "groß", true},
    });
}

TEST_CASE("wildcards and their escapes", "[sigma]") {
    check_all({
        {"CommandLine: 'a*'", "a", true},
        {"CommandLine: 'a*'", "abc", true},
        {"CommandLine: 'a*'", "ba", false},
        {"CommandLine: '*a'", "bca", true},
        {"CommandLine: '*a'", "ab", false},
        {"CommandLine: '*b*'", "abc", true},
        {"CommandLine: '*'", "", true},
        {"CommandLine: '**'", "x", true},
        {"CommandLine: 'a*b*c'", "axxbyyc", true},
        {"CommandLine: 'a*b*c'", "acb", false},
        {"CommandLine: 'a*bc'", "abcbc", true},
        {"CommandLine: 'ab*ba'", "aba", false},
        {"CommandLine: 'ab*ba'", "abba", true},
        {"CommandLine: '*aab'", "aaab", true},
        {"CommandLine: '*a?c*'", "xxabcxx", true},
        {"CommandLine: '*a?c*'", "xxacxx", false},
        {"CommandLine: 'prog?'", "progA", true},
        {"CommandLine: 'prog?'", "prog", false},
        {"CommandLine: 'prog?'", "progAB", false},
        {"CommandLine: 'x?y'", "x\u00fcy", true},
        {"CommandLine: 'x?y'", "x\U0001F600y", true},
        {"CommandLine: 'x?y'", "x\xFFy", true},
        {"CommandLine: '*?\u00fc'", "\u00fc", false},
        {"CommandLine: '*??z'", "\u00fcz", false},
        {"CommandLine: '*??z*'", "\u00fcz", false},
        {"CommandLine: '?\?'", "\u00fc\u00fc", true},
        {"CommandLine: 'a\\*b'", "a*b", true},
        {"CommandLine: 'a\\*b'", "axb", false},
        {"CommandLine: 'a\\?b'", "a?b", true},
        {"CommandLine: 'a\\?b'", "axb", false},
        {"CommandLine: 'a\\b'", "a\\b", true},
        {"CommandLine: 'a\\\\b'", "a\\b", true},
        {"CommandLine: 'a\\\\b'", "a\\\\b", false},
        {"CommandLine: 'a\\\\*'", "a\\xyz", true},
        {"CommandLine: 'a\\\\*'", "axyz", false},
        {"CommandLine: 'a\\\\\\*'", "a\\*", true},
        {"CommandLine: 'a\\\\\\*'", "a\\x", false},
        {"CommandLine: 'a\\\\\\b'", "a\\\\b", true},
        {"CommandLine: 'a\\\\\\\\b'", "a\\\\b", true},
        {"CommandLine: 'a\\'", "a\\", true},
    });
}

TEST_CASE("numbers compare as numbers, quoted ones as text", "[sigma]") {
    check_all({
        {"CommandLine: 443", Value::of_integer(443), true},
        {"CommandLine: 443", Value::of_integer(44), false},
        {"CommandLine: 443", "443", true},
        {"CommandLine: '443'", Value::of_integer(443), true},
        {"CommandLine: '443'", Value::of_integer(4431), false},
        {"CommandLine: -5", Value::of_integer(-5), true},
        {"CommandLine: 0x10", Value::of_integer(16), true},
        {"CommandLine: 1.5", Value::of_real(1.5), true},
        {"CommandLine: 10.0.0.1", "10.0.0.1", true},
        {"CommandLine|startswith: 44", Value::of_integer(443), true},
        {"CommandLine|lt: 10", Value::of_integer(9), true},
        {"CommandLine|lt: 10", Value::of_integer(10), false},
        {"CommandLine|lte: 10", Value::of_integer(10), true},
        {"CommandLine|gt: 10", Value::of_integer(10), false},
        {"CommandLine|gt: 10", "11", true},
        {"CommandLine|gt: 10", "x11", false},
        {"CommandLine|gt: 10", "inf", false},
        {"CommandLine|gt: 2.5", Value::of_integer(3), true},
        {"CommandLine|gt: 2.5", Value::of_real(2.25), false},
        {"CommandLine|gte: '7'", Value::of_integer(7), true},
        {"CommandLine|gte: 9223372036854775807", Value::of_integer(INT64_MAX), true},
        {"CommandLine|lt: 10", Value{}, false},
    });
}

TEST_CASE("contains, startswith, endswith, cased", "[sigma]") {
    check_all({
        {"CommandLine|contains: AMI", "whoami --x", true},
        {"CommandLine|contains: ' -c '", "sh -c x", true},
        {"CommandLine|contains: ' -c '", "sh -cx", false},
        {"CommandLine|contains: 'a*b'", "xxaYYbxx", true},
        {"CommandLine|contains: ''", "anything", true},
        {"CommandLine|startswith: who", "Whoami", true},
        {"CommandLine|startswith: who", "awho", false},
        {"CommandLine|endswith: /sh", "/bin/SH", true},
        {"CommandLine|endswith: /sh", "/bin/sh ", false},
        {"CommandLine|endswith: '?h'", "/bin/sh", true},
        {"CommandLine|cased: Who", "Who", true},
        {"CommandLine|cased: Who", "who", false},
        {"CommandLine|contains|cased: AMI", "whoAMI", true},
        {"CommandLine|cased|contains: AMI", "whoami", false},
        {"CommandLine|contains|all: [a, b]", "xbxa", true},
        {"CommandLine|contains|all: [a, b]", "xb", false},
        {"CommandLine|all|contains: [a, b]", "ab", true},
        {"CommandLine|neq: x", "y", true},
        {"CommandLine|neq: x", "X", false},
        {"CommandLine|neq: [x, y]", "z", true},
        {"CommandLine|neq: [x, y]", "y", false},
        {"CommandLine|contains|neq: x", "axb", false},
        {"CommandLine|neq: 5", Value::of_integer(6), true},
        {"CommandLine|neq: 5", Value::of_integer(5), false},
    });
}

TEST_CASE("regular expressions are searched for, with case, and take i, m and s", "[sigma]") {
    check_all({
        {"CommandLine|re: 'w.o'", "xwho", true},
        {"CommandLine|re: '^who$'", "who", true},
        {"CommandLine|re: '^who$'", "whom", false},
        {"CommandLine|re: 'WHO'", "who", false},
        {"CommandLine|re|i: 'WHO'", "who", true},
        {"CommandLine|re: '^b'", "a\nb", false},
        {"CommandLine|re|m: '^b'", "a\nb", true},
        {"CommandLine|re: 'a.b'", "a\nb", false},
        {"CommandLine|re|s: 'a.b'", "a\nb", true},
        {"CommandLine|re|i|s: 'A.B'", "a\nb", true},
        {"CommandLine|re: '(a|b){2,3}[^x]'", "abc", true},
        {"CommandLine|re: 'a\\.b'", "a.b", true},
        {"CommandLine|re: 'a\\.b'", "axb", false},
        {"CommandLine|re: '^[0-9]+$'", Value::of_integer(17), true},
        {"CommandLine|re: ['x', 'y']", "y", true},
        {"CommandLine|re|all: ['x', 'y']", "y", false},
        {"CommandLine|re: '(a*)*$'", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", true},
    });
}

TEST_CASE("ranges of addresses", "[sigma]") {
    check_all({
        {"CommandLine|cidr: 10.0.0.0/8", "10.255.0.1", true},
        {"CommandLine|cidr: 10.0.0.0/8", "11.0.0.1", false},
        {"CommandLine|cidr: 192.168.4.0/23", "192.168.5.255", true},
        {"CommandLine|cidr: 192.168.4.0/23", "192.168.6.0", false},
        {"CommandLine|cidr: 0.0.0.0/0", "1.2.3.4", true},
        {"CommandLine|cidr: 0.0.0.0/0", "::1", false},
        {"CommandLine|cidr: 127.0.0.1/32", "127.0.0.1", true},
        {"CommandLine|cidr: 127.0.0.1", "127.0.0.1", true},
        {"CommandLine|cidr: 'fe80::/10'", "fe80::1", true},
        {"CommandLine|cidr: 'fe80::/10'", "FE80:0::1", true},
        {"CommandLine|cidr: 'fe80::/10'", "ff80::1", false},
        {"CommandLine|cidr: '::1/128'", "0:0:0:0:0:0:0:1", true},
        {"CommandLine|cidr: 10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"CommandLine|cidr: 10.0.0.0/8", "10.0.0", false},
        {"CommandLine|cidr: [10.0.0.0/8, 172.16.0.0/12]", "172.31.0.1", true},
    });
}

TEST_CASE("encodings", "[sigma]") {
    check_all({
        {"CommandLine|base64: 'http://'", "aHR0cDovLw==", true},
        {"CommandLine|base64|contains: 'foobar'", "echo Zm9vYmFy | x", true},
        // The three alignments of "/bin/sh" in what was encoded.
        {"CommandLine|base64offset|contains: '/bin/sh'", "echo L2Jpbi9zaA== | x", true},
        {"CommandLine|base64offset|contains: '/bin/sh'", "echo IC9iaW4vc2gg | x", true},
        {"CommandLine|base64offset|contains: '/bin/sh'", "echo YWEvYmluL3NoIC1j | x", true},
        {"CommandLine|base64offset|contains: '/bin/sh'", "echo L2Jpbi9scw== | x", false},
        {"CommandLine|wide|base64: 'cmd'", "YwBtAGQA", true},
        {"CommandLine|utf16le|base64: 'cmd'", "YwBtAGQA", true},
        {"CommandLine|utf16be|base64: 'cmd'", "AGMAbQBk", true},
        {"CommandLine|utf16|base64: 'cmd'", "//5jAG0AZAA=", true},
        {"CommandLine|wide|base64: 'ü'", "/AA=", true},
        {"CommandLine|wide|base64: '\U0001F600'", "PdgA3g==", true},
        {"CommandLine|wide|base64offset|contains: 'ping'", "x cABpAG4AZw y", true},
        {"CommandLine|wide: 'ab'", Value(std::string_view("a\0b\0", 4)), true},
        {"CommandLine|base64offset|contains|all: ['/bin/sh', 'curl']", "L2Jpbi9zaA== Y3VybA==", true},
        {"CommandLine|base64offset|contains|all: ['/bin/sh', 'curl']", "L2Jpbi9zaA==", false},
    });
}

TEST_CASE("windash takes the dashes that begin a word for one another", "[sigma]") {
    check_all({
        {"CommandLine|windash|contains: ' -x'", "a -x", true},
        {"CommandLine|windash|contains: ' -x'", "a /x", true},
        {"CommandLine|windash|contains: ' -x'", "a \u2013x", true},
        {"CommandLine|windash|contains: ' -x'", "a \u2014x", true},
        {"CommandLine|windash|contains: ' -x'", "a \u2015x", true},
        {"CommandLine|windash|contains: ' -x'", "a +x", false},
        {"CommandLine|windash|contains: ' /x -y'", "a -x /y", true},
        {"CommandLine|windash|contains: 'a-b'", "a/b", false},
        {"CommandLine|windash|endswith: '-x'", "a \u2014x", true},
        {"CommandLine|windash: '-x?'", "/xy", true},
        {"CommandLine|windash|base64: '-x'", "L3g=", true},
        {"CommandLine|windash|contains|all: [' -x', ' -y']", " /y -x", true},
    });
}

TEST_CASE("null, exists and fields that are not there", "[sigma]") {
    const auto absent = record_of({{Field::kImage, "/bin/sh"}});
    const auto null = record_of({{Field::kCommandLine, Value{}}});
    const auto empty = record_of({{Field::kCommandLine, ""}});
    const auto there = record_of({{Field::kCommandLine, "x"}});
    struct Row {
        const char* line;
        bool absent, null, empty, there;
    };
    const std::vector<Row> rows = {
        {"CommandLine: null", true, true, false, false},          {"CommandLine:", true, true, false, false},
        {"CommandLine: ''", false, false, true, false},           {"CommandLine|exists: true", false, true, true, true},
        {"CommandLine|exists: false", true, false, false, false}, {"CommandLine: '*'", false, false, true, true},
        {"CommandLine|neq: null", false, false, true, true},      {"CommandLine|neq: x", true, true, true, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.line);
        const auto set = load_text(rule_on(row.line), "r.yml");
        REQUIRE(set.faults().empty());
        CHECK(fits(set, absent) == row.absent);
        CHECK(fits(set, null) == row.null);
        CHECK(fits(set, empty) == row.empty);
        CHECK(fits(set, there) == row.there);
    }
}

TEST_CASE("a field that is a list fits by any of its elements", "[sigma]") {
    const auto record = record_of({{Field::kAncestorImage, "/bin/a"},
                                   {Field::kImage, "/bin/x"},
                                   {Field::kAncestorImage, "/bin/b"},
                                   {Field::kAncestorImage, "/bin/c"}});
    CHECK(fits(load_text(rule_on("AncestorImage: /bin/c"), "r"), record));
    CHECK(fits(load_text(rule_on("AncestorImage|endswith|all: [/a, /b]"), "r"), record));
    CHECK_FALSE(fits(load_text(rule_on("AncestorImage: /bin/x"), "r"), record));
    CHECK_FALSE(fits(load_text(rule_on("AncestorImage|neq: /bin/b"), "r"), record));
}

TEST_CASE("one field's value against another's", "[sigma]") {
    const auto record = record_of({{Field::kImage, "/Bin/sh"},
                                   {Field::kParentImage, "/bin/SH"},
                                   {Field::kCommandLine, "run /bin/sh -c"},
                                   {Field::kUser, "root"}});
    const auto hit = [&](const char* line) {
        const auto set = load_text(rule_on(line), "r.yml");
        INFO(faults_of(set));
        REQUIRE(set.faults().empty());
        return fits(set, record);
    };
    CHECK(hit("Image|fieldref: ParentImage"));
    CHECK_FALSE(hit("Image|fieldref|cased: ParentImage"));
    CHECK_FALSE(hit("Image|fieldref: User"));
    CHECK_FALSE(hit("Image|fieldref: TargetFilename"));
    CHECK(hit("Image|fieldref|neq: User"));
    CHECK_FALSE(hit("Image|fieldref|neq: ParentImage"));
    CHECK(hit("CommandLine|fieldref|contains: Image"));
    CHECK_FALSE(hit("CommandLine|fieldref|startswith: Image"));
}
