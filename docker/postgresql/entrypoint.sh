#!/bin/sh
# Starts PostgreSQL. On an empty data directory it first makes a cluster, by copying the one in the image.
#
# Environment (as with the official image; read at the first start only):
#   POSTGRES_PASSWORD  required          POSTGRES_USER  superuser, default postgres          POSTGRES_DB  default: the user's name
#   each also as NAME_FILE: the value is the first line of that file
#   PGDATA             data directory, default /var/lib/postgresql/data
# Arguments: options of postgres, or `postgres ...`, or any other command.
#
# It may be killed anywhere. `dbmaker.initialising` in the data directory means: made by us, not finished, holds nothing of anybody.
# It is the first thing written and the last removed, with everything on disk in between. Plain sh without forks where possible: each costs.
set -eu
umask 077

fail() { printf 'dbmaker: %s\n' "$1" >&2; exit 1; }

# value NAME: sets $value to $NAME, or to the first line of the file $NAME_FILE.
value() {
  eval "value=\${$1-} file=\${$1_FILE-}"
  if [ -z "$file" ]; then return 0; fi
  if [ -n "$value" ]; then fail "$1 and $1_FILE are both set: give only one."; fi
  if [ ! -r "$file" ]; then fail "$1_FILE names $file, which cannot be read."; fi
  IFS= read -r value < "$file" || true
}

# printable NAME VALUE: refuses what could end a line of the single-user session.
printable() {
  case $2 in *[[:cntrl:]]*) fail "$1 holds a control character (such as a line break), which cannot be used." ;; esac
}

# name NAME VALUE: refuses what PostgreSQL would cut off or what belongs to the cluster itself.
name() {
  printable "$1" "$2"
  if [ "${#2}" -gt 63 ]; then fail "$1 is longer than 63 bytes."; fi
  case $2 in dbmaker_system | dbmaker_owner | dbmaker_database | template0 | template1 | pg_*) fail "$1 is '$2', a name that is reserved." ;; esac
}

# quote TEXT MARK: sets $quoted to TEXT between MARKs, those inside doubled. A value is data, never SQL.
quote() {
  rest=$1 done=
  while :; do
    case $rest in
      *"$2"*) done=$done${rest%%"$2"*}$2$2 rest=${rest#*"$2"} ;;
      *) break ;;
    esac
  done
  quoted=$2$done$rest$2
}

initialise() {
  value POSTGRES_PASSWORD; password=$value
  value POSTGRES_USER; user=${value:-postgres}
  value POSTGRES_DB; database=${value:-$user}
  if [ -z "$password" ]; then
    fail 'The data directory is empty and POSTGRES_PASSWORD is not set. Set it (or POSTGRES_PASSWORD_FILE) to the password of the superuser to be made.'
  fi
  printable POSTGRES_PASSWORD "$password"
  name POSTGRES_USER "$user"
  name POSTGRES_DB "$database"

  : > "$marker"
  # The slow part is making about 1,000 files; two at a time halves it. base/ is most of them.
  mkdir "$PGDATA/base"
  cp -a --reflink=auto --sparse=always "$cluster/base/1" "$cluster/base/4" "$PGDATA/base/" &
  half=$!
  for entry in "$cluster"/*; do
    if [ "$entry" != "$cluster/base" ]; then set -- "$@" "$entry"; fi
  done
  cp -a --reflink=auto --sparse=always "$@" "$PGDATA/"
  set --
  for entry in "$cluster"/base/*; do
    case ${entry##*/} in 1 | 4) ;; *) set -- "$@" "$entry" ;; esac
  done
  cp -a --reflink=auto --sparse=always "$@" "$PGDATA/base/"
  wait "$half"

  quote "$user" '"'; role=$quoted
  quote "$database" '"'; db=$quoted
  quote "$password" "'"; secret=$quoted
  if [ "$database" = postgres ]; then
    set -- "DROP DATABASE dbmaker_database" "ALTER DATABASE postgres OWNER TO $role"
  else
    set -- "ALTER DATABASE dbmaker_database RENAME TO $db"
  fi
  # Flushing comes after, once for all files. A statement that fails must not show the password in the log.
  printf '%s\n' "ALTER ROLE dbmaker_owner RENAME TO $role" "ALTER ROLE $role PASSWORD $secret" "$@" |
    postgres --single -D "$PGDATA" -c fsync=off -c exit_on_error=on -c log_min_error_statement=panic -c log_checkpoints=off \
      -c shared_buffers=2MB -c max_connections=5 -c password_encryption=scram-sha-256 template1 >/dev/null ||
    fail 'The cluster could not be made; what PostgreSQL said about it stands above.'

  sync -f "$PGDATA"
  rm -f "$marker"
  sync "$PGDATA"
}

# Half a cluster on a full disk would keep everybody else from writing: what failed goes, all but the mark that it was ours.
initialise_or_clear() {
  (
    trap 'status=$?; if [ "$status" != 0 ]; then wait; clear; fi; exit "$status"' EXIT
    initialise
  )
}
clear() { find "$PGDATA" -mindepth 1 ! -path "$marker" -delete; }

case ${1-} in
  '' | -*) set -- postgres "$@" ;;
esac
if [ "$1" != postgres ]; then exec "$@"; fi

: "${PGDATA:=/var/lib/postgresql/data}"
export PGDATA
cluster=/var/lib/postgresql/cluster
marker=$PGDATA/dbmaker.initialising

[ -d "$PGDATA" ] || mkdir -p "$PGDATA" || fail "The data directory $PGDATA cannot be made."
if [ -e "$marker" ]; then
  # Our own unfinished work: start over.
  clear
  initialise_or_clear
elif [ ! -e "$PGDATA/PG_VERSION" ]; then
  for entry in "$PGDATA"/* "$PGDATA"/.[!.]* "$PGDATA"/..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then
      fail "The data directory $PGDATA is neither empty nor a PostgreSQL cluster (it holds '${entry##*/}'). Nothing was touched."
    fi
  done
  initialise_or_clear
fi

unset POSTGRES_PASSWORD
# With a read-only root and nothing mounted there, TCP is all there is.
if [ ! -w /var/run/postgresql ]; then shift; set -- postgres -c unix_socket_directories= "$@"; fi
exec "$@"
