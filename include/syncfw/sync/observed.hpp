// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <syncfw/sync/environment.hpp>

#include <utility>

namespace syncfw {

/// The environment, and somebody who takes events: `sink.take(timestamp, event)` for each kind.
template <class Sink, class Base = system_environment>
class observed : public Base {
  public:
    /// The sink must outlive it.
    explicit observed(Sink& sink, Base base = {}) : Base(std::move(base)), sink_(&sink) {}

    template <class Event>
    void tell(const Event& event) {
        sink_->take(this->now(), event);
    }

  private:
    Sink* sink_;
};

}  // namespace syncfw
