#!/bin/sh
# Fly mounts its volumes owned by root. This gives the volume to the broker's user, then becomes the broker as that user.
set -eu

# Not through links: whoever can write there must not choose what changes hands.
chown -hR 10001:10001 /data
exec setpriv --reuid=10001 --regid=10001 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
  /app/recado "$@"
