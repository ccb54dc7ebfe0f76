// SPDX-License-Identifier: BSL-1.0
// The parts that the processes of the demo play, beside the one that tells the story.
#pragma once

#include <string>

namespace demo {

/// Serves the library in the file until SIGINT or SIGTERM. Port 0: one that is free.
int serve(const std::string& file, unsigned short port);

/// A device: does what the lines of its input say, and answers each with a line.
int live(const std::string& file, const std::string& address);

/// Prints all that a store holds, in a form that is equal for equal stores.
int look(const std::string& file);

}  // namespace demo
