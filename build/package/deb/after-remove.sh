#!/bin/sh
# Run by dpkg once the files are gone; what the operator made stays.
set -e
profile='/etc/apparmor.d/${executable}'
case $1 in upgrade) exit 0 ;; esac
if [ -e "$profile" ]; then
  if command -v apparmor_parser >/dev/null; then apparmor_parser -R "$profile" >/dev/null 2>&1 || true; fi
  rm -f "$profile"
fi
for update in 'update-mime-database /usr/share/mime' 'update-desktop-database /usr/share/applications'; do
  if command -v "${update%% *}" >/dev/null; then $update || true; fi
done
