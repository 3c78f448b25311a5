# Looks into places that containers mount: is there a file that bears one writer only? That is a file of an
# embedded database, known by its name, or one that a process has locked.
# Vars: STATE MOUNTS (lines `container path`)
# Answers for each line, by its number: `database N PATH`, `none N`, or `unknown N REASON`.
# Follows those files of lib/ that are its words.
# shellcheck shell=sh

# Of lib/exec.sh.
# shellcheck disable=SC2034
EXEC_SECONDS=10 EXEC_ATTEMPTS=2

# As `find` takes them: SQLite, Berkeley DB, Bolt, LMDB, LevelDB and RocksDB, H2, DuckDB, Redis, MySQL, PostgreSQL.
DATABASE_FILES='-name *.db ! -name Thumbs.db -o -name *.db3 -o -name *.sqlite -o -name *.sqlite2 -o -name *.sqlite3
  -o -name *-wal -o -name *-journal -o -name *.bdb -o -name *.bolt -o -name *.mdb -o -name LOCK -o -name *.mv.db
  -o -name *.duckdb -o -name *.rdb -o -name *.aof -o -name ibdata1 -o -name PG_VERSION -o -name WiredTiger'
# More than a host has; what an argument list bears.
MOST_LOCKS=2000

# Inodes of files that are locked, by whatever process: the kernel tells everybody.
locked_files() {
  awk -v most="$MOST_LOCKS" '$2 != "->" && split($6, place, ":") == 3 && n++ < most { printf " -o -inum %s", place[3] }' /proc/locks
}

inspect() { # NUMBER CONTAINER PATH
  # shellcheck disable=SC2154
  found=$scratch/found complaint=$scratch/complaint
  code=0
  # shellcheck disable=SC2086
  root_exec "$2" find -H "$3" -xdev -type f '(' $DATABASE_FILES $locked ')' >"$found" 2>"$complaint" || code=$?
  first=$(head -n 1 "$found" | head -c 300)
  why=$(head -n 1 "$complaint" | head -c 200)
  if [ -n "$first" ]; then
    answer database "$1" "$first"
  elif [ "$code" = 0 ]; then
    answer none "$1"
  elif [ "$code" = 124 ]; then
    answer unknown "$1" "too much to look at within $EXEC_SECONDS s"
  else
    answer unknown "$1" "${why:-find ended with $code}"
  fi
}

# The patterns are for find.
set -f
locked=$(locked_files)
number=0
while read -r container path; do
  [ -n "$container" ] || continue
  number=$((number + 1))
  with_scratch inspect "$number" "$container" "$path" </dev/null &
done <<EOS
$MOUNTS
EOS
wait
