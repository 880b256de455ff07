// SPDX-License-Identifier: Apache-2.0
#include "core/report/json_parts.hpp"

#include <sys/wait.h>

#include <algorithm>

#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/report/printable.hpp"
#include "core/report/process_tree.hpp"
#include "core/report/summary.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

json texts(const std::vector<std::string>& values) {
  auto list = json::array();
  for (const auto& value : values) list.push_back(json_text(value));
  return list;
}

json digest_json(const std::optional<event::Sha256>& digest) {
  return digest ? json("sha256:" + base::to_hex(*digest)) : json(nullptr);
}

json reference_json(const run::FileReference& reference) {
  return {{"path", json_text(reference.path.bytes)}, {"digest", digest_json(reference.digest)}};
}

}  // namespace

json ledger_json(const run::Ledger& ledger) {
  auto kernel = json::object();
  for (const auto& [kind, counters] : ledger.kernel) {
    auto lost = json::object();
    for (const auto& [reason, count] : counters.lost) lost[json_text(reason)] = count;
    kernel[json_text(kind)] = {{"seen", counters.seen},
                               {"folded", counters.folded},
                               {"delivered", counters.delivered},
                               {"lost", lost},
                               {"truncated", counters.truncated},
                               {"unreadable", counters.unreadable}};
  }
  auto refused = json::object();
  for (const auto& [reason, count] : ledger.digests.refused) refused[json_text(reason)] = count;
  return {{"kernel", kernel},
          {"user",
           {{"received", ledger.user.received},
            {"decoded", ledger.user.decoded},
            {"malformed", ledger.user.malformed},
            {"sequenceGaps", ledger.user.sequence_gaps},
            {"missed", ledger.user.missed},
            {"digests", {{"wanted", ledger.digests.wanted}, {"done", ledger.digests.done}, {"refused", refused}}}}}};
}

json process_json(const run::Process& process) {
  json out = {{"id", process.id},
              {"parent", process.parent},
              {"pid", process.pid},
              {"uid", process.uid},
              {"argv", texts(process.arguments)},
              {"cwd", json_text(process.directory.bytes)},
              {"startedOn", base::format_time(process.started)}};
  if (process.executable) out["executable"] = reference_json(*process.executable);
  if (process.script) out["script"] = reference_json(*process.script);
  if (process.finished) out["finishedOn"] = base::format_time(*process.finished);
  if (process.status) out["exitCode"] = shell_status(*process.status);
  if (process.resources) {
    out["resources"] = {{"cpuSeconds", static_cast<double>(process.resources->cpu_nanoseconds) / 1e9},
                        {"peakMemoryBytes", process.resources->peak_memory_bytes},
                        {"bytesRead", process.resources->bytes_read},
                        {"bytesWritten", process.resources->bytes_written}};
  }
  return out;
}

json connection_json(const run::Connection& connection) {
  json out = {{"ip", json_text(connection.address)},
              {"port", connection.port},
              {"protocol", json_text(connection.protocol)},
              {"invokingProcess", {{"id", connection.process}}},
              {"count", connection.count}};
  if (!connection.hostname.empty()) out["hostname"] = json_text(connection.hostname);
  return out;
}

json incident_json(const judge::Incident& incident, const run::Record& record) {
  auto processes = json::array();
  for (const auto id : incident.processes) {
    const auto chain = process_chain(record.processes, id);
    if (chain.empty()) continue;
    auto names = json::array();
    for (const auto* link : chain) names.push_back(json_text(program_name(*link)));
    processes.push_back({{"pid", chain.back()->pid},
                         {"image", json_text(program_name(*chain.back()))},
                         {"commandLine", json_text(command_line(*chain.back()))},
                         {"chain", names}});
  }
  auto files = json::array();
  for (const auto& path : incident.files) {
    json file = {{"path", json_text(path)}, {"role", nullptr}, {"owner", nullptr}, {"digest", nullptr}, {"was", nullptr}};
    const auto found = std::find_if(record.files.rbegin(), record.files.rend(),
                                    [&path](const run::FileEntry& entry) { return entry.path.bytes == path; });
    if (found != record.files.rend()) {
      if (!found->role.empty()) file["role"] = json_text(found->role);
      if (!found->owner.empty()) file["owner"] = json_text(found->owner);
      file["digest"] = digest_json(found->digest);
    }
    files.push_back(file);
  }
  return {{"id", json_text(incident.id)},
          {"level", judge::to_text(incident.level)},
          {"family", json_text(incident.family)},
          {"rules", texts(incident.rules)},
          {"title", json_text(incident.title)},
          {"why", json_text(incident.why)},
          {"processes", processes},
          {"files", files},
          {"atlas", json::array()},
          {"attack", json::array()},
          {"mitigations", json::array()},
          {"innocent", texts(incident.innocent)},
          {"fingerprint", json_text(incident.fingerprint)},
          {"accept", nullptr},
          {"suppress", nullptr}};
}

json run_json(const verify::RunDocuments& run) {
  const auto& record = run.trace.record;
  return {{"run", json_text(record.info.id)},
          {"pipeline", json_text(record.info.pipeline)},
          {"step", json_text(record.info.step)},
          {"verdict", judge::to_text(run.verdict ? run.verdict->judgement.verdict : judge::Verdict::kIncomplete)},
          {"complete", run.verdict.has_value() && record.completeness.complete}};
}

}  // namespace fstracker::report
