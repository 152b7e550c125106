#!/bin/sh
# Starts Redis. On a data directory without users it first makes them.
#
# Environment (read only while /data/users.acl does not exist):
#   REDIS_PASSWORD  required      REDIS_USERNAME  default: default. Any other name switches the user `default` off.
#   each also as NAME_FILE: the value is the first line of that file
# Listens on TCP 6379 and, where /run/dbmaker is writable, on the socket /run/dbmaker/redis.sock.
# Arguments: options of redis-server, or `redis-server ...`, or any other command.
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

# A kill anywhere in here leaves no users.acl, and the next start begins again. The password is only ever written as its SHA-256.
make_users() {
  value REDIS_PASSWORD; password=$value
  value REDIS_USERNAME; user=${value:-default}
  if [ -z "$password" ]; then
    fail 'There are no users yet and REDIS_PASSWORD is not set. Set it (or REDIS_PASSWORD_FILE) to the password of the user to be made.'
  fi
  case $user in
    *[[:space:][:cntrl:]]*) fail 'REDIS_USERNAME holds a space or a control character, which Redis does not allow.' ;;
  esac
  hash=$(printf %s "$password" | sha256sum)
  {
    # Nobody can log in as it. Its rights are for the log, which Redis replays in its name: without them it leaves out transactions and scripts.
    if [ "$user" != default ]; then echo 'user default off resetpass ~* &* +@all'; fi
    printf 'user %s on #%s ~* &* +@all\n' "$user" "${hash%% *}"
  } > /data/users.acl.new
  sync /data/users.acl.new
  mv /data/users.acl.new /data/users.acl
  sync /data
}

case ${1-} in
  '' | -*) set -- redis-server "$@" ;;
esac
if [ "$1" != redis-server ]; then exec "$@"; fi
shift
case ${1-} in
  '' | -*) ;;
  *) exec redis-server "$@" ;; # a configuration file of their own: then everything is
esac

[ -w /data ] || fail 'The data directory /data cannot be written.'
[ -e /data/users.acl ] || make_users
unset REDIS_PASSWORD

# First, so that options of the caller win.
if [ -w /run/dbmaker ]; then set -- --unixsocket /run/dbmaker/redis.sock "$@"; fi
exec redis-server /usr/local/share/dbmaker/redis.conf "$@"
