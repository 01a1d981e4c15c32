#!/bin/sh
# Says what is broken in a Hyperion workspace and what waits for a person.
#
# Usage: health.sh [WORKSPACE]
#
# Exits with 0 if all is in order, 3 if somebody is needed, 1 if something is broken. $HYPERION names another program.
set -u

hyperion=${HYPERION:-hyperion}
workspace=${1:-.}
if [ $# -gt 1 ] || [ ! -d "$workspace" ]; then
  echo 'usage: health.sh [WORKSPACE]' >&2
  exit 2
fi

examined=$("$hyperion" --workspace "$workspace" doctor)
code=$?
broken=$(printf '%s\n' "$examined" | grep '^BROKEN' || true)
if [ "$code" -ne 0 ] || [ -n "$broken" ]; then
  echo 'broken:'
  printf '%s\n' "${broken:-$examined}"
  exit 1
fi

# One line for each change behind the heading; nothing at all where there is none.
count() {
  "$hyperion" --workspace "$workspace" list "$1" 2>/dev/null | sed '1d' | grep -c . || true
}
held=$(count held)
conflict=$(count conflict)
failed=$(count failed)
printf '%s\n' "$examined" | grep '^notice' || true
echo "waiting for a person: $held held, $conflict in conflict, $failed failed"
if [ $((held + conflict + failed)) -gt 0 ]; then
  echo 'next: hyperion list held, hyperion list conflict, hyperion list-dead-letters'
  exit 3
fi
echo 'in order'
