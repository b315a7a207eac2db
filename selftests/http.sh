#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# HTTP patches against servers with the flaw: each exploit kills the unprotected
# server and, once its patch is applied, arrives defused; the session goes on.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flaws.sh"

need_module
topo_bridge ct || { fail "topology"; finish; }
for name in ida shellshock log4j phpcgi range; do
	flaw_test $name
done
check "conntrack saw nothing INVALID" no_invalid
finish
