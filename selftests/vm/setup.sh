#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Install the Debian packages that building and testing need, if any is
# missing; "setup.sh debug": those that building a kernel needs as well.
# Kernels, their headers and the real servers are not among them: fetch.sh
# unpacks those into a cache.

set -u
packages="gcc make libc6-dev pkg-config libmnl-dev libpcap-dev libjansson-dev libelf1 pahole
	sparse qemu-system-x86 qemu-system-common busybox-static cpio xz-utils kmod rsync
	python3 nftables conntrack ethtool iproute2 util-linux"
[ "${1:-}" != debug ] || packages="$packages flex bison bc libelf-dev"

missing=
for package in $packages; do
	dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get > /dev/null; then
	echo "setup: this is not Debian; please install the like of:$missing" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	sudo=sudo
	if ! command -v sudo > /dev/null; then
		echo "setup: not root and no sudo; as root, please run: apt-get install$missing" >&2
		exit 1
	fi
fi
echo "setup: installing$missing"
$sudo apt-get -qq update
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing < /dev/null || {
	echo "setup: apt-get could not install$missing" >&2
	exit 1
}
