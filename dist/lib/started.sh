# How Docker started a container: what its image and the Compose file say. Titles of processes are not asked for it:
# whoever runs in a container, or on the host, chooses them.
# shellcheck shell=sh

# started_words CONTAINER: the words of its entrypoint and command, one a line; what a shell is given as a text is
# taken apart as well.
started_words() {
  started_by=$(docker inspect -f '{{.Path}}{{range .Args}} {{.}}{{end}}' "$1") || return
  printf '%s\n' "$started_by" | tr -s ' \t;&|()"=' '\n' | tr -s "'" '\n'
}

# What follows a program there: a name alone, or a path that programs lie in. A word that a shell would expand is none.
# shellcheck disable=SC2016
PLAIN_WORDS='
function is_plain(word) { return word ~ /^[A-Za-z0-9_.\/@:+,-]+$/ }
function is_program(word, name) { return is_plain(word) && word ~ ("^(/([^/]+/)*s?bin/)?(" name ")$") }'

# nginx_command CONTAINER: how nginx is called there: its binary, and where its configuration is (-c, -p).
nginx_command() {
  nginx_words=$(started_words "$1") || return
  printf '%s\n' "$nginx_words" | awk "$PLAIN_WORDS"'
    option != "" { if (is_plain($0)) options = options " " option " " $0; option = ""; next }
    is_program($0, "nginx|nginx-debug|openresty") { binary = $0; options = ""; next }
    binary != "" && ($0 == "-c" || $0 == "-p") { option = $0 }
    END { print (binary == "" ? "nginx" : binary) options }'
}

# caddy_option CONTAINER NAME: what its command says as `--NAME VALUE` or `--NAME=VALUE`.
caddy_option() {
  caddy_words=$(started_words "$1") || return
  printf '%s\n' "$caddy_words" | awk -v name="--$2" "$PLAIN_WORDS"'
    found { if (is_plain($0)) print; exit }
    $0 == name { found = 1 }'
}

# is_proxy KIND CONTAINER: its image or its command is that of such a proxy, by the name of the image, by how it was
# made, or because the Compose file says so (resee.deploy.role: proxy). Returns 2 where the engine does not say.
is_proxy() {
  case $1 in
    nginx) proxy_program='nginx|openresty' ;;
    caddy) proxy_program=caddy ;;
    *) return 1 ;;
  esac
  proxy_said=$(docker inspect -f '{{.Image}} {{or (index .Config.Labels "resee.deploy.role") "-"}} {{.Config.Image}}' "$2") &&
    proxy_words=$(started_words "$2") || return 2
  read -r proxy_of proxy_label proxy_image <<EOS
$proxy_said
EOS
  [ "$proxy_label" != proxy ] || return 0
  proxy_image=${proxy_image%%@*}
  ! printf '%s\n' "${proxy_image##*/}" | grep -qE "$proxy_program" || return 0
  ! printf '%s\n' "$proxy_words" | awk -v name="$proxy_program" "$PLAIN_WORDS"'is_program($0, name) { found = 1 } END { exit !found }' ||
    return 0
  # An engine that answers has no history of it.
  proxy_made=$(docker history --no-trunc --format '{{.CreatedBy}}' "$proxy_of" 2>/dev/null) || docker version >/dev/null 2>&1 ||
    return 2
  printf '%s\n' "$proxy_made" | grep -qiE "(^|[^a-z])($proxy_program)"
}

# own_exec CONTAINER COMMAND…: as the container's own user. Programs are found by our PATH, and after it by the one that
# the image has.
own_exec() {
  own_container=$1
  shift
  own_path=$(docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' "$own_container") || return
  own_path=$(printf '%s\n' "$own_path" | sed -n 's/^PATH=//p' | head -n 1)
  container_exec -e "PATH=$ROOT_PATH${own_path:+:$own_path}" "$own_container" "$@"
}

# Tests have another one.
: "${RESEE_PROC:=/proc}"

# proxies_among LINES: LINES are `CONTAINER PID`; prints `KIND CONTAINER` for each in whose control groups, or below
# them, a process runs that calls itself a proxy. That of a container is what the kernel says of its own process: no
# name of a group is asked.
proxies_among() {
  ps -eo pid=,args= | sed -n \
    -e 's/^ *\([0-9]*\) nginx: master process .*/nginx \1/p' \
    -e 's#^ *\([0-9]*\) \([^ ]*/\)\{0,1\}caddy run.*#caddy \1#p' | among "$1"
}

# among LINES: stdin has lines `WORD PID`; prints `WORD CONTAINER`, each once.
among() {
  { printf '%s\n' "$1" && echo && cat; } | awk -v proc="$RESEE_PROC" "$GROUPS_AWK" | sort -u
}

# A line of /proc/PID/cgroup is `HIERARCHY:CONTROLLERS:PATH`.
# shellcheck disable=SC2016
GROUPS_AWK='
function read_groups(pid, paths,   line, hierarchy, file) {
  split("", paths)
  file = proc "/" pid "/cgroup"
  while ((getline line < file) > 0) {
    hierarchy = line
    sub(/:.*/, "", hierarchy)
    sub(/^[^:]*:[^:]*:/, "", line)
    paths[hierarchy] = line
  }
  close(file)
}
NF == 0 { processes = 1; next }
!processes && $2 > 0 {
  read_groups($2, own)
  containers[++count] = $1
  # The root of a hierarchy tells nobody apart.
  for (hierarchy in own) if (own[hierarchy] != "/") group[count, hierarchy] = own[hierarchy]
  next
}
processes {
  read_groups($2, its)
  for (i = 1; i <= count; i++) {
    same = 0; other = 0
    for (hierarchy in its) {
      if (!((i, hierarchy) in group)) continue
      if (index(its[hierarchy] "/", group[i, hierarchy] "/") == 1) same++
      else other++
    }
    if (same && !other) print $1, containers[i]
  }
}'
