// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/bundle.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/evidence/base64.hpp"

using namespace fstracker::evidence;
using Json = nlohmann::json;

namespace {

Bundle sample_bundle() { return {"{\"_type\":\"x\"}", "\x30\x02\xFF", to_base64(std::string(32, 'k')), ""}; }

std::string fault_of(const Json& bundle) {
    const auto read = read_bundle(bundle.dump());
    return read ? "" : read.error().message;
}

bool same(const Bundle& a, const Bundle& b) {
    return a.payload == b.payload && a.signature == b.signature && a.key_hint == b.key_hint &&
           a.certificate_der == b.certificate_der;
}

}  // namespace

TEST_CASE("the pre-authentication encoding gives the known answer", "[bundle]") {
    CHECK(pae("http://example.com/HelloWorld", "hello world") ==
          "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    CHECK(pae("", "") == "DSSEv1 0  0 ");
}

TEST_CASE("a bundle reads back as it was written", "[bundle]") {
    const std::string text = write_bundle(sample_bundle());
    CHECK(Json::parse(text).dump() == text);
    const auto read = read_bundle(text);
    REQUIRE(read);
    CHECK(same(*read, sample_bundle()));

    Bundle certified = sample_bundle();
    certified.key_hint.clear();
    certified.certificate_der = std::string("\x30\x00", 2);
    const auto read_certified = read_bundle(write_bundle(certified));
    REQUIRE(read_certified);
    CHECK(same(*read_certified, certified));
}

TEST_CASE("a flipped bit anywhere in a bundle is seen", "[bundle]") {
    const std::string text = write_bundle(sample_bundle());
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        std::string flipped = text;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        const auto read = read_bundle(flipped);
        INFO("bit " << bit << ": " << flipped);
        CHECK((!read || !same(*read, sample_bundle())));
    }
}

TEST_CASE("what nobody signed has no room in a bundle", "[bundle]") {
    const Json good = Json::parse(write_bundle(sample_bundle()));
    REQUIRE(fault_of(good).empty());
    const auto with = [&](const char* pointer, const Json& value) {
        Json changed = good;
        changed[Json::json_pointer(pointer)] = value;
        return fault_of(changed);
    };
    CHECK_THAT(with("/dsseEnvelope/signatures/0/keyid", ""), Catch::Contains("keyid"));
    CHECK_THAT(with("/dsseEnvelope/signatures/1", good["dsseEnvelope"]["signatures"][0]), Catch::Contains("too many"));
    CHECK_THAT(with("/dsseEnvelope/signatures", Json::array()), Catch::Contains("empty"));
    CHECK_THAT(with("/note", 1), Catch::Contains("unknown field \"note\""));
    CHECK_THAT(with("/verificationMaterial/tlogEntries/0", Json::object()), Catch::Contains("transparency log"));
    CHECK_THAT(with("/verificationMaterial/timestampVerificationData", Json::object()),
               Catch::Contains("unknown field"));
    CHECK_THAT(with("/mediaType", "application/vnd.dev.sigstore.bundle.v0.2+json"), Catch::Contains("mediaType"));
    CHECK_THAT(with("/dsseEnvelope/payloadType", "text/plain"), Catch::Contains("payloadType"));
    CHECK_THAT(with("/dsseEnvelope/payload", "Zg"), Catch::Contains("base64"));
    CHECK_THAT(with("/dsseEnvelope/payload", 7), Catch::Contains("not a string"));
    CHECK_THAT(with("/verificationMaterial/publicKey/hint", "Zm9v"), Catch::Contains("hint"));
    CHECK_THAT(with("/verificationMaterial", nullptr), Catch::Contains("not an object"));
}

TEST_CASE("the URL-safe alphabet is taken, another spacing is told apart", "[bundle]") {
    Bundle bundle = sample_bundle();
    bundle.payload = "\xFB\xFF\xBF";
    Json json = Json::parse(write_bundle(bundle));
    json["dsseEnvelope"]["payload"] = "-_-_";
    const auto url_safe = read_bundle(json.dump());
    REQUIRE(url_safe);
    CHECK(url_safe->payload == bundle.payload);

    for (const std::string& foreign : {json.dump(2), json.dump() + "\n"}) {
        const auto read = read_bundle(foreign);
        REQUIRE_FALSE(read);
        CHECK_THAT(read.error().message, Catch::Contains("canonical"));
        CHECK_THAT(read.error().hint, Catch::Contains("jq"));
    }
}

TEST_CASE("hostile texts are errors", "[bundle]") {
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("null"), std::string("[]"), std::string("\xFF"),
          std::string(1'000'000, '['), std::string("{\"a\":") + std::string(100'000, '{')})
        CHECK_FALSE(read_bundle(text).has_value());
}
