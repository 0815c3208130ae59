# distshard: build, install, test.
MODULE_big = distshard
EXTENSION = distshard
DATA_built = distshard--1.0.sql

# The install script is kept in pieces, each beside the C code that it declares.
SQL_PARTS = $(addprefix src/, catalog/catalog.sql transport/transport.sql transaction/transaction.sql \
	transaction/activity.sql planner/planner.sql executor/executor.sql ddl/ddl.sql ddl/recreate.sql \
	ddl/recreate_object.sql ddl/recreate_relation.sql placement/placement.sql placement/nodes.sql catalog/views.sql)

OBJS = $(patsubst %.c,%.o,$(sort $(filter-out $(UNUSED),$(wildcard src/*.c src/*/*.c))))

PG_CPPFLAGS = -I$(srcdir)/src -I$(libpq_srcdir)

# make FAULTS=1 is a build for tests in which named points of the code can be made to fail; see src/transaction/fault.h.
ifdef FAULTS
PG_CPPFLAGS += -DDISTSHARD_FAULTS
SQL_PARTS += src/transaction/fault.sql
else
UNUSED = src/transaction/fault.c
endif

PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-cast-function-type

# Short statements pass many files of this library: calls between them go straight, and small functions are inlined.
PG_CFLAGS += -flto=auto -fno-semantic-interposition
SHLIB_LINK = -Wl,-Bsymbolic
SHLIB_LINK_INTERNAL = $(libpq)
EXTRA_CLEAN = distshard--1.0.sql

# Bitcode for JIT inlining buys nothing here and needs clang.
override with_llvm = no

NO_INSTALLCHECK = 1 # our own is below

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/*/*.h)

distshard--1.0.sql: $(SQL_PARTS)
	cat $^ > $@

SOURCES = $(wildcard src/*.[ch] src/*/*.[ch])

.PHONY: format check-format cppcheck
format:
	clang-format -i $(SOURCES)

check-format:
	clang-format --dry-run -Werror $(SOURCES)

cppcheck:
	cppcheck --quiet --error-exitcode=1 --enable=warning,style,performance,portability --inline-suppr \
		--suppress=variableScope --suppress=knownConditionTrueFalse --suppress=constParameter \
		--suppress=unusedStructMember --include=test/cppcheck.h -I src $(filter %.c,$(SOURCES))

# Tests of the installed extension. Those on a cluster run against the coordinator that PGHOST and PGPORT name, as
# test/cluster sets them; tests in test/t start servers of their own.
REGRESS_DIR = $(dir $(PGXS))../test
UNSCHEDULED = $(filter-out $(shell sed -n 's/^test: //p' sql/schedule),$(basename $(notdir $(wildcard sql/*.sql))))
ON_COORDINATOR = --use-existing --bindir='$(bindir)' --host="$$PGHOST" --port="$$PGPORT" --user="$$PGUSER" \
	--dbname="$$PGDATABASE"

.PHONY: installcheck regress regress_worker isolation tapcheck
installcheck:
	PG_CONFIG='$(PG_CONFIG)' test/cluster run --workers 3 -- $(MAKE) -k regress regress_worker isolation

regress:
	$(if $(UNSCHEDULED),$(error sql/schedule lacks $(UNSCHEDULED)))
	$(REGRESS_DIR)/regress/pg_regress $(ON_COORDINATOR) --schedule=sql/schedule

# The answers must be the same on any node.
regress_worker:
	mkdir -p output_worker && eval "$$DISTSHARD_NODE2" && $(REGRESS_DIR)/regress/pg_regress --use-existing --bindir='$(bindir)' \
		--host="$$host" --port="$$port" --user="$$user" --dbname="$$dbname" --outputdir=output_worker --schedule=sql/schedule_worker

isolation:
	test/isolation/run

tapcheck:
	PG_CONFIG='$(PG_CONFIG)' test/tap

# PostgreSQL's own scripts on distributed tables, all of them.
.PHONY: pg-regression sqlsmith nightly
pg-regression:
	PG_CONFIG='$(PG_CONFIG)' test/pg_regression/run --all

# Random statements: that nothing crashes, and that the answers are right.
sqlsmith:
	PG_CONFIG='$(PG_CONFIG)' test/sqlsmith 20000

nightly: pg-regression sqlsmith
	PG_CONFIG='$(PG_CONFIG)' test/differential/run --jobs 2
	PG_CONFIG='$(PG_CONFIG)' test/differential/nightly
