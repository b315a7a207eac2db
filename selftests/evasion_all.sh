#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# evasion.sh with every schedule.

exec "$(dirname "$0")/evasion.sh" all
