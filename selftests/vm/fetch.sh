#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Fill the lab cache: stock Debian kernels with their headers, one root per
# real server and one for the clients, and the kernel source the kselftest
# runner comes from.  Everything is a Debian package that is downloaded and
# unpacked, never installed: nothing starts, no packages conflict and the
# machine's boot choice stays as it was.  (Installing the 6.12 headers would
# already pull in that kernel's image, hence headers are unpacked as well.)
#
# Usage: fetch.sh [kernels] [roots] [source] [tree]	(default: kernels roots)
#
# tree is the whole kernel source, for the kernels that debug-kernel.sh builds.
#
# What is in the cache already is not looked at again, so a second run needs
# no network.  Remove the cache directory to move to newer packages.

set -eu
cache=${PATCHPROXY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/patchproxy}

die()
{
	echo "lab: $*" >&2
	exit 1
}

# A private apt: its own lists and an empty dpkg status.  The empty status
# makes "install --download-only" resolve the whole closure down to libc, and
# needs neither root nor the machine's own package lists.
apt_ready=
apt_setup()
{
	[ -z "$apt_ready" ] || return 0
	apt_ready=1
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
	: > "$cache/apt/status"
	cat > "$cache/apt/apt.conf" <<-CONF
		Dir::State "$cache/apt";
		Dir::State::lists "$cache/apt/lists/";
		Dir::State::status "$cache/apt/status";
		Dir::Cache "$cache/apt/";
		Dir::Cache::archives "$cache/apt/archives/";
		Dir::Log "$cache/apt/";
		Debug::NoLocking "true";
		APT::Sandbox::User "$(id -un)";
		APT::Install-Recommends "false";
		Acquire::Retries "3";
	CONF
	export APT_CONFIG=$cache/apt/apt.conf
	echo "lab: reading the package lists"
	apt-get -qq update || die "apt-get update failed: is the Debian mirror reachable?"
}

# unpack DIR PACKAGE... - download exactly these packages and unpack them
unpack()
{
	local dir=$1 deb
	shift
	rm -rf "$cache/apt/new"
	mkdir -p "$cache/apt/new" "$dir"
	(cd "$cache/apt/new" && apt-get -qq download "$@") || die "cannot download $*"
	for deb in "$cache/apt/new/"*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$cache/apt/new"
}

# depends PACKAGE PATTERN - the first dependency whose name matches
depends()
{
	apt-cache depends --no-recommends --no-suggests "$1" |
		sed -n 's/.*Depends: *//p' | grep -m 1 -- "$2" || die "$1: no dependency like $2"
}

# kernel LINE IMAGE-META HEADERS-META
kernel()
{
	local dir=$cache/kernel/$1 new=$cache/kernel/$1.new ver image headers f

	[ ! -e "$dir/version" ] || return 0
	apt_setup
	image=$(depends "$2" '^linux-image-[0-9].*-cloud-amd64$')
	ver=${image#linux-image-}
	headers=linux-headers-$ver
	echo "lab: kernel $ver"
	rm -rf "$new" "$dir"
	unpack "$new" "$image" "$headers" \
		"$(depends "$headers" '^linux-headers-.*-common$')" \
		"$(depends "$headers" '^linux-kbuild-')"
	# The headers name their other half by its installed path.
	for f in "$new"/usr/src/linux-headers-*-cloud-amd64/Makefile; do
		sed -i "s|/usr/src/|$dir/usr/src/|" "$f"
	done
	ln -sfn "$dir/usr/src/$headers" "$new/lib/modules/$ver/build"
	ln -sfn "$dir/usr/src/${headers%-cloud-amd64}-common" "$new/lib/modules/$ver/source"
	/sbin/depmod -b "$new" "$ver"
	ln -sfn "boot/vmlinuz-$ver" "$new/vmlinuz"
	initramfs "$new" "$ver"
	echo "$ver" > "$new/version"
	mv "$new" "$dir"
}

# initramfs DIR VERSION - just enough to mount the host's root over virtiofs
# for a kernel that has virtiofs as a module
initramfs()
{
	local dir=$1 ver=$2 tmp=$1/initramfs m f

	rm -rf "$tmp"
	mkdir -p "$tmp/bin" "$tmp/dev" "$tmp/proc" "$tmp/root" "$tmp/modules"
	cp /bin/busybox "$tmp/bin/busybox"
	ln -s busybox "$tmp/bin/sh"
	: > "$tmp/modules/order"
	for m in virtio_pci virtiofs; do
		/sbin/modprobe -d "$dir" -S "$ver" --show-depends "$m" |
		while read -r kind f _; do
			[ "$kind" = insmod ] || continue
			case $f in
			*.xz)	xz -dc "$f" > "$tmp/modules/$(basename "$f" .xz)" ;;
			*)	cp "$f" "$tmp/modules/" ;;
			esac
			basename "$f" .xz >> "$tmp/modules/order"
		done
	done
	cat > "$tmp/init" <<-'INIT'
		#!/bin/sh
		b=/bin/busybox
		$b mount -t devtmpfs dev /dev
		$b mount -t proc proc /proc
		while read -r m; do
			# a module that is needed twice is refused the second time
			$b grep -q "^${m%.ko} " /proc/modules || $b insmod "/modules/$m"
		done < /modules/order
		for word in $($b cat /proc/cmdline); do
			case $word in
			pp.init=*)	init=${word#pp.init=} ;;
			esac
		done
		$b mount -t virtiofs -o ro host /root && exec $b switch_root /root "$init"
		echo "initramfs: cannot mount the host's root"
		$b poweroff -f
	INIT
	chmod +x "$tmp/init"
	(cd "$tmp" && find . | cpio --quiet -o -H newc | gzip -1) > "$dir/initrd.img"
	rm -rf "$tmp"
}

# root NAME PACKAGE... - a directory with the packages and all they need
root()
{
	local name=$1 dir=$cache/root/$1 new=$cache/root/$1.new deb
	shift

	[ ! -e "$dir/.complete" ] || return 0
	apt_setup
	echo "lab: root $name ($*)"
	rm -rf "$new" "$dir" "$cache/apt/archives/"*.deb
	mkdir -p "$new"
	apt-get -qq -y --download-only install "$@" > "$cache/apt/log" 2>&1 ||
		die "cannot download $*: $(tail -n 3 "$cache/apt/log")"
	for deb in "$cache/apt/archives/"*.deb; do
		dpkg-deb -x "$deb" "$new"
	done
	rm -f "$cache/apt/archives/"*.deb
	# What maintainer scripts would have made and these programs read.
	mkdir -p "$new/proc" "$new/dev" "$new/tmp" "$new/run" "$new/root" "$new/srv" \
		"$new/etc" "$new/var/run" "$new/var/log" "$new/var/empty"
	printf '%s\n' root:x:0:0::/root:/bin/sh www-data:x:33:33::/var/www:/bin/false \
		ftp:x:101:101::/srv/ftp:/bin/false alice:x:1000:1000::/srv/alice:/bin/sh \
		nobody:x:65534:65534::/nonexistent:/bin/false > "$new/etc/passwd"
	printf '%s\n' root:x:0: www-data:x:33: ftp:x:101: alice:x:1000: \
		adm:x:4: nogroup:x:65534: > "$new/etc/group"
	printf '%s\n' 'passwd: files' 'group: files' 'shadow: files' 'hosts: files' > "$new/etc/nsswitch.conf"
	touch "$new/.complete"
	mv "$new" "$dir"
}

# source - the parts of the kernel tree that run selftests
source_tree()
{
	local dir=$cache/source new=$cache/source.new tar

	[ ! -e "$dir/.complete" ] || return 0
	apt_setup
	echo "lab: kernel source (its selftests only)"
	rm -rf "$new" "$dir"
	unpack "$new/pkg" linux-source-6.12
	tar=$(ls "$new"/pkg/usr/src/linux-source-6.12.tar.xz) || die "linux-source-6.12 has no tar file"
	mkdir -p "$new/linux"
	tar -C "$new/linux" --strip-components=1 --wildcards --no-wildcards-match-slash -xf "$tar" \
		'*/Makefile' '*/scripts' '*/tools/testing/selftests' '*/tools/scripts' '*/tools/build'
	rm -rf "$new/pkg"
	touch "$new/.complete"
	mv "$new" "$dir"
}

# whole_tree - all of the kernel source, and in "version" which one it is
whole_tree()
{
	local dir=$cache/tree new=$cache/tree.new

	[ ! -e "$dir/version" ] || return 0
	apt_setup
	echo "lab: kernel source (all of it)"
	rm -rf "$new" "$dir"
	unpack "$new/pkg" linux-source-6.12
	mkdir -p "$new/linux"
	tar -C "$new/linux" --strip-components=1 -xf "$new/pkg/usr/src/linux-source-6.12.tar.xz"
	zcat "$new/pkg/usr/share/doc/linux-source-6.12/changelog.Debian.gz" |
		sed -n '1s/.*(\(.*\)).*/\1/p;1q' > "$new/version"
	rm -rf "$new/pkg"
	mv "$new" "$dir"
}

for tool in apt-get dpkg-deb cpio xz /sbin/depmod /bin/busybox; do
	command -v "$tool" > /dev/null || die "$tool is missing: run make setup"
done
mkdir -p "$cache/kernel" "$cache/root"
# One at a time: a second run waits and then finds everything there.
exec 9> "$cache/lock"
flock 9

[ $# -gt 0 ] || set -- kernels roots
for what; do
	case $what in
	kernels)
		kernel 6.1 linux-image-cloud-amd64 linux-headers-cloud-amd64
		kernel 6.12 linux-image-6.12-cloud-amd64 linux-headers-6.12-cloud-amd64
		;;
	roots)
		root nginx nginx-light
		root vsftpd vsftpd
		root client curl lftp
		;;
	source)
		source_tree
		;;
	tree)
		whole_tree
		;;
	*)
		die "unknown part $what"
		;;
	esac
done
