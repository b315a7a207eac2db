#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build a kernel from Debian's source into the lab cache, where run.sh and
# build.sh find it like the stock ones.
#
# Usage: debug-kernel.sh debug-uml|debug-smp|debug-kcsan|uml
#
#   debug-uml    User Mode Linux, one processor: KASAN, lockdep, kmemleak and more
#   debug-smp    the same checks for a QEMU guest with two processors
#   debug-kcsan  data races, for a QEMU guest with two processors
#   uml          User Mode Linux without checks, for what takes long
#
# What was built from the same source with the same options is not built again.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${PATCHPROXY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/patchproxy}
kind=$1
tree=$cache/tree/linux
dir=$cache/kernel/$kind

die()
{
	echo "not ok - $kind: $*"
	exit 1
}

checks=debug-checks
machine=debug-x86
arch=x86_64
case $kind in
debug-uml)
	machine=debug-uml
	arch=um
	;;
debug-smp)	;;
debug-kcsan)	checks=debug-kcsan ;;
uml)
	checks=debug-uml
	machine=uml
	arch=um
	;;
*)	die "unknown kind of kernel" ;;
esac
fragments=("$here/../config" "$here/debug.config" "$here/$checks.config" "$here/$machine.config")
key=$(cat "$cache/tree/version" "${fragments[@]}" | sha256sum | cut -c 1-16)

# One at a time, as fetch.sh does it.
exec 9> "$cache/lock-$kind"
flock 9
if [ "$(cat "$dir/key" 2> /dev/null)" = "$key" ]; then
	echo "ok - $kind $(< "$dir/version")"
	exit 0
fi

# An interrupted build of the same kernel goes on.
build=$dir/build
if [ "$(cat "$dir/building" 2> /dev/null)" != "$key" ]; then
	rm -rf "$dir"
	mkdir -p "$build"
	printf 'CONFIG_LOCALVERSION="-%s"\n' "$kind" > "$dir/name.config"
	# it calls make where it is
	(cd "$tree" && ARCH=$arch scripts/kconfig/merge_config.sh -O "$build" \
		"${fragments[@]}" "$dir/name.config") > "$dir/log" 2>&1 || {
		tail -n 20 "$dir/log"
		die "configuration"
	}
	# An option the kernel does not have would be a check that is not made.
	if grep -A 2 '^Value requested for' "$dir/log"; then
		die "options that cannot be had"
	fi
	echo "$key" > "$dir/building"
fi

goals="linux modules"
image=linux
if [ $arch != um ]; then
	goals="bzImage modules"
	image=arch/x86/boot/bzImage
fi
echo "# $kind: building, 10 to 30 minutes; log in $dir/log"
# shellcheck disable=SC2086 # a list of goals
make -s -C "$tree" ARCH=$arch O="$build" -j"$(nproc)" $goals > "$dir/log" 2>&1 &&
	make -s -C "$tree" ARCH=$arch O="$build" INSTALL_MOD_PATH="$dir" modules_install >> "$dir/log" 2>&1 || {
	grep -E 'error|\*\*\*' "$dir/log" | head -n 20
	die "build"
}
case $arch in
um)	ln -sfn "build/$image" "$dir/linux" ;;
*)	ln -sfn "build/$image" "$dir/vmlinuz" ;;
esac
cat "$build/include/config/kernel.release" > "$dir/version"
mv "$dir/building" "$dir/key"
echo "ok - $kind $(< "$dir/version")"
