# What the containers of a project run and keep: their processes, and which of the files that only one service
# writes to are a database's. Only names that look like one are told.
# Vars: SCRATCH (`project`: lines `ID PID …`)
# shellcheck shell=sh

# Lines `ID NAME`, of every process of every container: the host sees them all.
container_processes() {
  grep -oE '[0-9a-f]{64}' /proc/[0-9]*/cgroup 2>/dev/null | sort -u |
    sed 's#^/proc/\([0-9]*\)/cgroup:#\1 #' >"$SCRATCH/pids"
  ps -eo pid=,comm= | awk -v pids="$SCRATCH/pids" 'BEGIN {while ((getline line <pids) > 0) {split(line, each, " "); id[each[1]] = each[2]}}
    $1 in id {print id[$1], $2}' | sort -u
}

# Lines `ID TARGET SOURCE` of what a running container may write to and no other service of the project has.
own_mounts() { # ID…
  docker inspect -f '{{$id := .Id}}{{$service := index .Config.Labels "com.docker.compose.service"}}{{if .State.Running}}{{range .Mounts}}{{if .RW}}{{$id}} {{.Destination}} {{.Source}} {{$service}}
{{end}}{{end}}{{end}}' "$@" | awk 'NF == 4 {
      line[NR] = $1 " " $2 " " $3; source[NR] = $3
      if (!(($3, $4) in seen)) {seen[$3, $4] = 1; users[$3]++}
    }
    END {for (number = 1; number <= NR; number++) if (line[number] != "" && users[source[number]] == 1) print line[number]}'
}

# judge_files ID: of a listing, lines `listed ID TARGET`, and `file ID TARGET NAME` for each of a database. The
# listing has lines `= TARGET`, the paths below it, `! TARGET` where that failed, and those of `ls -l` of what is
# open.
judge_files() {
  awk -v id="$1" '
    /^l.w/ && / -> \// {sub(/.* -> /, ""); open[$0] = 1; next}
    /^= / {target = substr($0, 3); order[++targets] = target; next}
    /^! / {failed[substr($0, 3)] = 1; next}
    /^\// {
      name = $0; sub(/.*\//, "", name)
      if (tolower(name) ~ /\.(db|db3|sqlite|sqlite3|s3db|mdb|bolt|boltdb|ldb|sst|vlog|rdb|aof|ibd|frm|wt|duckdb|tdb|realm|fdb|kdbx)$|-(wal|shm|journal)$/ ||
        name ~ /^(LOCK|CURRENT|MANIFEST-[0-9]+|KEYREGISTRY|PG_VERSION|postmaster\.pid|ibdata1|mongod\.lock|write\.lock|db|snap\..*)$/) {
        if (found[target]++ < 3) print "file " id " " target " " name
      }
    }
    END {
      for (number = 1; number <= targets; number++) {
        target = order[number]
        for (path in open) if (index(path, target "/") == 1 && path !~ /\.log$/ && found[target]++ < 3) {
          sub(/.*\//, "", path); print "file " id " " target " " path
        }
        if (!(target in failed)) print "listed " id " " target
      }
    }'
}

# list_in_container ID TARGET…: as its own user, who sees what its processes have open.
list_in_container() {
  # The container expands these.
  # shellcheck disable=SC2016
  timeout 5 docker exec "$1" sh -c 'shift; ls -l /proc/[0-9]*/fd 2>/dev/null
for target; do echo "= $target"; find "$target" -maxdepth 4 -type f 2>/dev/null || echo "! $target"; done' sh "$@" 2>/dev/null
}

# Where the container has no shell, and the host may look.
list_on_host() { # ID
  while read -r id target source; do
    [ "$id" = "$1" ] || continue
    echo "= $target"
    timeout 5 find "$source" -maxdepth 4 -type f 2>/dev/null || echo "! $target"
  done <"$SCRATCH/own"
}

list_storage() { # ID
  # Targets are meant to be split.
  # shellcheck disable=SC2046
  list_in_container "$1" $(awk -v id="$1" '$1 == id {print $2}' "$SCRATCH/own") >"$SCRATCH/listed-$1" ||
    list_on_host "$1" >"$SCRATCH/listed-$1"
  judge_files "$1" <"$SCRATCH/listed-$1" >"$SCRATCH/judged-$1"
}

# Databases are known by their processes, and not asked.
observe_storage() { # ID…
  section processes
  container_processes | tee "$SCRATCH/processes"
  section storage
  own_mounts "$@" >"$SCRATCH/own"
  awk -v processes="$SCRATCH/processes" 'BEGIN {while ((getline line <processes) > 0)
      if (line ~ / (postgres|mysqld|mariadbd|mongod|redis-server|valkey-server|clickhouse-serv|nginx|caddy|traefik)$/) {split(line, each, " "); skip[each[1]] = 1}}
    !($1 in skip) {print $1}' "$SCRATCH/own" | sort -u >"$SCRATCH/asked"
  looking=
  while read -r id; do
    list_storage "$id" </dev/null &
    looking="$looking $id:$!"
  done <"$SCRATCH/asked"
  for each in $looking; do
    wait "${each#*:}" || :
    cat "$SCRATCH/judged-${each%%:*}"
  done
}
