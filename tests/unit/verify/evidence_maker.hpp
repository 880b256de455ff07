// SPDX-License-Identifier: Apache-2.0
// Run directories made by hand: events that balance, what they come to, signed. A test changes one thing before
// signing.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/digest/digest.hpp"
#include "core/event/log.hpp"
#include "core/evidence/bundle.hpp"
#include "core/evidence/trace.hpp"
#include "core/evidence/verdict.hpp"
#include "core/run/run.hpp"
#include "core/sign/key.hpp"
#include "core/store/run_store.hpp"
#include "tests/unit/scratch.hpp"

namespace fstracker::testing {

inline constexpr std::int64_t kStart = 1'790'000'000'000'000'000;

inline event::Object object_of(std::uint64_t inode, std::uint64_t size = 5) {
    event::Object object;
    object.id = {8U << 20U | 1U, inode, 7};
    object.stamp = {size, kStart - 1'000'000'000, kStart - 1'000'000'000};
    object.mode = 0100644;
    object.links = 1;
    return object;
}

class EvidenceMaker {
  public:
    std::vector<event::Event> events;
    run::RunInfo info;
    sign::PrivateKey key = *sign::PrivateKey::generate(sign::KeyType::kEcdsaP256);
    evidence::TraceLimits limits;
    std::function<void(run::Record&)> lie = [](run::Record&) {};  // of the statement, after the events were applied
    std::function<void(std::string&)> spoil_log = [](std::string&) {};
    std::function<void(judge::Judgement&)> misjudge = [](judge::Judgement&) {};

    // One process that reads `path`.
    explicit EvidenceMaker(const std::string& path = "/data/train.csv") {
        info.id = store::make_run_id(kStart, 1);
        info.pipeline = "fraud";
        info.step = "train";
        info.host = "urn:fstracker:host:test";
        info.backend = "tracepoint";
        info.digest_mode = "full";
        info.version = "1";
        info.kernel = "6.1";
        info.started = kStart;

        event::Exec exec;
        exec.common = next();
        exec.object = object_of(10);
        exec.path.bytes = "/nowhere/bin/python3";
        exec.filename = "/nowhere/bin/python3";
        exec.directory.bytes = "/work";
        exec.arguments = {"python3", "train.py"};
        exec.argument_count = 2;
        event::FileAccess access;
        access.common = next();
        access.access = event::kRead;
        access.descriptor = 3;
        access.object = object_of(20);
        access.path.bytes = path;
        event::Connect connect;
        connect.common = next();
        connect.family = 2;
        connect.protocol = 6;
        connect.port = 443;
        connect.address = {192, 0, 2, 1};
        event::Exit exit;
        exit.common = next();
        events = {exec, access, connect, exit};
        hashed(exec.object, "ELF..");
        hashed(access.object, "data\n");
        event::RecorderCounters counters;
        counters.received = counters.decoded = 4;
        for (const char* kind : {"exec", "access", "connect", "exit"}) {
            event::Counters line;
            line.kind = kind;
            line.seen = line.delivered = 1;
            events.emplace_back(line);
        }
        events.emplace_back(event::BlindSpot{"32-bit system calls are not followed.", false});
        events.emplace_back(counters);
        events.emplace_back(event::RunEnded{kStart + 1'000'000'000, 0, false, ""});
    }

    run::Record record() const {
        run::Run run;
        for (const auto& event : events) run.apply(event);
        auto record = run.record(info);
        for (auto& file : record.files) file.role = "data";
        return record;
    }

    void write(const std::string& directory) const {
        std::filesystem::create_directories(directory);
        std::string log;
        for (const auto& event : events) event::append_line(log, event);
        spoil_log(log);
        const auto compressed = *store::compress(log);
        put(directory + "/events.ndjson.zst", compressed);
        auto told = record();
        lie(told);
        const auto document = evidence::write_trace(told, {{store::kEventsFile, "", digest::sha256(compressed)}},
                                                    limits, [&directory](const std::string& files) {
                                                        const auto bytes = *store::compress(files);
                                                        put(directory + "/files.ndjson.zst", bytes);
                                                        return digest::sha256(bytes);
                                                    });
        const auto bundle = sign(document.statement);
        put(directory + "/trace.sigstore.json", bundle);
        std::vector<evidence::Subject> outputs;
        const auto statement = *evidence::read_trace(document.statement);
        for (const auto& subject : statement.subjects)
            if (subject.name.find(".ndjson.zst") == std::string::npos) outputs.push_back(subject);
        auto judgement = judge::judge(told);
        misjudge(judgement);
        put(directory + "/verdict.sigstore.json",
            sign(evidence::write_verdict(judgement, told.info, digest::sha256(bundle), outputs)));
    }

    void hashed(const event::Object& object, std::string_view content) {
        event::Digested digested;
        digested.time = kStart + 100;
        digested.object = object.id;
        digested.wanted = digested.before = digested.after = object.stamp;
        digested.digest = digest::sha256(content);
        events.emplace_back(digested);
        events.emplace_back(event::FinalStamp{object.id, object.stamp});
    }

  private:
    event::Common next() {
        ++sequence_;
        return {1, 100, kStart + static_cast<std::int64_t>(sequence_), 0, sequence_, 0};
    }

    std::string sign(const std::string& statement) const {
        evidence::Bundle bundle;
        bundle.payload = statement;
        bundle.signature = *key.sign(evidence::pae(evidence::kPayloadType, statement));
        bundle.key_hint = key.public_key().id();
        return evidence::write_bundle(bundle);
    }

    std::uint64_t sequence_ = 0;
};

}  // namespace fstracker::testing
