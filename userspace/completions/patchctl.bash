# SPDX-License-Identifier: GPL-2.0
# bash completion for patchctl

# Values of member $2 of the objects that verb $1 lists.
_patchctl_names()
{
	patchctl "${library[@]}" "$1" -j 2>/dev/null |
		sed -n 's/^    "'"$2"'": "\(.*\)",\{0,1\}$/\1/p' | sort -u
}

_patchctl_applied()
{
	patchctl status -j 2>/dev/null |
		sed -n 's/^          "name": "\(.*\)",\{0,1\}$/\1/p' | sort -u
}

_patchctl_servers()
{
	patchctl status -j 2>/dev/null |
		sed -n 's/^      "server": "\(.*\)",\{0,1\}$/\1/p' | sort -u
}

_patchctl_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_patchctl_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X "$1" -- "$cur")
}

_patchctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local verbs="apply unapply list show status flows monitor check explain fields test replay version help"
	local verb="" i library=()

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--library)
			library=(--library "${COMP_WORDS[++i]}")
			;;
		-*)
			;;
		*)
			verb=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $prev in
	--library)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	--server | -s)
		[ "$verb" = unapply ] && _patchctl_words "$(_patchctl_servers)"
		return
		;;
	--patch)
		_patchctl_words "$(_patchctl_names list name)"
		_patchctl_files '*'
		return
		;;
	--segment)
		_patchctl_words "as-is 1 random:"
		return
		;;
	--split)
		_patchctl_words "whole bytes at: random:"
		return
		;;
	--write | -w)
		_patchctl_files '!*.pcap'
		return
		;;
	--midstream | -m)
		_patchctl_words "observe protect reset"
		return
		;;
	--set | --product | --count | --sample | --seed | --random | -n | -p)
		[ "$verb$prev" = apply-n ] || [ "$verb$prev" = unapply-n ] || return
		;;
	esac
	if [ -z "$verb" ]; then
		_patchctl_words "$verbs --json --library --help"
		return
	fi
	if [[ $cur == -* ]]; then
		local options="--json --library --help"

		case $verb in
		apply) options+=" --server --set --midstream --dry-run" ;;
		unapply) options+=" --server --dry-run" ;;
		list) options+=" --product" ;;
		status) options+=" --verbose" ;;
		monitor) options+=" --count" ;;
		check) options+=" --kernel" ;;
		explain) options+=" --code" ;;
		test) options+=" --sample --split --random --seed" ;;
		replay) options+=" --patch --server --segment --write" ;;
		esac
		_patchctl_words "$options"
		return
	fi
	case $verb in
	apply)
		_patchctl_words "all $(_patchctl_names list name)"
		_patchctl_files '!*.pdef'
		;;
	unapply)
		_patchctl_words "all $(_patchctl_applied)"
		;;
	show | explain | test)
		_patchctl_words "$(_patchctl_names list name)"
		_patchctl_files '!*.pdef'
		;;
	check)
		_patchctl_files '!*.@(pdef|ppg)'
		;;
	replay)
		_patchctl_files '!*.@(pcap|pcapng)'
		;;
	fields)
		_patchctl_words "$(_patchctl_names fields protocol)"
		;;
	esac
}

shopt -s extglob
complete -F _patchctl patchctl
