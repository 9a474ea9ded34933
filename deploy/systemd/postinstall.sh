#!/bin/sh
# What the packages of a release do once their files are there: the user of tenor.service is made, which dpkg leaves to each package, and a
# systemd that runs is told of the units. Nothing is switched on.
set -e
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers tenor.conf
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
