# What Compose makes of the staged tree and of the live directory. Vars: COMPOSE (arguments, quoted)
# shellcheck shell=sh

# It asks nobody but files, or who keeps those that it includes.
compose() ( # DIRECTORY VARIABLES ARGUMENT…
  cd "$1" || exit
  set_by=$2 composed=0
  shift 2
  eval "$set_by timeout -k 5 ${RESEE_COMPOSE_SECONDS:=300} docker compose $COMPOSE \"\$@\"" || composed=$?
  [ "$composed" != 124 ] || echo "docker compose did not end within $RESEE_COMPOSE_SECONDS s" >&2
  exit "$composed"
)
project_of() { sed -n 's/^  "name": "\(.*\)",\{0,1\}$/\1/p' "$1" | head -n 1; }

# observe_image_names SECTION DIRECTORY VARIABLES: the names that Compose gives to images, where it may not be the usual
# ones: in its compatibility mode, which the environment or a file of variables turns on.
observe_image_names() {
  [ -n "${COMPOSE_COMPATIBILITY-}" ] || grep -qs COMPOSE_COMPATIBILITY "$2/.env" "$2"/*.env || return 0
  capture "$1" compose "$2" "$3" config --images
}

# Values of the variables that configs and secrets are made of: Compose says their names, and its interpolation
# says the values.
observe_variables() {
  names=$(sed -n 's/^      "environment": "\([A-Za-z_][A-Za-z0-9_]*\)",\{0,1\}$/\1/p' "$SCRATCH/config.out" | sort -u)
  [ -n "$names" ] || return 0
  file=
  case " $COMPOSE" in *' -f '*) ;; *)
    for each in docker-compose.yaml docker-compose.yml compose.yml compose.yaml; do
      [ ! -e "$STAGE/$each" ] || file=$each
    done
    ;;
  esac
  capture variables variables_of "$names" ${file:+-f "$file"}
}
variables_of() { # NAMES [-f FILE]
  {
    printf 'services:\n  resee-deploy-variables:\n    image: none\n    labels:\n'
    # shellcheck disable=SC2016
    printf '%s\n' "$1" | sed 's/.*/      &: "${&-}"/'
  } >"$SCRATCH/variables.yaml"
  shift
  compose "$STAGE" "$VARIABLES" "$@" -f - config --format json resee-deploy-variables <"$SCRATCH/variables.yaml"
}

# Where variables are used that are not set, which Compose takes for empty: lines `FILE:LINE NAME` of the commit's
# files, and `FILE:LINE` of files of variables, where the name may be a part of a value.
observe_unset() {
  section unset
  sed -n 's/.*The \\*"\([A-Za-z_][A-Za-z0-9_]*\)\\*" variable is not set.*/\1/p' "$SCRATCH/config.err" |
    sort -u | head -n 20 | while read -r variable; do
    pattern="[$][{]?$variable([^A-Za-z0-9_]|\$)"
    found=$(git_own grep --no-color -nE -e "$pattern" "$SHA" -- '*.yml' '*.yaml' | sed -n 's/^[^:]*:\([^:]*:[0-9]*\):.*/\1/p' | head -n 5)
    if [ -n "$found" ]; then
      printf '%s\n' "$found" | sed "s/\$/ $variable/"
    else
      (cd "$STAGE" && grep -nE -e "$pattern" .env ./*.env 2>/dev/null) | sed -n 's/^\([^:]*:[0-9]*\):.*/\1/p' | head -n 5
    fi
  done | sort -u
}

# Symbolic links of the live directory that the commit does not hold as they are, and by which a path of the definition
# leads: of mounts, contexts, configs, secrets, files of variables. Who can make one chooses what of the host that is.
observe_links() {
  section links
  [ -d "$DIR" ] || return 0
  {
    echo .env
    BELOW="\"$STAGE/" awk '(at = index($0, ENVIRON["BELOW"])) {
      path = substr($0, at + length(ENVIRON["BELOW"])); sub(/",?$/, "", path); print path
    }' "$SCRATCH/config.out"
    # Compose prints what is in files of variables, and not their names.
    grep -ohsE '[A-Za-z0-9_./-]*[.]env[A-Za-z0-9_.-]*' "$STAGE"/*.yml "$STAGE"/*.yaml | sed 's#^\(\./\)*##'
  } | sort -u | while IFS= read -r path; do
    at=
    rest=$path/
    while [ -n "$rest" ]; do
      at=${at:+$at/}${rest%%/*}
      rest=${rest#*/}
      case ${at##*/} in '' | . | ..) break ;; esac
      [ ! -h "$DIR/$at" ] || printf '%s\n' "$at"
    done
  done | sort -u | while IFS= read -r path; do
    if git_own ls-tree "$SHA" -- "$path" | grep -q '^120000' && ! grep -qxF -e "$path" "$OWN/modified"; then continue; fi
    printf '%s\n' "$path"
  done
}

# Files of configs and secrets, and what is mounted, that are neither in the commit nor on the host. What lies in a
# directory that this user cannot look into may be there. Vars: OWN STAGE SCRATCH
observe_missing_files() {
  section missing-files
  sed -n -e 's/^      "file": "\(\/[^"\\]*\)",\{0,1\}$/\1/p' -e 's/^ *"source": "\(\/[^"\\]*\)",\{0,1\}$/\1/p' "$SCRATCH/config.out" | sort -u |
    while IFS= read -r path; do
      if [ -e "$path" ] || [ -h "$path" ]; then continue; fi
      case $path in
        "$STAGE"/*) ;;
        *)
          path=${path#"$OWN/staged-root"}
          if [ -e "$path" ] || [ -h "$path" ]; then continue; fi
          ;;
      esac
      above=${path%/*}
      until [ -z "$above" ] || [ -d "$above" ]; do above=${above%/*}; done
      [ ! -x "$above/" ] || printf '%s\n' "${path#"$OWN/staged-root"}"
    done | head -n 100
}

LARGEST_CONFIGURATION=1048576

# Text of the commit's files that speak of upstreams.
observe_proxy_files() {
  section proxy-files
  {
    git_own grep --no-color -lzE '((proxy|fastcgi|grpc|uwsgi|scgi)_pass|reverse_proxy|php_fastcgi)[[:space:]]' "$SHA" -- ':!*.md'
    git_own grep --no-color -lzE '^[[:space:]]*server[[:space:]]' "$SHA" -- '*haproxy*'
    git_own grep --no-color -lzE --all-match -e '^(frontend|backend|listen)[[:space:]]+[^[:space:]]' -e '^[[:space:]]+server[[:space:]]+[^[:space:]]+[[:space:]]+[^[:space:]]' "$SHA" -- '*.cfg*' '*.conf*'
    git_own grep --no-color -lziE '^[[:space:]]*(ProxyPass(Match)?|BalancerMember)[[:space:]]' "$SHA" -- '*.conf*'
    # Traefik's file provider, Kong, Envoy.
    git_own grep --no-color -lzE '(loadBalancer|load_assignment|_format_version)' "$SHA" -- '*.yml' '*.yaml' '*.toml' '*.json' '*.tmpl' '*.template'
    # cloudflared.
    git_own grep --no-color -lzE --all-match -e '^ingress[[:space:]]*:' -e '[[:space:]]service[[:space:]]*:.*[a-z]://' "$SHA" -- '*.yml' '*.yaml'
  } | path_lines | sed 's/^[^:]*://' | sort -u | head -n 50 | while IFS= read -r path; do
    section "proxy-file:$path"
    # No configuration is larger: a dump or a bundle may hold the same words.
    head -c "$LARGEST_CONFIGURATION" "$STAGE/$path"
  done
}
