# shellcheck shell=bash
# Host N of a machine: the link standin<N>, the network 198.18.0.(4N)/30 (ours .1, the host's .2 of it), and
# 198.19.(4N … 4N+3).0/24 for its engine. 198.18.0.0/15 is reserved for benchmarks (RFC 2544): no real address.

readonly most_hosts=64

network_link() { printf 'standin%d\n' "$1"; }
network_our_address() { printf '198.18.0.%d\n' $(($1 * 4 + 1)); }
network_host_address() { printf '198.18.0.%d\n' $(($1 * 4 + 2)); }

# Anybody's link in the network that would be host N's: another program may use these addresses too.
network_in_use() { [ -n "$(ip -4 -oneline address show to "198.18.0.$(($1 * 4))/30")" ]; }

network_link_exists() { [ -e "/sys/class/net/$(network_link "$1")" ]; }

# The lowest number that nobody uses. Call it under the machine's lock.
network_free_number() {
  local number
  for ((number = 0; number < most_hosts; number++)); do
    if ! network_link_exists "$number" && ! network_in_use "$number" && ! cgroup_exists "$number"; then
      printf '%d\n' "$number"
      return
    fi
  done
  die "all $most_hosts host numbers are taken" 'bring some down: down.sh --all'
}

# network_connect NUMBER INIT_PID
network_connect() {
  local link
  link=$(network_link "$1")
  ip link add "$link" type veth peer name eth0 netns "$2"
  ip address add "$(network_our_address "$1")/30" dev "$link"
  ip link set "$link" up
  nsenter -t "$2" -n ip address add "$(network_host_address "$1")/30" dev eth0
  nsenter -t "$2" -n ip link set lo up
  nsenter -t "$2" -n ip link set eth0 up
  # There is no way out, and saying so at once is better than letting a connection time out.
  nsenter -t "$2" -n ip route add unreachable default
}
