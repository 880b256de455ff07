// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/bundle.hpp"

#include "core/evidence/base64.hpp"
#include "core/evidence/fields.hpp"
#include "core/evidence/json.hpp"

namespace fstracker::evidence {

namespace {

constexpr std::string_view kMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

std::string bytes_of(Fields& fields, const char* name) {
    auto bytes = from_base64(fields.text(name));
    if (!bytes)
        fields.fault_in(name, "is not base64 (padded, of one alphabet, no bits left over)");
    else if (bytes->empty())
        fields.fault_in(name, "is empty");
    return bytes.value_or(std::string());
}

void read_envelope(Fields envelope, Bundle& bundle, Faults& faults) {
    bundle.payload = bytes_of(envelope, "payload");
    envelope.exactly("payloadType", kPayloadType);
    std::size_t signatures = 0;
    envelope.array("signatures", [&](const Json& value, const std::string& place) {
        Fields signature(value, place, faults);
        if (++signatures > 1) signature.fault("is one signature too many: a bundle holds exactly one");
        if (signature.has("keyid")) signature.fault("has a keyid, which nobody signed");
        bundle.signature = bytes_of(signature, "sig");
        signature.finish();
    });
    if (signatures == 0) envelope.fault_in("signatures", "is empty");
    envelope.finish();
}

void read_material(Fields material, Bundle& bundle) {
    if (material.has("certificate")) {
        Fields certificate = material.object("certificate");
        bundle.certificate_der = bytes_of(certificate, "rawBytes");
        certificate.finish();
    } else {
        Fields key = material.object("publicKey");
        bundle.key_hint = key.text("hint");
        const auto digest = from_base64(bundle.key_hint);
        if (!digest || digest->size() != 32) key.fault_in("hint", "is not the SHA-256 of a key in base64");
        key.finish();
    }
    material.array("tlogEntries", [&](const Json&, const std::string&) {
        material.fault("has entries of a transparency log, which this version does not check");
    });
    material.finish();
}

}  // namespace

std::string pae_head(std::string_view payload_type, std::size_t payload_bytes) {
    std::string text = "DSSEv1 ";
    text += std::to_string(payload_type.size());
    text += ' ';
    text += payload_type;
    text += ' ';
    text += std::to_string(payload_bytes);
    text += ' ';
    return text;
}

std::string pae(std::string_view payload_type, std::string_view payload) {
    return pae_head(payload_type, payload.size()).append(payload);
}

std::string write_bundle(const Bundle& bundle) {
    std::string text;
    text.reserve(bundle.payload.size() * 4 / 3 + 1024);
    JsonWriter json(text);
    json.begin_object().key("dsseEnvelope").begin_object();
    json.key("payload").base64(bundle.payload);
    json.key("payloadType").string(kPayloadType);
    json.key("signatures").begin_array().begin_object();
    json.key("sig").base64(bundle.signature).end_object().end_array().end_object();
    json.key("mediaType").string(kMediaType);
    json.key("verificationMaterial").begin_object();
    if (bundle.certificate_der.empty())
        json.key("publicKey").begin_object().key("hint").string(bundle.key_hint).end_object();
    else
        json.key("certificate").begin_object().key("rawBytes").base64(bundle.certificate_der).end_object();
    json.key("tlogEntries").begin_array().end_array().end_object().end_object();
    return text;
}

Result<Bundle> read_bundle(std::string_view text) {
    auto json = parse_canonical(text, "the bundle");
    if (!json) return fail(std::move(json.error()));
    Faults faults;
    Bundle bundle;
    Fields fields(*json, "", faults);
    fields.exactly("mediaType", kMediaType);
    read_envelope(fields.object("dsseEnvelope"), bundle, faults);
    read_material(fields.object("verificationMaterial"), bundle);
    fields.finish();
    if (faults.any()) return fail(faults.error("the bundle"));
    return bundle;
}

}  // namespace fstracker::evidence
