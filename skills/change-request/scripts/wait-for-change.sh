#!/bin/sh
# Waits until a change has ended or needs a person, and says how it ended and what comes next.
#
# Usage: wait-for-change.sh ID [SECONDS]
#
# Exits as `hyperion wait` does: 0 it landed, 3 it did not, 4 not within the time. $HYPERION names another program.
set -u

id=${1:-}
case $id in
  '' | *[!0-9]*)
    echo 'usage: wait-for-change.sh ID [SECONDS]' >&2
    exit 2
    ;;
esac
hyperion=${HYPERION:-hyperion}

if [ -n "${2:-}" ]; then
  said=$("$hyperion" wait "$id" --timeout "$2")
else
  said=$("$hyperion" wait "$id")
fi
code=$?
[ -n "$said" ] && echo "$said"

case $said in
  *' is applied'*) echo 'next: nothing, it is on the target branch' ;;
  *' is held'*) echo "next: a person looks at it with: hyperion show $id" ;;
  *' is conflict'* | *'conflict'*) echo "next: a person resolves it, or a new change is written against the new tip" ;;
  *' is failed'*) echo "next: read the reason with: hyperion show $id; then send a mended change" ;;
  *' is cancelled'*) echo 'next: nothing, it was taken back' ;;
  *) [ "$code" -eq 4 ] && echo "next: it is not done yet; see what it waits for with: hyperion show $id" ;;
esac
exit "$code"
