// SPDX-License-Identifier: Apache-2.0
#include "core/event/redact.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <string>
#include <vector>

namespace {

using fstracker::event::Ending;
using fstracker::event::kRedacted;
using fstracker::event::redact;

// Keys are put together here, so that no scanner of repositories takes this file for a leak.
std::string key(const std::string& prefix, std::size_t length = 36) {
    static const std::string kLetters = "Ab3dEf6hIj9lMn2pQr5tUv8xYz1B4cD7";
    std::string text = prefix;
    while (text.size() < prefix.size() + length) text += kLetters[(text.size() * 7) % kLetters.size()];
    return text;
}

struct Row {
    std::string before;
    std::string after;
};

TEST_CASE("secrets within one text are replaced") {
    const std::string token = key("", 24);
    const std::string web_token = key("eyJ", 20) + "." + key("eyJ", 40) + "." + key("", 43);
    const Row row = GENERATE_COPY(values<Row>({
        {"--token=abc", "--token=[redacted]"},
        {"--api-key=abc", "--api-key=[redacted]"},
        {"--api_key=abc", "--api_key=[redacted]"},
        {"--apikey=abc", "--apikey=[redacted]"},
        {"--apiKey=abc", "--apiKey=[redacted]"},
        {"--hf-token=abc", "--hf-token=[redacted]"},
        {"-password=abc", "-password=[redacted]"},
        {"--db.password=abc", "--db.password=[redacted]"},
        {"password=abc", "password=[redacted]"},
        {"KEY=abc", "KEY=[redacted]"},
        {"HF_TOKEN=abc", "HF_TOKEN=[redacted]"},
        {"WANDB_API_KEY=abc", "WANDB_API_KEY=[redacted]"},
        {"AWS_SECRET_ACCESS_KEY=a/b+c=", "AWS_SECRET_ACCESS_KEY=[redacted]"},
        {"AWS_ACCESS_KEY_ID=abc", "AWS_ACCESS_KEY_ID=[redacted]"},
        {"AWS_SESSION_TOKEN=abc", "AWS_SESSION_TOKEN=[redacted]"},
        {"PGPASSWORD=abc", "PGPASSWORD=[redacted]"},
        {"MYSQL_PWD=abc", "MYSQL_PWD=[redacted]"},
        {"DB_PASS=abc", "DB_PASS=[redacted]"},
        {"SMTP_PASSWD=abc", "SMTP_PASSWD=[redacted]"},
        {"HTTP_AUTH=me:abc", "HTTP_AUTH=[redacted]"},
        {"CLIENT_CREDENTIAL=abc", "CLIENT_CREDENTIAL=[redacted]"},
        {"clientSecret=abc", "clientSecret=[redacted]"},
        {"TOKEN_PROD=abc", "TOKEN_PROD=[redacted]"},
        {"TOKEN_2=abc", "TOKEN_2=[redacted]"},
        {"PASSWORD_ADMIN=abc", "PASSWORD_ADMIN=[redacted]"},
        // In a script, up to the next space or quote; what stands around it stays.
        {"TOKEN=abc python3 train.py", "TOKEN=[redacted] python3 train.py"},
        {"export TOKEN='a b' && run", "export TOKEN='[redacted]' && run"},
        {"export TOKEN=\"a b\" && run", "export TOKEN=\"[redacted]\" && run"},
        {"python3 x.py --token abc --epochs 3", "python3 x.py --token [redacted] --epochs 3"},
        {"python3 x.py --token 'a b' --epochs 3", "python3 x.py --token '[redacted]' --epochs 3"},
        {"run(['x', '--token', 'abc'])", "run(['x', '--token', '[redacted]'])"},
        {"os.environ['HF_TOKEN'] = 'abc'", "os.environ['HF_TOKEN'] = '[redacted]'"},
        {"login(token=\"abc\")", "login(token=\"[redacted]\")"},
        {"login(token = \"abc\", x=1)", "login(token = \"[redacted]\", x=1)"},
        {R"({"password": "abc", "user": "me"})", R"({"password": "[redacted]", "user": "me"})"},
        {R"({"password":"abc","user":"me"})", R"({"password":"[redacted]","user":"me"})"},
        {R"({\"token\":\"abc\",\"user\":\"me\"})", R"({\"token\":\"[redacted]\",\"user\":\"me\"})"},
        {R"(x = "a\"b"; token="a\"b" more)", R"(x = "a\"b"; token="[redacted]" more)"},
        // Headers.
        {"Authorization: Bearer abc", "Authorization: Bearer [redacted]"},
        {"authorization: basic abc", "authorization: basic [redacted]"},
        {"Authorization: abc", "Authorization: [redacted]"},
        {"Authorization:abc", "Authorization:abc"},
        {"curl -H 'Authorization: Bearer abc' https://h/x", "curl -H 'Authorization: Bearer [redacted]' https://h/x"},
        {"Proxy-Authorization: Basic abc", "Proxy-Authorization: Basic [redacted]"},
        {"X-Api-Key: abc", "X-Api-Key: [redacted]"},
        {"X-Auth-Token: abc", "X-Auth-Token: [redacted]"},
        {"bearer " + token, "bearer [redacted]"},
        // Well-known shapes, wherever they stand.
        {"AKIA"
         "ABCDEFGH12345678",
         "[redacted]"},
        {key("ghp_"), "[redacted]"},
        {key("gho_"), "[redacted]"},
        {key("github_pat_", 60), "[redacted]"},
        {key("hf_", 34), "[redacted]"},
        {key("sk-", 48), "[redacted]"},
        {key("sk-proj-", 48), "[redacted]"},
        {key("xoxb-", 40), "[redacted]"},
        {key("xoxp-", 40), "[redacted]"},
        {key("glpat-", 20), "[redacted]"},
        {key("AIza", 35), "[redacted]"},
        {web_token, "[redacted]"},
        {"print('" + key("hf_", 34) + "')", "print('[redacted]')"},
        {"--x=" + key("ghp_"), "--x=[redacted]"},
        {"a " + key("ghp_") + " b " + key("hf_", 34) + " c", "a [redacted] b [redacted] c"},
        // URLs.
        {"https://me:abc@host/x", "https://[redacted]@host/x"},
        {"postgres://me:p@ss@host:5432/db", "postgres://[redacted]@host:5432/db"},
        {"postgres://me:p/w@host/db", "postgres://[redacted]@host/db"},
        {"git clone https://me:abc@host/x.git d", "git clone https://[redacted]@host/x.git d"},
        {"https://" + key("ghp_") + "@github.com/a/b", "https://[redacted]@github.com/a/b"},
        {"https://h/x?access_token=abc", "https://h/x?access_token=[redacted]"},
        // PEM.
        {"-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nrest", "[redacted]\nrest"},
        {"x -----BEGIN RSA PRIVATE KEY-----\nMII", "x [redacted]"},
    }));
    CAPTURE(row.before);
    CHECK(redact(row.before) == row.after);
    CHECK(redact(row.after) == row.after);
}

TEST_CASE("ordinary texts stay as they are") {
    const std::string text = GENERATE(values<std::string>({
        "",
        "-",
        "--",
        "=",
        ":",
        "://",
        "--token",
        "--token=",
        "--token=  ",
        "--tokenizer=gpt2",
        "--tokens=100",
        "--max-tokens=100",
        "--max_token=100",
        "--pad-token=<pad>",
        "--pad_token_id=0",
        "--eos-token-id=2",
        "--token-file=/run/secrets/x",
        "--tokenizer gpt2 --tokens 100 --keypoints 17",
        "TOKENIZERS_PARALLELISM=false",
        "KEYBOARD=us",
        "MONKEY=1",
        "PUBLIC_KEY=abc",
        "SORT_KEY=name",
        "NUM_KEY_VALUE_HEADS=8",
        "PASSWORD_FILE=/run/secrets/x",
        "SSH_AUTH_SOCK=/tmp/agent",
        "XAUTHORITY=/home/me/.Xauthority",
        "AUTHOR=me",
        "PWD=/home/me",
        "OLDPWD=/home/me",
        "COMPASS=1",
        "--passes=3",
        "--key=cosign.key",
        "--key cosign.key --sort-key name",
        "--password-stdin",
        "--secret-id=db",
        "use_auth_token=True",
        "--token=None",
        "sorted(x, key=lambda p: p[1])",
        "key: value",
        "if token == x: pass",
        "tokens = [1, 2]",
        "tokenizer(text, return_tensors='pt')",
        "hf_hub_download",
        "from hf_transfer import x",
        "ghp_short",
        "AKIAshort",
        "sk-learn-contrib-some-long-package-name",
        "task-force",
        "eyJ",
        "eyJmb28",
        "https://host/x",
        "https://host:8080/@scope/package",
        "https://me@host/x",
        "ssh://git@github.com/a/b.git",
        "git@github.com:a/b.git",
        "http://[::1]:8080/x@y",
        "file:///a:b/@x",
        "s3://bucket/key",
        "a:b@c",
        "me:secret",
        "the bearer of news",
        "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMII",
        "mysql -uroot -psecret",
        "std::token::value",
        "/usr/lib/python3/dist-packages/secrets.py",
        "\xFF\xFE%41",
    }));
    CAPTURE(text);
    CHECK(redact(text) == text);
}

using Arguments = std::vector<std::string>;

Arguments redacted(Arguments arguments, Ending ending = Ending::kWhole) {
    redact(arguments, ending);
    return arguments;
}

TEST_CASE("the argument after an option that announces a secret is replaced") {
    CHECK(redacted({"x", "--token", "abc", "--epochs", "3"}) ==
          Arguments{"x", "--token", "[redacted]", "--epochs", "3"});
    CHECK(redacted({"x", "--password", "two words"}) == Arguments{"x", "--password", "[redacted]"});
    CHECK(redacted({"x", "--password", "-abc"}) == Arguments{"x", "--password", "[redacted]"});
    CHECK(redacted({"x", "-token", "abc"}) == Arguments{"x", "-token", "[redacted]"});
    CHECK(redacted({"x", "--secret", "a", "--api-key", "b"}) ==
          Arguments{"x", "--secret", "[redacted]", "--api-key", "[redacted]"});
    CHECK(redacted({"x", "--token", "abc", "--token", "def"}) ==
          Arguments{"x", "--token", "[redacted]", "--token", "[redacted]"});
    CHECK(redacted({"env", "TOKEN=a b c", "run"}) == Arguments{"env", "TOKEN=[redacted]", "run"});
    CHECK(redacted({"x", "--password=a b c"}) == Arguments{"x", "--password=[redacted]"});
    CHECK(redacted({"sh", "-c", "TOKEN=abc run --fast"}) == Arguments{"sh", "-c", "TOKEN=[redacted] run --fast"});
    CHECK(redacted({"bash", "-lc", "run --token abc x"}) == Arguments{"bash", "-lc", "run --token [redacted] x"});
}

TEST_CASE("arguments after other options stay") {
    const Arguments arguments = GENERATE(values<Arguments>({
        {},
        {""},
        {"x", "--token"},
        {"x", "--tokenizer", "gpt2"},
        {"x", "--tokens", "100"},
        {"x", "--keypoints", "17"},
        {"x", "--key", "cosign.key"},
        {"x", "--password", "--verbose"},
        {"x", "--password", "-v", "file"},
        {"x", "--password", "-", "file"},
        {"x", "--use-auth-token", "true"},
        {"x", "token", "abc"},
        {"x", "--password-file", "/run/secrets/x"},
        {"python3", "train.py", "--data", "a=b", "--lr", "1e-3"},
    }));
    CHECK(redacted(arguments) == arguments);
}

TEST_CASE("a vector that was cut ends in less of a secret, and that goes as well") {
    CHECK(redacted({"x", "--token", "ab"}, Ending::kCut) == Arguments{"x", "--token", "[redacted]"});
    CHECK(redacted({"x", "ghp_Ab3dE"}, Ending::kCut) == Arguments{"x", "[redacted]"});
    CHECK(redacted({"x", "https://me:ab"}, Ending::kCut) == Arguments{"x", "https://[redacted]"});
    CHECK(redacted({"x", key("eyJ", 12)}, Ending::kCut) == Arguments{"x", "[redacted]"});
    CHECK(redacted({"x", "-----BEGIN PRIVATE KEY-----\nM"}, Ending::kCut) == Arguments{"x", "[redacted]"});
    CHECK(redacted({"x", "https://host:80"}, Ending::kCut) == Arguments{"x", "https://host:80"});
    CHECK(redacted({"ghp_Ab3dE", "x"}, Ending::kCut) == Arguments{"ghp_Ab3dE", "x"});
}

TEST_CASE("whatever words stand around it, a named secret does not stay") {
    static const std::string kPieces[] = {"--token",
                                          "=",
                                          ":",
                                          " ",
                                          "password",
                                          "KEY",
                                          "://",
                                          "a:b@",
                                          "eyJ",
                                          "\n",
                                          "Authorization",
                                          "Bearer ",
                                          "abc",
                                          "-----BEGIN PRIVATE KEY-----",
                                          ",",
                                          "[",
                                          "hf_",
                                          "-"};
    static const std::string kNames[] = {" password=", " --token ", " API_KEY=", " --secret='",
                                         " Authorization: Bearer "};
    std::mt19937 engine(7);
    const auto pieces = [&engine] {
        std::string text;
        for (unsigned n = engine() % 8; n > 0; --n) text += kPieces[engine() % std::size(kPieces)];
        return text;
    };
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = pieces() + " x" + kNames[engine() % std::size(kNames)] + "Hunter2" + pieces();
        CAPTURE(text);
        REQUIRE(redact(text).find("Hunter2") == std::string::npos);
    }
}

// Quadratic work over this much would take minutes.
TEST_CASE("a hostile argument costs no more than its length") {
    const auto seconds_for = [](const std::string& piece, std::size_t size) {
        std::string text;
        while (text.size() < size) text += piece;
        const auto start = std::chrono::steady_clock::now();
        (void)redact(text);
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    for (const std::string piece :
         {"-", "-.", "://", "=", " =", "token", "sk-", "eyJ-", "Authorization:", "Bearer ", "\\\"", ":", "\"'"}) {
        CAPTURE(piece);
        CHECK(seconds_for(piece, 1U << 20) < 20.0);
    }
}

}  // namespace
