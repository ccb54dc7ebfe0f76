// SPDX-License-Identifier: BSL-1.0
// Another process of this program that plays a part, and a line to it in each direction.
//
//     process phone({"live", "phone.db", "http://127.0.0.1:8080"}, "phone.log");
//     phone.hear();                  // "ready"
//     phone.ask("sync");             // "1 sent, 0 received"
//     phone.kill();                  // as kill -9
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace demo {

class process {
  public:
    process(std::vector<std::string> arguments, const std::string& log) {
        int to[2], from[2];
        if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) std::abort();
        id_ = ::fork();
        if (id_ == 0) become(std::move(arguments), log, to[0], from[1]);
        ::close(to[0]);
        ::close(from[1]);
        to_ = to[1];
        from_ = from[0];
    }
    ~process() {
        kill();
        ::close(to_);
        ::close(from_);
    }
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    [[nodiscard]] pid_t id() const noexcept { return id_; }

    void tell(const std::string& line) const {
        const std::string whole = line + "\n";
        // One that has died is noticed by its silence.
        (void)!::write(to_, whole.data(), whole.size());
    }
    /// The next line; nothing where it ended, or was silent for half a minute.
    std::string hear() {
        while (early_.find('\n') == early_.npos) {
            pollfd waits{from_, POLLIN, 0};
            char bytes[4'096];
            const ssize_t count = ::poll(&waits, 1, 30'000) > 0 ? ::read(from_, bytes, 4'096) : 0;
            if (count <= 0) return {};
            early_.append(bytes, static_cast<std::size_t>(count));
        }
        const std::size_t end = early_.find('\n');
        std::string line = early_.substr(0, end);
        early_.erase(0, end + 1);
        return line;
    }
    std::string ask(const std::string& line) {
        tell(line);
        return hear();
    }

    void kill() { end_by(SIGKILL); }
    /// Ends it in peace, and gives its exit code.
    int end() { return end_by(SIGTERM); }
    /// Waits until somebody else ends it.
    int wait() { return end_by(0); }

  private:
    [[noreturn]] static void become(std::vector<std::string> arguments, const std::string& log,
                                    int in, int out) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Nobody is left behind when the story breaks off.
        ::dup2(in, STDIN_FILENO);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
        std::vector<char*> all;
        std::string program = "/proc/self/exe";
        all.push_back(program.data());
        for (std::string& each : arguments) all.push_back(each.data());
        all.push_back(nullptr);
        ::execv(program.c_str(), all.data());
        std::_Exit(127);
    }
    int end_by(int signal) {
        if (id_ <= 0) return -1;
        if (signal != 0) ::kill(id_, signal);
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
        id_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    pid_t id_ = 0;
    int to_ = -1, from_ = -1;
    std::string early_{};
};

}  // namespace demo
