# SPDX-License-Identifier: BSL-1.0
# Sourced by scripts/test: a PostgreSQL of the test run's own. It listens on a free port of the
# loopback device, lives in a temporary folder and goes when the run ends.

postgres_folder=

# Exports SYNCFW_TEST_POSTGRES. Fails, with a sentence on stderr, when there is no PostgreSQL.
start_postgres() {
    local programs port attempt
    programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$programs" ] || programs=$(pg_config --bindir 2>/dev/null) || true
    if [ ! -x "$programs/initdb" ]; then
        echo "PostgreSQL is not installed (postgresql-15)" >&2
        return 1
    fi
    postgres_folder=$(mktemp -d /tmp/syncfw-postgres.XXXXXX)
    # initdb refuses root, so root runs it as somebody without rights.
    as_postgres=()
    if [ "$(id -u)" = 0 ]; then
        as_postgres=(runuser -u nobody --)
        chown nobody "$postgres_folder"
    fi
    postgres_control=$programs/pg_ctl
    (cd / && "${as_postgres[@]}" "$programs/initdb" -D "$postgres_folder/data" -U syncfw \
        --auth=trust --encoding=UTF8 --locale=C --no-sync) >"$postgres_folder.log" 2>&1 || {
        cat "$postgres_folder.log" >&2
        return 1
    }
    # Between finding a free port and taking it, somebody else may take it: try again then.
    for attempt in 1 2 3; do
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
        # No fsync: a test kills the server at most, never the machine.
        if (cd / && "${as_postgres[@]}" "$postgres_control" -D "$postgres_folder/data" -w -s \
            -l "$postgres_folder/log" -o "-p $port -c listen_addresses=127.0.0.1 \
            -c unix_socket_directories='' -c fsync=off -c max_connections=100" start); then
            export SYNCFW_TEST_POSTGRES="postgresql://syncfw@127.0.0.1:$port/postgres"
            return 0
        fi
    done
    cat "$postgres_folder/log" >&2
    return 1
}

stop_postgres() {
    [ -n "$postgres_folder" ] || return 0
    if [ -f "$postgres_folder/data/postmaster.pid" ]; then
        (cd / && "${as_postgres[@]}" "$postgres_control" -D "$postgres_folder/data" -m immediate \
            -s stop) || true
    fi
    rm -rf "$postgres_folder" "$postgres_folder.log"
    postgres_folder=
}
