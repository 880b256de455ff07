// SPDX-License-Identifier: Apache-2.0
// What a run of the service is judged by: the files that were handed over for it, the rules that the service was
// installed with, and what earlier runs of the same user left. No other file is looked at.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/project/criteria.hpp"
#include "daemon/run/order.hpp"

namespace fstracker::daemon {

struct OrderedJudging {
    project::Judging judging;
    // The files, packed, and which runs count as those before it: a worker that goes on gets the same from this,
    // whatever has ended since.
    std::string project;
};

// `packed` is what StartRun brought (given.hpp), or OrderedJudging::project of the worker before. An error is for
// whoever wants the run: nothing of it may begin.
Result<OrderedJudging> load_judging(const Order& order, std::string_view packed);

}  // namespace fstracker::daemon
