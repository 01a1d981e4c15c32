#!/bin/sh
# Run by dpkg once the files are there. The command, its manual and its completions are files of the package.
set -e
app='/opt/${sanitizedProductName}'

# The runtime's sandbox needs user namespaces; where the kernel grants none, its helper does with a set-uid bit.
if [ -L /proc/self/ns/user ] && unshare --user true 2>/dev/null; then mode=0755; else mode=4755; fi
[ ! -e "$app/chrome-sandbox" ] || chmod "$mode" "$app/chrome-sandbox"

# Ubuntu 24.04 and later grant user namespaces to programs that have a profile.
profile="$app/resources/apparmor-profile"
if command -v apparmor_parser >/dev/null && apparmor_parser -QT "$profile" >/dev/null 2>&1; then
  cp "$profile" '/etc/apparmor.d/${executable}'
  apparmor_parser -rTW '/etc/apparmor.d/${executable}' >/dev/null 2>&1 || true
fi

for update in 'update-mime-database /usr/share/mime' 'update-desktop-database /usr/share/applications'; do
  if command -v "${update%% *}" >/dev/null; then $update || true; fi
done
