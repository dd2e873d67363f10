# Starts a throwaway PostgreSQL server for the tests, says `ready FOLDER` or `missing`, and removes
# everything when standard input ends: the tests hold the other end, so that the server goes with
# them however they end.
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
        bin=$candidate
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
stop() {
    $as "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate --wait stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' TERM
chmod 755 "$folder"
mkdir "$folder/data"
[ -z "$as" ] || chown -R "$user" "$folder"
cd "$folder"

if ! {
    $as "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync &&
        $as "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --wait --options="\
            -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder \
            -c max_connections=400 $durability" start
} >"$folder/start" 2>&1 </dev/null; then
    cat "$folder/start" "$folder/log" >&2 || true
    exit 1
fi
echo "ready $folder"
cat >/dev/null
