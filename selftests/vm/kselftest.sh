#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Put this collection into Debian's kernel source, install it with the kernel's
# own Makefile and run it in a guest with the kernel's own runner.
#
# Usage: kselftest.sh LINE
#
# Only the tests named in $TESTS run if that is set.

set -u
here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
cache=${PATCHPROXY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/patchproxy}
line=$1
tree=$src/build/linux
out=$src/build/kselftest

# The tree is our own copy, so nothing is left in the cache.
rm -rf "$tree" "$out"
mkdir -p "$src/build"
cp -a "$cache/source/linux" "$tree" || exit 1
mkdir "$tree/tools/testing/selftests/patchproxy"
(cd "$src/selftests" && cp -a Makefile config settings ./*.sh ./*.[ch] matrix vulnerable damaged \
	"$tree/tools/testing/selftests/patchproxy/") || exit 1
make -s -C "$tree/tools/testing/selftests" TARGETS=patchproxy \
	INSTALL_PATH="$out" FORCE_TARGETS=1 USERLDFLAGS=-static install > "$src/build/kselftest.log" 2>&1 || {
	tail -n 20 "$src/build/kselftest.log"
	echo "not ok - make -C tools/testing/selftests TARGETS=patchproxy install"
	exit 1
}

arguments='-c patchproxy'
if [ -n "${TESTS:-}" ]; then
	arguments=
	for test in $TESTS; do
		arguments="$arguments -t patchproxy:$test"
	done
fi
cat > "$out/guest.sh" <<-GUEST
	#!/bin/bash
	export PP_KO=$src/build/$line/patchproxy.ko
	cd $out && ./run_kselftest.sh $arguments
GUEST
chmod +x "$out/guest.sh"
"$here/run.sh" -r -t 4500 "$line" "$out/guest.sh" | tee "$src/build/kselftest.out"
status=${PIPESTATUS[0]}
"$here/tally.sh" < "$src/build/kselftest.out" > /dev/null && [ "$status" -eq 0 ]
