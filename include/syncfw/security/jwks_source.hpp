// SPDX-License-Identifier: BSL-1.0
// Keys that their issuer changes: a JWK set that is fetched again and again.
//
//     auto keys = jwks_source::open(jwks_file("/etc/books/jwks.json"), timestamp::now());
//     if (!keys) return report(keys.error());
//     jwt_verifier verifier(*keys, {.issuer = "https://login.example", .audience = "books"});
//
// How the text is fetched is the caller's business, and so is that it comes from the configured
// address only, over TLS, without redirects: nothing of a token ever says where.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/security/jwt_keys.hpp>
#include <syncfw/security/secret_file.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace syncfw {

struct jwks_options {
    /// How old the keys become before they are fetched anew.
    std::chrono::seconds refresh{600};
    /// Between two fetches, whatever tokens ask for: nobody can make this server flood its issuer.
    std::chrono::seconds pause{30};
};

/// The keys of one moment. The number is another one whenever the keys are others.
struct jwt_key_set {
    std::shared_ptr<const jwt_keys> keys{};
    std::uint64_t generation = 0;
};

/// Threads share it. One of them at a time fetches, in its own call, while the others go on with
/// the keys that are there. A failed fetch changes nothing; it is tried again after the pause.
class jwks_source {
  public:
    using fetch_function = std::function<result<std::string>()>;

    /// Fetches at once, and fails where there are no keys to begin with.
    [[nodiscard]] static result<std::shared_ptr<jwks_source>> open(fetch_function fetch,
                                                                   timestamp now,
                                                                   const jwks_options& wanted = {});

    /// The keys; fetches first when they have become old.
    [[nodiscard]] jwt_key_set current(timestamp now);
    /// The same for a token whose key is not among them: fetches unless it was done just now.
    [[nodiscard]] jwt_key_set after_unknown_key(timestamp now);
    /// Fetches now, for a timer of one's own, so that no request waits for it; does nothing while
    /// another thread fetches. The error says why the old keys stay.
    result<void> refresh(timestamp now);

    /// Why the last fetch failed; nothing when it didn't. For logs and health.
    [[nodiscard]] result<void> last_fetch() const {
        const std::lock_guard locked(lock_);
        return last_fetch_;
    }

  private:
    jwks_source(fetch_function&& fetch, const jwks_options& wanted)
        : fetch_(std::move(fetch)), options_(wanted) {}

    [[nodiscard]] jwt_key_set held() const {
        const std::lock_guard locked(lock_);
        return held_;
    }
    /// True for one caller at a time, who must fetch then.
    [[nodiscard]] bool begin_fetch(timestamp now, std::chrono::seconds age_min);
    result<void> fetch_keys(timestamp now);
    [[nodiscard]] result<std::string> fetched() const;
    result<void> take(result<std::string> text, timestamp now);
    void end_fetch() {
        const std::lock_guard locked(lock_);
        is_fetching_ = false;
    }

    fetch_function fetch_;
    jwks_options options_;

    mutable std::mutex lock_{};
    jwt_key_set held_{};
    std::string text_{};
    timestamp tried_at_ = timestamp::min();
    timestamp fetched_at_ = timestamp::min();
    bool is_fetching_ = false;
    result<void> last_fetch_{};
};

/// Reads the set from a file, which an operator or a side-car replaces.
[[nodiscard]] inline jwks_source::fetch_function jwks_file(std::string path) {
    return [path = std::move(path)]() -> result<std::string> {
        const detail::open_file file(std::fopen(path.c_str(), "rb"));
        if (!file) return detail::no_file(path);
        return detail::read_up_to(file.get(), path, jwt_keys::jwks_bytes_max);
    };
}

// --- how it is done ------------------------------------------------------------------------------

inline result<std::shared_ptr<jwks_source>> jwks_source::open(fetch_function fetch, timestamp now,
                                                              const jwks_options& wanted) {
    SYNCFW_ASSERT(fetch != nullptr, "jwks_source needs a function that fetches");
    std::shared_ptr<jwks_source> made(new jwks_source(std::move(fetch), wanted));
    if (auto done = made->refresh(now); !done) return done.error();
    return made;
}

inline jwt_key_set jwks_source::current(timestamp now) {
    if (begin_fetch(now, options_.refresh)) (void)fetch_keys(now);
    return held();
}

inline jwt_key_set jwks_source::after_unknown_key(timestamp now) {
    if (begin_fetch(now, std::chrono::seconds(0))) (void)fetch_keys(now);
    return held();
}

inline result<void> jwks_source::refresh(timestamp now) {
    {
        const std::lock_guard locked(lock_);
        if (is_fetching_) return {};
        is_fetching_ = true;
        tried_at_ = now;
    }
    return fetch_keys(now);
}

inline bool jwks_source::begin_fetch(timestamp now, std::chrono::seconds age_min) {
    // A clock that was set back must not keep old keys for as long as it was wrong.
    const auto is_past = [&](timestamp then, std::chrono::seconds wait) {
        return now < then || now >= then + wait;
    };
    const std::lock_guard locked(lock_);
    if (is_fetching_ || !is_past(tried_at_, options_.pause) || !is_past(fetched_at_, age_min))
        return false;
    is_fetching_ = true;
    tried_at_ = now;
    return true;
}

inline result<void> jwks_source::fetch_keys(timestamp now) {
    struct flight {
        jwks_source& whose;
        ~flight() { whose.end_fetch(); }
    };
    const flight until_the_end{*this};
    return take(fetched(), now);
}

inline result<std::string> jwks_source::fetched() const {
    try {
        return fetch_();
    } catch (...) {
        return error{.code = errc::internal, .message = "the function that fetches keys threw"};
    }
}

inline result<void> jwks_source::take(result<std::string> text, timestamp now) {
    // Compared as text: the same keys shall not make all tokens be verified again.
    const bool is_new = text && [&] {
        const std::lock_guard locked(lock_);
        return held_.keys == nullptr || *text != text_;
    }();
    result<jwt_keys> keys = error{};
    if (is_new) keys = jwt_keys::from_jwks(*text);

    const std::lock_guard locked(lock_);
    last_fetch_ = !text             ? result<void>(text.error())
                  : is_new && !keys ? result<void>(keys.error())
                                    : result<void>();
    if (!last_fetch_) return last_fetch_;
    fetched_at_ = now;
    if (is_new) {
        held_ = {std::make_shared<const jwt_keys>(std::move(*keys)), held_.generation + 1};
        text_ = std::move(*text);
    }
    return {};
}

}  // namespace syncfw
