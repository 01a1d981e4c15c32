#!/bin/sh
# Starts the cast builder of Hyperion: `hyperion cast`, with everything given here passed on.
# Looks for Hyperion in $HYPERION, on PATH, and in a checkout around or beside the folder that holds scripts/.
set -eu

start() {
  case $1 in
    *.mjs | *.js)
      program=$1
      shift
      exec node "$program" cast "$@"
      ;;
    *)
      program=$1
      shift
      exec "$program" cast "$@"
      ;;
  esac
}

if [ -n "${HYPERION:-}" ]; then
  if [ ! -f "$HYPERION" ]; then
    echo "cast_builder: HYPERION names $HYPERION, which is no file; set it to the hyperion program" >&2
    exit 1
  fi
  start "$HYPERION" "$@"
fi

if command -v hyperion >/dev/null 2>&1; then
  exec hyperion cast "$@"
fi

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
for checkout in "$root" "$root/../hyperion"; do
  if [ -f "$checkout/bin/hyperion.mjs" ] && [ -f "$checkout/main/cli/main.ts" ]; then
    start "$checkout/bin/hyperion.mjs" "$@"
  fi
done

cat >&2 <<'MISSING'
cast_builder: hyperion was not found.
Install Hyperion and put `hyperion` on PATH, or set HYPERION to its program (bin/hyperion.mjs in a built checkout),
or put a built checkout of it in a folder called hyperion beside this one. Then run this again.
MISSING
exit 127
