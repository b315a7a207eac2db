# SPDX-License-Identifier: GPL-2.0
#
# patchproxy: the module, the tool, the lab and every test.  "make help" lists
# the targets.

KDIR	?= /lib/modules/$(shell uname -r)/build
DESTDIR	?=
PREFIX	?= /usr/local
# Where depmod is may not be in the PATH of "su"
DEPMOD	?= /sbin/depmod
# Debian kernels the lab builds for and boots
LINES	:= 6.1 6.12
# The kernel "make demo" and "make kselftest" boot
LINE	?= 6.12

VM	:= selftests/vm
export PATCHPROXY_CACHE ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/patchproxy

.DEFAULT_GOAL := all

## Building
.PHONY: all
all: modules tools	## the module for KDIR and patchctl (default)

.PHONY: modules
modules:		## patchproxy.ko against KDIR, by default the running kernel's headers
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

.PHONY: tools
tools:			## userspace/patchctl; needs no kernel headers
	$(MAKE) -C userspace

.PHONY: install
install: all		## the module under /lib/modules; patchctl and the library under PREFIX
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	# modules_install leaves this out where headers come without System.map, as Debian's
	# do; with DESTDIR it is for whoever installs the package
	$(if $(DESTDIR),,$(DEPMOD) "$$($(MAKE) -s --no-print-directory -C $(KDIR) kernelrelease)")
	$(MAKE) -C userspace install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

.PHONY: clean
clean:			## remove everything that was built; the cache of packages stays
	rm -rf build
	rm -f *.o .*.cmd *.ko *.mod *.mod.c Module.symvers modules.order
	find kmod -name '*.o' -delete -o -name '.*.cmd' -delete
	@for dir in userspace selftests selftests/core selftests/lang selftests/cli selftests/vulnerable selftests/damaged; do \
		[ ! -e $$dir/Makefile ] || $(MAKE) -C $$dir clean || exit 1; \
	done

## The lab: stock Debian kernels in QEMU; nothing is loaded into this machine's kernel
.PHONY: setup
setup:			## install the Debian packages that building and testing need
	$(VM)/setup.sh

.PHONY: lab
lab: setup		## download and unpack kernels, servers and clients into the cache
	$(VM)/fetch.sh kernels roots

.PHONY: demo
demo: lab lab-modules tools vulnerable	## exploits stopped and real servers untouched, shown in a guest
	$(VM)/run.sh -r -t 1800 $(LINE) selftests/demo/demo.sh

## Checking
.PHONY: check
check:			## everything, on 6.1 and 6.12; ends with "N passed, N failed, N skipped"
	selftests/check.sh

.PHONY: check-quick
check-quick:		## the tests that need no kernel: core, language, the library's samples
	selftests/check.sh host

.PHONY: oracle
oracle:			## two TCP ends, a bad network and the engine between them; RUNS=1000000 for many runs
	@$(MAKE) --no-print-directory -C selftests/core oracle

# In virtual time, unless a LINE was asked for
BENCH	:= $(if $(filter file,$(origin LINE)),uml,$(LINE))

.PHONY: bench
bench: $(if $(filter uml,$(BENCH)),lab-uml,lab-modules) tools	## loss recovery beside no module; RUNS=15 pairs, ONLY="loss" picks lines, LINE=6.12 that kernel in real time
	$(VM)/run.sh -r $(if $(filter uml,$(BENCH)),-v) -t 14400 $(BENCH) $(wildcard selftests/bench/*.sh)

.PHONY: evasion
evasion: lab lab-modules tools	## every overlap and every trick, raw at a server, on 6.1 and 6.12; long
	@for line in $(LINES); do \
		PP_TIMEOUT=5400 $(VM)/run.sh -t 6000 $$line selftests/evasion_all.sh selftests/forged.sh || exit 1; \
	done

.PHONY: model
model:			## the map in every state a small one can reach, with SPIN; some minutes
	selftests/model/run.sh

.PHONY: $(LINES:%=check-%)
$(LINES:%=check-%): check-%: lab lab-modules tools vulnerable	## kernel tests in that guest; TESTS="http.sh ftp.sh" picks some
	$(VM)/run.sh $* $(addprefix selftests/,$(or $(TESTS),$(shell $(MAKE) -s --no-print-directory -C selftests list)))

.PHONY: matrix
matrix: lab lab-modules tools	## placements x offloads x bad networks x TCP options x edits, every three; goes on where it stopped
	@for line in $(LINES); do selftests/matrix/run.sh $$line || failed=1; done; [ -z "$$failed" ]

.PHONY: matrix-full
matrix-full: lab-uml tools	## all of them, in virtual time; some hours, and builds a kernel first; goes on where it stopped
	selftests/matrix/run.sh full

.PHONY: check-debug
check-debug: lab tools vulnerable	## tests in kernels with KASAN, lockdep, kmemleak, KCSAN; KERNELS="debug-uml" and TESTS pick some
	$(VM)/setup.sh debug
	$(VM)/fetch.sh tree
	$(VM)/debug.sh $(KERNELS)

.PHONY: kselftest
kselftest: lab lab-modules tools vulnerable	## the same tests in Debian's linux-source, run by the kernel's own runner
	$(VM)/fetch.sh source
	$(VM)/kselftest.sh $(LINE)

.PHONY: w1
w1: lab			## build for every lab kernel with W=1; any warning fails
	@for line in $(LINES); do $(VM)/build.sh $$line || exit 1; done

.PHONY: sparse
sparse: lab		## run sparse (C=2) for every lab kernel; any warning fails
	@for line in $(LINES); do $(VM)/build.sh $$line sparse || exit 1; done

.PHONY: lab-modules
lab-modules: w1

.PHONY: lab-uml
lab-uml: lab
	$(VM)/setup.sh debug
	$(VM)/fetch.sh tree
	$(VM)/debug-kernel.sh uml
	ARCH=um $(VM)/build.sh uml

.PHONY: vulnerable
vulnerable:
	$(MAKE) -C selftests/vulnerable
	$(MAKE) -C selftests/damaged

.PHONY: help
help:			## this list
	@awk '/^## / { printf "\n%s\n", substr($$0, 4) } \
		/^[a-z$$][^ ]*:.*## / { target = $$1; sub(/:.*/, "", target); \
			if (target ~ /LINES/) target = "check-6.1, check-6.12"; \
			sub(/.*## /, ""); printf "  %-24s%s\n", target, $$0 }' $(firstword $(MAKEFILE_LIST))
