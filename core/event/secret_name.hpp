// SPDX-License-Identifier: Apache-2.0
// Whether a name says that its value is a secret: password, hf-token, AWS_SECRET_ACCESS_KEY, clientSecret; not
// tokenizer, max-tokens, pad_token_id, KEYBOARD, sort-key. Internal to core/event.
#pragma once

#include <string_view>

namespace fstracker::event {

// kOption: written --name or -name. Some words are secret only there or in capitals, such as auth.
enum class NameForm { kOption, kVariable };

bool names_secret(std::string_view name, NameForm form);

// Authorization and Proxy-Authorization, whose value may begin with a scheme.
bool names_authorization(std::string_view name);

}  // namespace fstracker::event
