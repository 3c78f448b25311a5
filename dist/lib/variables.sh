# Variables for Compose's interpolation: those of the release that runs. In the state directory stands a file of
# lines NAME='value', which a shell and Compose (COMPOSE_ENV_FILES, --env-file) read alike.
# shellcheck shell=sh

# kept_variables: as assignments before a command.
kept_variables() { [ ! -e "$STATE/variables.env" ] || tr '\n' ' ' <"$STATE/variables.env"; }

# keep_variables: those of the journal are from now on those of the release that runs.
keep_variables() {
  [ ! -e "$STATE/journal/variables.env" ] || mv -f "$STATE/journal/variables.env" "$STATE/variables.env"
}
