#!/bin/sh
# What the packages of a release do before their files go: the schedule is switched off, or it would start a program that is not there. An
# upgrade keeps it: dpkg says so, and rpm gives the number of versions that are left. Nothing of it keeps a package from being removed.
case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl --quiet stop tenor.timer || true
	fi
	if command -v systemctl >/dev/null; then
		systemctl --quiet disable tenor.timer || true
	fi
	;;
esac
