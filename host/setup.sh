#!/bin/sh
# Prepares a bare Debian, Ubuntu or Amazon Linux 2023 host for deploys with resee-deploy-action. Run it as root:
#
#   setup.sh [--dry-run] [--key 'ssh-ed25519 AAAA… deploy'] [--user deploy] [--repository owner/name]
#            [--host ADDRESS] [--swap auto|MIB|0]
#
# Each change is printed before it is made, as `+ command` or `+ write file:`; with --dry-run nothing is made.
# Run it again at any time: what is there already is not touched. At the end it prints the secrets and the
# workflow. Output of the commands goes to standard error.
#
# For tests: RESEE_SETUP_ROOT is a directory that is read and written in the place of /.
set -eu

root=${RESEE_SETUP_ROOT:-}
plugins=/usr/local/lib/docker/cli-plugins
# For Amazon Linux, which packages no Compose, and a buildx that Compose 2.40 refuses.
compose_version=v2.40.3
buildx_version=v0.30.1

dry_run=no user=deploy key='' repository='' host='' swap=auto
changes=0

die() {
  printf 'setup: error: %s\n' "$1" >&2
  exit 1
}

note() { printf 'note: %s\n' "$1"; }

# run COMMAND…: prints it and runs it. Standard input is not for it: this script may be there.
run() {
  changes=$((changes + 1))
  line=
  for word; do
    case $word in
      *[!A-Za-z0-9_./:=,@%+-]* | '') line="$line '$word'" ;;
      *) line="$line $word" ;;
    esac
  done
  printf '+%s\n' "$line"
  [ "$dry_run" = no ] || return 0
  "$@" </dev/null >&2 || die "this command failed:$line"
}

# put_file PATH MODE: the file is to hold what stands on standard input.
put_file() {
  wanted=$(cat)
  if [ -f "$root$1" ] && [ "$(cat "$root$1")" = "$wanted" ]; then return 0; fi
  changes=$((changes + 1))
  printf '+ write %s:\n' "$1"
  printf '%s\n' "$wanted" | sed 's/^/    /'
  [ "$dry_run" = no ] || return 0
  mkdir -p "$root${1%/*}"
  printf '%s\n' "$wanted" >"$root$1.new"
  chmod "$2" "$root$1.new"
  mv "$root$1.new" "$root$1"
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --dry-run) dry_run=yes && shift && continue ;;
      --user | --key | --repository | --host | --swap) [ $# -ge 2 ] || die "$1 needs a value" ;;
      *) die "unknown option '$1'; known: --dry-run --user --key --repository --host --swap" ;;
    esac
    case $1 in
      --user) user=$2 ;; --key) key=$2 ;; --repository) repository=$2 ;; --host) host=$2 ;; --swap) swap=$2 ;;
    esac
    shift 2
  done
  case $user in '' | -* | *[!a-z0-9_-]*) die "'$user' is not a user name" ;; esac
  case $swap in auto) ;; '' | *[!0-9]*) die "--swap is a number of MiB, 0 or auto" ;; esac
  case $repository in '' | */*) ;; *) die "--repository is owner/name" ;; esac
  case $key in
    *'PRIVATE KEY'*) die '--key is the public key: the text of deploy_key.pub' ;;
    '' | ssh-*' '* | ecdsa-*' '* | sk-*' '*) ;;
    *) die "--key is one line that begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-…" ;;
  esac
  if [ "$dry_run" = no ] && [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
    die 'run it as root (sudo), or with --dry-run'
  fi
}

# Sets family (apt, dnf), source (distribution, docker) and packages: where Engine, Compose and buildx come from.
choose_packages() {
  [ -r "$root/etc/os-release" ] || die 'there is no /etc/os-release: which system is this?'
  # shellcheck source=/dev/null
  system=$(. "$root/etc/os-release" && printf '%s %s %s' "${ID:-}" "${VERSION_ID:-0}" "${VERSION_CODENAME:-}")
  codename=${system##* }
  system=${system% *}
  release=${system##* }
  family=apt source=distribution
  tools='git ca-certificates curl procps openssh-server apparmor unattended-upgrades'
  case ${system%% *} in
    debian)
      # A testing system has no VERSION_ID.
      case $release in
        0 | 1[3-9] | [2-9][0-9]) packages="docker.io docker-cli docker-compose docker-buildx" ;;
        # Debian 12 packages Compose 1 and no buildx.
        12) source=docker ;;
        *) die "Debian $release is too old; Debian 12 or later is needed" ;;
      esac
      ;;
    ubuntu)
      case $release in
        22.* | 2[4-9].* | [3-9]?.*) packages="docker.io docker-compose-v2 docker-buildx" ;;
        *) die "Ubuntu $release is too old; 22.04 or later is needed" ;;
      esac
      ;;
    amzn)
      [ "${release%%.*}" = 2023 ] || die "Amazon Linux $release is not supported; 2023 is"
      family=dnf
      tools='git tar util-linux diffutils procps-ng dnf-automatic'
      packages=docker
      ;;
    *) die "'${system%% *}' is not supported. What a host needs: docs/reference.md" ;;
  esac
  if [ "$family" = apt ]; then
    # An engine from Docker's own repository stays.
    if deb_installed docker-ce; then source=docker; fi
    if [ "$source" = docker ]; then
      packages="docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin"
    fi
  fi
}

deb_installed() { dpkg-query -W -f='${Status}\n' "$1" 2>/dev/null | grep -qx 'install ok installed'; }

missing_packages() {
  for package; do
    case $family in
      apt) deb_installed "$package" || printf '%s ' "$package" ;;
      dnf) rpm -q --quiet "$package" 2>/dev/null || printf '%s ' "$package" ;;
    esac
  done
}

apt() { run env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }

install_packages() {
  # shellcheck disable=SC2086 # lists of words
  missing=$(missing_packages $packages $tools)
  [ -n "$missing" ] || return 0
  if [ "$family" = dnf ]; then
    # shellcheck disable=SC2086
    run dnf install -y -q $missing
    return
  fi
  apt update
  case $source$missing in docker*docker-*) add_docker_repository ;; esac
  # shellcheck disable=SC2086
  apt install -y --no-install-recommends $missing
}

add_docker_repository() {
  if ! deb_installed curl || ! deb_installed ca-certificates; then
    apt install -y --no-install-recommends ca-certificates curl
  fi
  base=https://download.docker.com/linux/${system%% *}
  if [ ! -f "$root/etc/apt/keyrings/docker.asc" ]; then
    run install -d -m 755 "$root/etc/apt/keyrings"
    run curl -fsSL -o "$root/etc/apt/keyrings/docker.asc" "$base/gpg"
    run chmod 644 "$root/etc/apt/keyrings/docker.asc"
  fi
  put_file /etc/apt/sources.list.d/docker.sources 644 <<SOURCES
Types: deb
URIs: $base
Suites: $codename
Components: stable
Architectures: $(dpkg --print-architecture)
Signed-By: /etc/apt/keyrings/docker.asc
SOURCES
  apt update
}

# install_plugin NAME URL ASSET: compared with the checksums.txt that stands beside it.
install_plugin() {
  [ ! -x "$root$plugins/$1" ] || return 0
  new=$root$plugins/$1.new
  run install -d -m 755 "$root$plugins"
  run curl -fsSL -o "$new" "$2/$3"
  run curl -fsSL -o "$new.sums" "$2/checksums.txt"
  if [ "$dry_run" = no ]; then
    sum=$(awk -v asset="$3" '{ sub(/^\*/, "", $2) } $2 == asset { print $1 }' "$new.sums")
    [ "$(sha256sum <"$new")" = "$sum  -" ] || die "$3 does not have the checksum of $2/checksums.txt"
  fi
  run chmod 755 "$new"
  run mv "$new" "$root$plugins/$1"
  run rm -f "$new.sums"
}

install_plugins() {
  [ "$family" = dnf ] || return 0
  case $(uname -m) in
    x86_64) cpu=amd64 ;;
    aarch64) cpu=arm64 ;;
    *) die "no plugins are known for $(uname -m)" ;;
  esac
  github=https://github.com/docker
  install_plugin docker-compose "$github/compose/releases/download/$compose_version" "docker-compose-linux-$(uname -m)"
  install_plugin docker-buildx "$github/buildx/releases/download/$buildx_version" "buildx-$buildx_version.linux-$cpu"
}

# Before the engine is installed, so that its first start reads it.
limit_logs() {
  daemon=$root/etc/docker/daemon.json
  if [ -f "$daemon" ]; then
    grep -Eq '"max-size"|"log-driver": *"(local|journald)"' "$daemon" ||
      note '/etc/docker/daemon.json does not limit container logs: add "log-opts": { "max-size": "10m", "max-file": "3" }'
    return 0
  fi
  put_file /etc/docker/daemon.json 644 <<'JSON'
{
  "log-driver": "json-file",
  "log-opts": { "max-size": "10m", "max-file": "3" }
}
JSON
  if systemd_runs && systemctl is-active --quiet docker; then
    if [ -z "$(docker ps -q 2>/dev/null)" ]; then
      run systemctl restart docker
    else
      note 'containers are running: run `systemctl restart docker` at a quiet time; new containers then have the limit'
    fi
  fi
}

systemd_runs() { [ -d "$root/run/systemd/system" ]; }

# start_unit UNIT: now, and at each boot.
start_unit() {
  systemctl is-enabled --quiet "$1" 2>/dev/null || run systemctl enable "$1"
  if ! systemd_runs; then
    note "systemd is not running here: $1 starts with the next boot"
  elif ! systemctl is-active --quiet "$1"; then
    run systemctl start "$1"
  fi
}

# Security updates by themselves; the engine only by hand, because its restart ends a deploy half-way.
update_automatically() {
  if [ "$family" = dnf ]; then
    # Without it the system stays on the release of packages that its image was made of.
    put_file /etc/dnf/vars/releasever 644 <<'TEXT'
latest
TEXT
    if ! grep -Eqs '^apply_updates *= *(yes|true)' "$root/etc/dnf/automatic.conf"; then
      put_file /etc/dnf/automatic.conf 644 <<'CONF'
[commands]
upgrade_type = security
download_updates = yes
apply_updates = yes
[emitters]
emit_via = stdio
[base]
excludepkgs = docker,containerd,runc
CONF
    fi
    start_unit dnf-automatic.timer
    return
  fi
  put_file /etc/apt/apt.conf.d/52resee-deploy 644 <<'CONF'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Package-Blacklist { "docker"; "containerd"; "runc"; };
CONF
  # needrestart, where it is there, restarts services whose libraries have changed.
  if [ -d "$root/etc/needrestart" ]; then
    put_file /etc/needrestart/conf.d/resee-deploy.conf 644 <<'CONF'
$nrconf{override_rc}{qr(^(docker|containerd)\.service$)} = 0;
CONF
  fi
}

make_user() {
  home=$(getent passwd "$user" | cut -d: -f6) || home=
  if [ -z "$home" ]; then
    if [ "$user" = root ]; then home=/root; else home=/home/$user; fi
    # `*` is no password; with `!` sshd may take the account for locked.
    run useradd --create-home --home-dir "$home" --shell /bin/bash --password '*' "$user"
  fi
  if [ "$user" != root ]; then
    id -nG "$user" 2>/dev/null | tr ' ' '\n' | grep -qx docker || run usermod -aG docker "$user"
    # The watchdog of an interrupted deploy starts with the host.
    if systemd_runs && [ ! -e "$root/var/lib/systemd/linger/$user" ]; then
      run loginctl enable-linger "$user"
    fi
  fi
  group=$(id -gn "$user" 2>/dev/null) || group=$user
  if [ -n "$repository" ] && [ ! -d "$root$home/${repository##*/}" ]; then
    run install -d -m 755 -o "$user" -g "$group" "$root$home/${repository##*/}"
  fi
}

add_key() {
  if [ -z "$key" ]; then
    note "no --key was given: no key was added for $user"
    return 0
  fi
  keys=$home/.ssh/authorized_keys
  body=${key#* }
  if grep -qsF -- "${body%% *}" "$root$keys"; then return 0; fi
  [ -d "$root$home/.ssh" ] || run install -d -m 700 -o "$user" -g "$group" "$root$home/.ssh"
  [ -f "$root$keys" ] || run install -m 600 -o "$user" -g "$group" /dev/null "$root$keys"
  changes=$((changes + 1))
  printf '+ append to %s:\n    %s\n' "$keys" "$key"
  [ "$dry_run" = no ] || return 0
  # A last line without an end would swallow the key.
  if [ -n "$(tail -c 1 "$root$keys")" ]; then printf '\n' >>"$root$keys"; fi
  printf '%s\n' "$key" >>"$root$keys"
}

add_swap() {
  memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' "$root/proc/meminfo")
  if [ "$swap" = auto ]; then
    swap=2048
    [ "$memory" -lt 3500 ] || swap=0
  fi
  if [ "$swap" = 0 ] || [ "$(wc -l <"$root/proc/swaps")" -gt 1 ]; then return 0; fi
  if [ ! -e "$root/swapfile" ]; then
    free=$(df -Pm "$root/" | awk 'NR == 2 { print $4 }')
    if [ "$free" -lt $((swap + 4096)) ]; then
      note "no swap file: only $free MiB of disk are free" && return 0
    fi
    run install -m 600 /dev/null "$root/swapfile"
    run dd if=/dev/zero "of=$root/swapfile" bs=1M "count=$swap" status=none
    run mkswap "$root/swapfile"
  fi
  run swapon "$root/swapfile"
  if ! grep -qs '^/swapfile ' "$root/etc/fstab"; then
    changes=$((changes + 1))
    printf '+ append to /etc/fstab:\n    %s\n' '/swapfile none swap defaults 0 0'
    [ "$dry_run" = yes ] || printf '/swapfile none swap defaults 0 0\n' >>"$root/etc/fstab"
  fi
}

check_host() {
  [ -f "$root/etc/ssh/ssh_host_ed25519_key.pub" ] || run ssh-keygen -A
  if sshd -T 2>/dev/null | grep -qx 'passwordauthentication yes'; then
    note 'sshd takes passwords: set `PasswordAuthentication no` in /etc/ssh/sshd_config.d/'
  fi
  [ "$dry_run" = no ] || return 0
  for plugin in compose buildx; do
    docker "$plugin" version >/dev/null 2>&1 ||
      die "\`docker $plugin version\` fails: install the plugin as the engine was installed"
  done
}

conclude() {
  fingerprint=$(ssh-keygen -lf "$root/etc/ssh/ssh_host_ed25519_key.pub" 2>/dev/null | awk '{ print $2 }') || fingerprint=
  address=${host:-ADDRESS_OF_THIS_HOST}
  name=${repository:-OWNER/NAME}
  if [ "$changes" = 0 ]; then
    printf '\nNothing to change: the host is ready.\n'
  elif [ "$dry_run" = yes ]; then
    printf '\n%s changes to make. Nothing was changed.\n' "$changes"
  else
    printf '\n%s changes made. The host is ready.\n' "$changes"
  fi
  cat <<SECRETS

Fingerprint of this host: ${fingerprint:-(made by the first run)}

On your machine, where the key is (deploy_key):

gh secret set DEPLOY_HOST --repo $name --body $address
gh secret set DEPLOY_KEY --repo $name < deploy_key
gh secret set DEPLOY_FINGERPRINT --repo $name --body ${fingerprint:-SHA256:…}

Files that are not in git, such as .env, go to $home/${name##*/} on this host.
The workflow, .github/workflows/deploy.yml:

SECRETS
  workflow | sed "s/username: deploy\$/username: $user/"
}

workflow() {
  cat <<'YAML'
on: { push: { branches: [main] } }
permissions: { contents: read }
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: docker compose -f docker-compose.test.yml up --build --exit-code-from tests
  deploy:
    needs: test
    runs-on: ubuntu-latest
    concurrency: deploy
    steps:
      - uses: org/resee-deploy-action@v1
        with:
          host: ${{ secrets.DEPLOY_HOST }}
          username: deploy
          key: ${{ secrets.DEPLOY_KEY }}
          host-fingerprint: ${{ secrets.DEPLOY_FINGERPRINT }}
          needs: ${{ toJSON(needs) }}
YAML
}

main() {
  read_options "$@"
  choose_packages
  limit_logs
  install_packages
  install_plugins
  start_unit docker
  update_automatically
  make_user
  add_key
  add_swap
  check_host
  conclude
}

# All of it is read before any of it runs: `ssh … 'sudo sh -s' < setup.sh` is fine.
main "$@"
exit
