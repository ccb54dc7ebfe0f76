// SPDX-License-Identifier: BSL-1.0
// Who wrote what, told to a place of yours: a file of JSON lines, or a function.
//
//     auto file = syncfw::audit_file::open("/var/log/books/audit.jsonl");
//     if (!file) return fail(file.error());
//     syncfw::service_events told;
//     syncfw::audit_sink audit(told, std::move(*file));
//     syncfw::server hub(store, policy, {.audit = true}, syncfw::observed(audit));
//
// What is told was committed, and is told once: nothing of what was rolled back, and nothing again
// when a push comes again. The table `syncfw_audit` is written in the transaction of the write and
// is the record of truth; the place may lack what was committed just before the process ended, or
// while it couldn't be written, and then an event says so.
#pragma once

#include <syncfw/core/result.hpp>
#include <syncfw/core/timestamp.hpp>
#include <syncfw/observe/detail/line_text.hpp>
#include <syncfw/observe/events.hpp>

#include <cerrno>
#include <concepts>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace syncfw {

/// Appends a JSON object a line to a file, each in one piece. When it returns, the operating system
/// has the line: the end of the process loses nothing of it, that of the machine may.
class audit_file {
  public:
    /// Makes the file where there is none.
    [[nodiscard]] static result<audit_file> open(std::string path);

    /// Fails with `errc::storage_full` or `errc::read_only`, and goes on with the next line. What a
    /// full disk, or the end of a process, left of a line stays a line of its own.
    result<void> operator()(const events::write_audited& note);

  private:
    struct closing {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    using handle = std::unique_ptr<std::FILE, closing>;

    audit_file(std::string path, handle file) : path_(std::move(path)), file_(std::move(file)) {}
    [[nodiscard]] bool ends_within_line() const;
    [[nodiscard]] static error failed(const std::string& path, int why);

    std::string path_;
    handle file_;
    bool looks_ = true;  // Whether the last line may have no end.
};

/// A sink of events that hands what was audited to a place, and all other events to another sink.
/// Where the place fails, nobody's write does: the other sink is told `events::audit_failed`, which
/// a log warns of, and metrics count.
template <class Others, class Place>
    requires std::invocable<Place&, const events::write_audited&>
class audit_sink {
  public:
    /// The other sink must outlive it. `place(note)` gives a `result<void>`, one note after the
    /// other, and must not throw: it is called in the thread that answers the writer, who waits.
    audit_sink(Others& others, Place place) : others_(&others), place_(std::move(place)) {}

    template <class Event>
    void take(timestamp at, const Event& event) {
        others_->take(at, event);
    }
    void take(timestamp at, const events::write_audited& note) {
        const result<void> kept = keep(note);
        if (kept) return;
        others_->take(at,
                      events::audit_failed{.tenant = note.tenant,
                                           .operation = note.operation,
                                           .code = std::string(describe(kept.error().code).name),
                                           .message = to_string(kept.error())});
    }

  private:
    [[nodiscard]] result<void> keep(const events::write_audited& note) {
        const std::lock_guard locked(lock_);
        return place_(note);
    }

    Others* others_;
    std::mutex lock_{};  // Of the place.
    Place place_;
};

// --- how it is done ------------------------------------------------------------------------------

inline error audit_file::failed(const std::string& path, int why) {
    return {.code = why == ENOSPC ? errc::storage_full : errc::read_only,
            .message = "the audit's file " + path + " can't be written"};
}

inline result<audit_file> audit_file::open(std::string path) {
    errno = 0;
    handle file(std::fopen(path.c_str(), "ab"));
    if (!file) return failed(path, errno);
    // A line goes out when it is made, and what failed is not tried again behind our back.
    std::setvbuf(file.get(), nullptr, _IONBF, 0);
    return audit_file(std::move(path), std::move(file));
}

inline bool audit_file::ends_within_line() const {
    const handle seen(std::fopen(path_.c_str(), "rb"));
    if (!seen || std::fseek(seen.get(), -1, SEEK_END) != 0) return false;
    const int last = std::fgetc(seen.get());
    return last != '\n' && last != EOF;
}

inline result<void> audit_file::operator()(const events::write_audited& note) {
    std::string line = looks_ && ends_within_line() ? "\n" : "";
    line.append(R"({"event":")").append(events::write_audited::name).append("\"");
    detail::append_members_of(line, note);
    line += "}\n";
    errno = 0;
    looks_ = std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size();
    return looks_ ? result<void>(failed(path_, errno)) : result<void>();
}

}  // namespace syncfw
