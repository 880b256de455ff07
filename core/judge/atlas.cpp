// SPDX-License-Identifier: Apache-2.0
#include "core/judge/atlas.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include <fmt/format.h>

namespace fstracker::judge {

namespace {

struct Technique {
    const char* id;
    const char* name;
    std::vector<std::uint8_t> mitigations;  // N of AML.M00NN
};

// Those that have mitigations, and those that a rule may be about; by id.
const std::vector<Technique>& techniques() {
    static const std::vector<Technique> kTechniques = {
        {"AML.T0000", "Search Open Technical Databases", {0}},
        {"AML.T0002", "Acquire Public AI Artifacts", {0}},
        {"AML.T0002.000", "Datasets", {1}},
        {"AML.T0002.001", "Models", {1, 14}},
        {"AML.T0003", "Search Victim-Owned Websites", {0}},
        {"AML.T0004", "Search Application Repositories", {0}},
        {"AML.T0005", "Create Proxy AI Model", {0, 1, 2, 4, 19}},
        {"AML.T0005.000", "Train Proxy via Gathered AI Artifacts", {0, 1}},
        {"AML.T0005.001", "Train Proxy via Replication", {2, 4, 24}},
        {"AML.T0005.002", "Use Pre-Trained Model", {0}},
        {"AML.T0007", "Discover AI Artifacts", {5, 12}},
        {"AML.T0010", "AI Supply Chain Compromise", {14, 20, 23}},
        {"AML.T0010.001", "AI Software", {6, 13}},
        {"AML.T0010.002", "Data", {5, 7, 14, 25}},
        {"AML.T0010.003", "Model", {5, 6, 8, 13, 17}},
        {"AML.T0011", "User Execution", {11, 14, 16, 18, 23}},
        {"AML.T0011.000", "Unsafe AI Artifacts", {11, 13, 14, 16, 18, 23}},
        {"AML.T0011.001", "Malicious Package", {11, 13, 16, 18, 23}},
        {"AML.T0013", "Discover AI Model Ontology", {2, 4}},
        {"AML.T0014", "Discover AI Model Family", {2, 4, 6}},
        {"AML.T0015", "Evade AI Model", {3, 6, 9, 10, 15, 34}},
        {"AML.T0018", "Manipulate AI Model", {5, 8, 13}},
        {"AML.T0018.000", "Poison AI Model", {5, 7, 8, 13, 25}},
        {"AML.T0018.001", "Modify AI Model Architecture", {5, 8, 13}},
        {"AML.T0018.002", "Embed Malware", {13}},
        {"AML.T0019", "Publish Poisoned Datasets", {14, 23, 25}},
        {"AML.T0020", "Poison Training Data", {1, 5, 7, 8, 23, 25}},
        {"AML.T0024", "Exfiltration via AI Inference API", {4, 19, 24}},
        {"AML.T0024.000", "Infer Training Data Membership", {2, 4, 24}},
        {"AML.T0024.001", "Invert AI Model", {2, 4, 24}},
        {"AML.T0024.002", "Extract AI Model", {2, 4, 24}},
        {"AML.T0025", "Exfiltration via Cyber Means", {5}},
        {"AML.T0029", "Denial of AI Service", {4, 15, 19}},
        {"AML.T0031", "Erode AI Model Integrity", {3, 6, 10, 15}},
        {"AML.T0034", "Cost Harvesting", {4, 19}},
        {"AML.T0035", "AI Artifact Collection", {1, 5, 12, 17}},
        {"AML.T0037", "Data from Local System", {}},
        {"AML.T0040", "AI Model Inference API Access", {19, 24}},
        {"AML.T0041", "Physical Environment Access", {9}},
        {"AML.T0042", "Verify Attack", {2, 4, 5, 19}},
        {"AML.T0043", "Craft Adversarial Data", {2, 3, 4, 6, 8, 10, 15, 19}},
        {"AML.T0043.000", "White-Box Optimization", {3, 5, 6, 10, 15, 17}},
        {"AML.T0043.001", "Black-Box Optimization", {2, 3, 4, 6, 10, 15, 19}},
        {"AML.T0043.002", "Black-Box Transfer", {3, 6, 10, 15}},
        {"AML.T0043.003", "Manual Modification", {3, 4, 6, 10, 15}},
        {"AML.T0043.004", "Insert Backdoor Trigger", {3, 6, 8, 10, 15}},
        {"AML.T0044", "Full AI Model Access", {5, 17}},
        {"AML.T0046", "Spamming AI System with Chaff Data", {4, 19}},
        {"AML.T0047", "AI-Enabled Product or Service", {24}},
        {"AML.T0048", "External Harms", {}},
        {"AML.T0048.000", "Financial Harm", {}},
        {"AML.T0048.004", "AI Intellectual Property Theft", {5, 12, 17}},
        {"AML.T0050", "Command and Scripting Interpreter", {}},
        {"AML.T0051", "LLM Prompt Injection", {19, 20, 21, 22, 24, 33}},
        {"AML.T0051.000", "Direct", {24, 33}},
        {"AML.T0051.001", "Indirect", {24, 33}},
        {"AML.T0051.002", "Triggered", {24, 33}},
        {"AML.T0052", "Phishing", {18, 34}},
        {"AML.T0052.000", "Spearphishing via Social Engineering LLM", {18, 34}},
        {"AML.T0053", "AI Agent Tool Invocation", {20, 21, 22, 24, 26, 27, 28, 29, 30, 32, 33}},
        {"AML.T0054", "LLM Jailbreak", {20, 21, 22}},
        {"AML.T0055", "Unsecured Credentials", {}},
        {"AML.T0056", "Extract LLM System Prompt", {20, 21, 22}},
        {"AML.T0057", "LLM Data Leakage", {8, 20, 21, 22}},
        {"AML.T0058", "Publish Poisoned Models", {23}},
        {"AML.T0059", "Erode Dataset Integrity", {7, 25}},
        {"AML.T0061", "LLM Prompt Self-Replication", {20, 21, 22}},
        {"AML.T0062", "Discover LLM Hallucinations", {4, 20, 21, 22}},
        {"AML.T0063", "Discover AI Model Outputs", {2, 12, 17, 19}},
        {"AML.T0072", "Reverse Shell", {}},
        {"AML.T0074", "Masquerading", {}},
        {"AML.T0076", "Corrupt AI Model", {}},
        {"AML.T0080", "AI Agent Context Poisoning", {31}},
        {"AML.T0080.000", "Memory", {31}},
        {"AML.T0082", "RAG Credential Harvesting", {26, 27}},
        {"AML.T0085", "Data from AI Services", {24, 26, 27, 28, 32}},
        {"AML.T0085.000", "RAG Databases", {24, 26, 27, 32}},
        {"AML.T0085.001", "AI Agent Tools", {24, 26, 27, 28, 32}},
        {"AML.T0086", "Exfiltration via AI Agent Tool Invocation", {24, 26, 27, 28, 29, 30, 32, 33}},
        {"AML.T0088", "Generate Deepfakes", {9, 34}},
        {"AML.T0090", "OS Credential Dumping", {}},
        {"AML.T0098", "AI Agent Tool Credential Harvesting", {32}},
        {"AML.T0101", "Data Destruction via AI Agent Tool Invocation", {24, 26, 27, 28, 29, 30}},
        {"AML.T0107", "Exploitation for Defense Evasion", {}},
        {"AML.T0109", "AI Supply Chain Rug Pull", {}},
        {"AML.T0112", "Machine Compromise", {}},
        {"AML.T0112.001", "AI Artifacts", {}},
    };
    return kTechniques;
}

// AML.M0000 and on.
constexpr std::array kMitigations = {
    "Limit Public Release of Information",
    "Limit Model Artifact Release",
    "Passive AI Output Obfuscation",
    "Model Hardening",
    "Restrict Number of AI Model Queries",
    "Control Access to AI Models and Data at Rest",
    "Use Ensemble Methods",
    "Sanitize Training Data",
    "Validate AI Model",
    "Use Multi-Modal Sensors",
    "Input Restoration",
    "Restrict Library Loading",
    "Encrypt Sensitive Information",
    "Code Signing",
    "Verify AI Artifacts",
    "Adversarial Input Detection",
    "Vulnerability Scanning",
    "AI Model Distribution Methods",
    "User Training",
    "Control Access to AI Models and Data in Production",
    "Generative AI Guardrails",
    "Generative AI Guidelines",
    "Generative AI Model Alignment",
    "AI Bill of Materials",
    "AI Telemetry Logging",
    "Maintain AI Dataset Provenance",
    "Privileged AI Agent Permissions Configuration",
    "Single-User AI Agent Permissions Configuration",
    "AI Agent Tools Permissions Configuration",
    "Human In-the-Loop for AI Agent Actions",
    "Restrict AI Agent Tool Invocation on Untrusted Data",
    "Memory Hardening",
    "Segmentation of AI Agent Components",
    "Input and Output Validation for AI Agent Components",
    "Deepfake Detection",
};

const Technique* find(std::string_view id) {
    const auto& all = techniques();
    const auto found = std::lower_bound(all.begin(), all.end(), id, [](const Technique& one, std::string_view wanted) {
        return std::string_view(one.id) < wanted;
    });
    return found != all.end() && found->id == id ? &*found : nullptr;
}

// "AML.T0011" of "AML.T0011.000"; empty for a technique that is none's part.
std::string_view parent_of(std::string_view id) {
    const auto dot = id.rfind('.');
    return dot == std::string_view::npos || dot <= std::string_view("AML.").size() ? std::string_view()
                                                                                   : id.substr(0, dot);
}

}  // namespace

std::string_view atlas_technique_name(std::string_view id) {
    const Technique* known = find(id);
    return known == nullptr ? std::string_view() : known->name;
}

std::string_view atlas_mitigation_name(std::string_view id) {
    constexpr std::string_view kPrefix = "AML.M00";
    if (id.size() != kPrefix.size() + 2 || !id.starts_with(kPrefix)) return {};
    const auto tens = static_cast<std::size_t>(id[kPrefix.size()] - '0');
    const auto ones = static_cast<std::size_t>(id[kPrefix.size() + 1] - '0');
    if (tens > 9 || ones > 9 || tens * 10 + ones >= kMitigations.size()) return {};
    return kMitigations.at(tens * 10 + ones);
}

std::vector<std::string> atlas_mitigations(const std::vector<std::string>& technique_ids) {
    std::set<std::string> ids;
    for (const std::string& id : technique_ids) {
        const Technique* known = find(id);
        if (known == nullptr || known->mitigations.empty()) known = find(parent_of(id));
        if (known == nullptr) continue;
        for (const auto number : known->mitigations) ids.insert(fmt::format("AML.M{:04}", number));
    }
    return {ids.begin(), ids.end()};
}

}  // namespace fstracker::judge
