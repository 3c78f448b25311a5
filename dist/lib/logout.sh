# The end of a login. With KillUserProcesses=yes logind then ends all that the login has started, also what has a
# session of its own: a watchdog has to be started by somebody else.
# shellcheck shell=sh

# login_ends_all: this is such a login. Source: logind.conf(5).
login_ends_all() {
  logout_user=$(id -un)
  # Without pam_systemd a login of sshd is none of logind's.
  grep -q 'session-[^/]*\.scope' /proc/self/cgroup 2>/dev/null || return
  # Of logind itself, where no session is named.
  logout_says=$(loginctl show-session -p KillUserProcesses -p KillOnlyUsers -p KillExcludeUsers 2>/dev/null) || return
  logout_only=$(printf '%s\n' "$logout_says" | sed -n 's/^KillOnlyUsers=//p')
  logout_not=$(printf '%s\n' "$logout_says" | sed -n 's/^KillExcludeUsers=//p')
  case " $logout_not " in *" $logout_user "*) return 1 ;; esac
  case " $logout_only " in '  ' | *" $logout_user "*) ;; *) return 1 ;; esac
  printf '%s\n' "$logout_says" | grep -qx KillUserProcesses=yes
}

# start_outside DIRECTORY: the watchdog as a service of the user, who must linger: else it ends with the last login as
# well. It is noted in the directory, of a lease that is there or about to be.
start_outside() {
  outside_lease=$1
  user_units_start || return
  : "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
  export XDG_RUNTIME_DIR
  outside_unit=resee-deploy-watchdog-$$-$(hundredths)
  set --
  for outside_name in PATH HOME $DOCKER_VARIABLES; do
    eval "outside_value=\${$outside_name-}"
    [ -z "$outside_value" ] || set -- "$@" "--setenv=$outside_name=$outside_value"
  done
  systemd-run --user --quiet --collect --unit="$outside_unit" "$@" \
    sh "$LIBRARY/watchdog.sh" "$STATE" "$LIBRARY" >&2 </dev/null || return
  outside_pid=$(systemctl --user show -p MainPID --value "$outside_unit") || return
  [ "${outside_pid:-0}" -gt 0 ] || return
  note_process "$outside_pid" "$outside_lease/watchdog"
}
