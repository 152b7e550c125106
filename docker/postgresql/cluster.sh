#!/bin/sh
# Runs in `docker build`, as root: makes the cluster that new instances copy. It holds no password, and nobody can log in to it.
set -eu
share=/usr/local/share/dbmaker
cluster=/var/lib/postgresql/cluster

as_postgres() { setpriv --reuid=10015 --regid=10015 --clear-groups --inh-caps=-all -- "$@"; }

install -d -o 10015 -g 10015 -m 0700 /var/lib/postgresql "$cluster" /var/lib/postgresql/data
install -d -o 10015 -g 10015 -m 2775 /var/run/postgresql

# --auth is overwritten below; the owner of the catalogue is a role that nobody can use.
as_postgres initdb --pgdata="$cluster" --username=dbmaker_system --encoding=UTF8 --locale=C.UTF-8 \
  --data-checksums --auth=reject --no-instructions >/dev/null
cat "$share/postgresql.conf" >> "$cluster/postgresql.conf"
cat "$share/pg_hba.conf" > "$cluster/pg_hba.conf"

# The first start only renames this role and this database, which is much cheaper than making them.
as_postgres postgres --single -c exit_on_error=on -D "$cluster" template1 >/dev/null <<'SQL'
ALTER ROLE dbmaker_system NOLOGIN PASSWORD NULL
CREATE ROLE dbmaker_owner SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS LOGIN
CREATE DATABASE dbmaker_database OWNER dbmaker_owner STRATEGY file_copy
SQL
rm -f "$cluster/postmaster.opts"
# A copy costs by the number of files. These are hints that PostgreSQL makes anew by itself (free space, all-visible pages).
find "$cluster/base" "$cluster/global" -name '*_fsm' -delete -o -name '*_vm' -delete
pg_controldata "$cluster" | grep -q 'shut down'
