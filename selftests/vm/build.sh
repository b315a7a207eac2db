#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the module for one lab kernel, side by side with the others, in a copy
# of the sources under build/LINE.  Warnings are errors, at W=1; "sparse" adds
# the checker over every file.
#
# Usage: build.sh LINE [sparse]

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
cache=${PATCHPROXY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/patchproxy}
line=$1
check=
[ "${2:-}" != sparse ] || check="C=2 CF=-Wsparse-error"
out=$src/build/$line
read -r version < "$cache/kernel/$line/version" || exit 1

# Only what changed is copied, with its time, so only that is built again.
mkdir -p "$out"
rsync -a --delete --filter='P *.o' --filter='P *.cmd' --filter='P *.ko' --filter='P *.mod*' \
	--filter='P Module.symvers' --filter='P modules.order' --filter='P log' \
	--exclude='*.o' --exclude='*.cmd' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' \
	"$src/Kbuild" "$src/kmod" "$out/" || exit 1

# A caller's own -j would make this make warn, and a warning is an error here.
unset MAKEFLAGS MFLAGS
# shellcheck disable=SC2086 # make takes words
make -C "$cache/kernel/$line/lib/modules/$version/build" M="$out" -j"$(nproc)" \
	W=1 KCFLAGS=-Werror $check modules > "$out/log" 2>&1
status=$?
# modpost and the checker warn without failing
if [ $status -ne 0 ] || grep -qiE '(warning|error):|WARNING' "$out/log"; then
	grep -iE 'warning|error|\*\*\*' -A 3 "$out/log" | head -n 60
	echo "not ok - build ${2:-W=1} for $version"
	exit 1
fi
[ -e "$out/patchproxy.ko" ] || ln -sf kmod/patchproxy.ko "$out/patchproxy.ko"
echo "ok - build ${2:-W=1} for $version"
