# distshard: build, install, test.
MODULE_big = distshard
EXTENSION = distshard
DATA_built = distshard--1.0.sql

# The install script is kept in pieces, each beside the C code that it declares.
SQL_PARTS = $(addprefix src/, catalog/catalog.sql transport/transport.sql transaction/transaction.sql \
	planner/planner.sql executor/executor.sql ddl/ddl.sql placement/placement.sql catalog/views.sql)

OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))

PG_CPPFLAGS = -I$(srcdir)/src -I$(libpq_srcdir)
PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-cast-function-type
SHLIB_LINK_INTERNAL = $(libpq)
EXTRA_CLEAN = distshard--1.0.sql

# Bitcode for JIT inlining buys nothing here and needs clang.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/*/*.h)

distshard--1.0.sql: $(SQL_PARTS)
	cat $^ > $@

.PHONY: format
format:
	clang-format -i $(wildcard src/*.[ch] src/*/*.[ch])
