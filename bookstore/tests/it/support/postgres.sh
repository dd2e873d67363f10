# Starts a throwaway PostgreSQL server for the tests, says `ready FOLDER` or `missing`, and removes
# everything when standard input ends: the tests hold the other end, so that the server goes with
# them however they end.
#
# Arguments: its port, `durable` or nothing, and ports of servers that follow it by streaming
# replication. A line `kill PORT` or `start PORT` on standard input does that to one of them, and is
# answered by `done`.
set -eu
port=$1
# What is committed need not outlive a crash: nobody will miss these data. Only the benchmark says `durable`.
durability="-c fsync=off -c synchronous_commit=off"
[ "${2-}" != durable ] || durability=

# An interrupt from the keyboard also reaches this shell; the end of standard input will follow.
trap '' INT HUP

bin=
for candidate in "$(dirname "$(command -v initdb || echo /none/initdb)")" \
    $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
    /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin; do
    if [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
        # Links may be there to these two alone.
        bin=$(dirname "$(readlink -f "$candidate/initdb")")
        break
    fi
done
if [ -z "$bin" ]; then
    echo missing
    exit 0
fi

# PostgreSQL refuses to run as root.
as=
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
fi

folder=$(mktemp -d /tmp/bookstore-postgres.XXXXXX)
run() {
    server=$1
    verb=$2
    shift 2
    $as "$bin/pg_ctl" --pgdata="$folder/$server" --wait "$@" "$verb"
}
start() {
    run "$1" start --log="$folder/log" --options="\
        -c listen_addresses=127.0.0.1 -c port=$1 -c unix_socket_directories=$folder \
        -c max_connections=400 $durability"
}
stop() {
    for server in "$folder"/[0-9]*; do
        run "$(basename "$server")" stop --mode=immediate >/dev/null 2>&1 || true
    done
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' TERM
chmod 755 "$folder"
[ -z "$as" ] || chown -R "$user" "$folder"
cd "$folder"

# Each step says by itself whether it went well: within `if` the shell does not stop at the first that
# fails.
prepare() {
    $as "$bin/initdb" --pgdata="$folder/$port" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync && start "$port" || return 1
    for standby in "$@"; do
        $as "$bin/pg_basebackup" --pgdata="$folder/$standby" --host=127.0.0.1 --port="$port" \
            --username=postgres --checkpoint=fast --no-sync --write-recovery-conf &&
            start "$standby" || return 1
    done
}
[ $# -lt 2 ] || shift
shift
if ! prepare "$@" >"$folder/start" 2>&1 </dev/null; then
    cat "$folder/start" "$folder/log" >&2 || true
    exit 1
fi
echo "ready $folder"
while read -r verb server; do
    case $verb in
        kill) run "$server" stop --mode=immediate ;;
        start) start "$server" ;;
    esac >/dev/null </dev/null
    echo done
done
