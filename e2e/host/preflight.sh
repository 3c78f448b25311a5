# shellcheck shell=bash
# What a machine must have before it can hold a stand-in host. Installs Debian packages where apt-get is there.

# "command package" a line; a path instead of a command is a file that must exist.
readonly needed_tools='debootstrap debootstrap
/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
ip iproute2
unshare util-linux
nsenter util-linux
flock util-linux
git git
openssl openssl
ssh-keygen openssh-client
pgrep procps
socat socat'

missing_packages() {
  local tool package
  while read -r tool package; do
    case $tool in
      /*) [ -e "$tool" ] || printf '%s\n' "$package" ;;
      *) command -v "$tool" >/dev/null || printf '%s\n' "$package" ;;
    esac
  done <<<"$needed_tools" | sort -u
}

install_missing_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  ((${#packages[@]})) || return 0
  command -v apt-get >/dev/null ||
    die "these packages are missing: ${packages[*]}" 'install what they contain; without apt-get this script cannot'
  say "installing ${packages[*]}"
  {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
  } >/dev/null || die "apt-get could not install ${packages[*]}"
}

# Where the kernel is modular, a host's dockerd can't load modules itself: its tree has none.
load_kernel_modules() {
  local module release
  release=$(uname -r)
  if command -v modprobe >/dev/null && [ -d "/lib/modules/$release" ]; then
    for module in overlay veth bridge br_netfilter nf_tables nft_compat nf_nat xt_MASQUERADE xt_addrtype xt_conntrack; do
      # A module that this kernel has built in, or doesn't know, is judged by its use, below and by dockerd.
      modprobe --quiet "$module" || say "kernel module $module was not loaded"
    done
  fi
  grep -qw overlay /proc/filesystems ||
    die 'this kernel has no overlay file system' 'a stand-in host and its engine are built on it'
}

preflight() {
  install_missing_packages
  load_kernel_modules
}
