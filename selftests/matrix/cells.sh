#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The cells of the matrix that a kernel is to run, without the kernel.
#
# Usage: cells.sh T [RELEASE]
#
#   T        so many values meet; "all": every combination
#   RELEASE  the kernel, as "uname -r" has it

set -u
here=$(cd "$(dirname "$0")" && pwd)
strength=$1
release=${2:-}

# stock - the value of the factor that this kernel is
stock()
{
	local value
	for value in $(sed -n 's/^kernel //p' "$here/factors"); do
		[[ $release != "$value".*-amd64 ]] || echo "$value"
	done
}

# others - every factor but the kernel
others()
{
	sed '/^kernel /d' "$here/factors"
}

[ "$strength" != all ] || strength=$(others | grep -c '^[^#]')
value=$(stock)
if [ -n "$value" ]; then
	"$here/../cover" "$strength" "$here/factors" | sed -n "s/^$value //p"
else
	"$here/../cover" "$strength" <(others)
fi
exit "${PIPESTATUS[0]}"
