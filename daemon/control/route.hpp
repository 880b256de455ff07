// SPDX-License-Identifier: Apache-2.0
// A message to the call of the Service that it means.
#pragma once

#include <string>

#include "daemon/control/connection.hpp"
#include "daemon/control/frame.hpp"
#include "daemon/control/service.hpp"

namespace fstracker::control {

// What GetInfo answers, beside the interfaces.
struct ServiceInfo {
    std::string vendor = "fstracker";
    std::string product = "fstrackerd";
    std::string version;
    std::string url;
};

// Whatever the message is, the connection has been answered or holds a call when this returns.
void route(Message message, Connection& connection, Service& service, const ServiceInfo& info,
           const MessageLimits& limits);

}  // namespace fstracker::control
