/*-------------------------------------------------------------------------
 *
 * copy_from.c
 *	  COPY FROM into a distributed table: how the rows are read.
 *
 * There are three ways, from fastest to slowest:
 *
 *	- All shards are this node's, and nothing must happen to a row before its
 *	  shard is known: PostgreSQL's COPY FROM, on the data table.
 *	- Text and CSV: lines are passed on as they are (copy_lines.c).
 *	- Rows are read into tuples here: binary input, a key that the input lacks,
 *	  defaults that call functions of the user's, WHERE, and BEFORE INSERT row
 *	  triggers, which may change the key and are fired here.
 *
 * The logical table's statement triggers fire here; AFTER row triggers are the
 * shards' own. While streams to the nodes are open nothing else can be done
 * over their connections: so if functions of the user's are called for the
 * rows, all rows are first written to a file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/shard_key.h"
#include "commands/copyfrom_internal.h"
#include "commands/progress.h"
#include "commands/tablespace.h"
#include "commands/trigger.h"
#include "executor/before_row.h"
#include "executor/copy.h"
#include "executor/copy_defaults.h"
#include "executor/copy_lines.h"
#include "executor/executor.h"
#include "executor/held_triggers.h"
#include "executor/nodeModifyTable.h"
#include "executor/row_encoder.h"
#include "executor/row_triggers.h"
#include "executor/sharded_copy.h"
#include "executor/statement_triggers.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_relation.h"
#include "pgstat.h"
#include "planner/claim.h"
#include "storage/buffile.h"
#include "transport/connection.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* A COPY FROM of the user's. */
typedef struct UserCopy
{
	DistTable     *table;
	Relation       rel;
	CopyFromState  cstate;
	EState        *estate;
	ResultRelInfo *result;

	/* Only if rows are read into tuples. */
	ExprState      *where;
	TupleTableSlot *slot;
	RowEncoder     *encoder;
	RowTriggers    *row_triggers; /* that want transition tables, or NULL */
	uint64          excluded;
	BufFile        *spool;
	StringInfoData  spooled;
	CopyRow         single; /* where rows go one by one */
	bool            has_single;
} UserCopy;

/* Are all rows of it here, and nowhere else? */
static bool
IsHereOnly(DistTable *table)
{
	if (table->method == DIST_REFERENCE)
		return list_length(AllPrimaries()) == 1;
	return table->all_here;
}

/* CopyFrom, whose errors name the user's table. */
static uint64
CopyFromIntoShards(CopyFromState cstate)
{
	MemoryContext caller = CurrentMemoryContext;
	uint64        rows = 0;

	PG_TRY();
	{
		rows = CopyFrom(cstate);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		UseLogicalNames(error);
		ReThrowError(error);
	}
	PG_END_TRY();
	return rows;
}

/* PostgreSQL's COPY FROM on the data table. */
static uint64
CopyHere(UserCopy *copy, ParseState *pstate, CopyStmt *stmt, Node *where)
{
	Relation      data = table_open(copy->table->data_relid, RowExclusiveLock);
	ParseState   *data_pstate = make_parsestate(pstate);
	CopyFromState cstate;
	uint64        rows;

	(void) addRangeTableEntryForRelation(data_pstate, data, RowExclusiveLock, NULL, false, false);
	cstate = BeginCopyFrom(data_pstate, data, where, stmt->filename, stmt->is_program, NULL,
						   stmt->attlist, stmt->options);
	UseDefaultsOf(cstate, copy->rel);
	rows = CopyFromIntoShards(cstate);
	EndCopyFrom(cstate);
	free_parsestate(data_pstate);
	table_close(data, NoLock);
	return rows;
}

static bool
IsUsersFunction(Oid function, void *context)
{
	return function >= FirstNormalObjectId && func_volatile(function) != PROVOLATILE_IMMUTABLE;
}

/* Does an expression call functions that may well look into tables? */
static bool
CallsUsersFunctions(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, IsUsersFunction, NULL) ||
		   expression_tree_walker(node, CallsUsersFunctions, NULL);
}

static bool
DefaultsCallUsersFunctions(CopyFromState cstate)
{
	for (int i = 0; i < cstate->num_defaults; i++)
	{
		if (CallsUsersFunctions((Node *) cstate->defexprs[i]->expr, NULL))
			return true;
	}
	return false;
}

/* Must all rows be read before the first one is sent? */
static bool
MustSpool(UserCopy *copy, Node *where)
{
	return HasBeforeInsertHere(copy->rel) || CallsUsersFunctions(where, NULL) ||
		   DefaultsCallUsersFunctions(copy->cstate);
}

/*
 * Is the tuple in the slot to be written? Fires what may change or drop it, and
 * keeps it for statement triggers that will want to see it.
 */
static bool
AcceptTuple(UserCopy *copy)
{
	TransitionCaptureState *capture = copy->cstate->transition_capture;

	copy->slot->tts_tableOid = RelationGetRelid(copy->rel);
	if (copy->where != NULL)
	{
		ExprContext *econtext = GetPerTupleExprContext(copy->estate);

		econtext->ecxt_scantuple = copy->slot;
		if (!ExecQual(copy->where, econtext))
		{
			pgstat_progress_update_param(PROGRESS_COPY_TUPLES_EXCLUDED, ++copy->excluded);
			return false;
		}
	}
	if (HasBeforeInsertHere(copy->rel) &&
		!ExecBRInsertTriggers(copy->estate, copy->result, copy->slot))
		return false;
	if (capture != NULL)
	{
		if (RelationGetDescr(copy->rel)->constr != NULL &&
			RelationGetDescr(copy->rel)->constr->has_generated_stored)
			ExecComputeStoredGenerated(copy->result, copy->estate, copy->slot, CMD_INSERT);
		ExecARInsertTriggers(copy->estate, copy->result, copy->slot, NIL, capture);
		if (copy->row_triggers)
			KeepForRowTriggers(copy->row_triggers, NULL, copy->slot);
	}
	return true;
}

/* Reads the next row into the slot. Returns false at the end of the input. */
static bool
ReadTuple(UserCopy *copy)
{
	TupleTableSlot *slot = copy->slot;
	ExprContext    *econtext = GetPerTupleExprContext(copy->estate);
	MemoryContext   caller;
	bool            found;

	CHECK_FOR_INTERRUPTS();
	ResetPerTupleExprContext(copy->estate);
	ExecClearTuple(slot);
	caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(copy->estate));
	found = NextCopyFrom(copy->cstate, econtext, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(caller);
	if (found)
		ExecStoreVirtualTuple(slot);
	return found;
}

/* A CopyRowSource: rows that are read into tuples. */
static bool
NextTupleAsRow(void *arg, CopyRow *row)
{
	UserCopy            *copy = arg;
	ErrorContextCallback context = {error_context_stack, CopyFromErrorCallback, copy->cstate};
	bool                 found;

	error_context_stack = &context;
	do
	{
		found = ReadTuple(copy);
	} while (found && !AcceptTuple(copy));
	if (found)
	{
		EncodeRow(copy->encoder, copy->slot, row);
		row->lineno = copy->cstate->cur_lineno;
	}
	error_context_stack = context.previous;
	return found;
}

static void
SpoolRows(UserCopy *copy)
{
	CopyRow row;

	PrepareTempTablespaces();
	copy->spool = BufFileCreateTemp(false);
	initStringInfo(&copy->spooled);
	while (NextTupleAsRow(copy, &row))
	{
		BufFileWrite(copy->spool, &row, sizeof(row));
		BufFileWrite(copy->spool, unconstify(char *, row.data), row.len);
	}
	memset(&row, 0, sizeof(row));
	BufFileWrite(copy->spool, &row, sizeof(row));
	if (BufFileSeek(copy->spool, 0, 0, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not rewind a temporary file: %m")));
}

static void
ReadSpool(BufFile *spool, void *data, size_t size)
{
	if (BufFileRead(spool, data, size) != size)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not read a temporary file: %m")));
}

/* A CopyRowSource. Each row is its CopyRow and its bytes; one without bytes is the end. */
static bool
NextSpooledRow(void *arg, CopyRow *row)
{
	UserCopy *copy = arg;

	ReadSpool(copy->spool, row, sizeof(CopyRow));
	if (row->len == 0)
		return false;
	resetStringInfo(&copy->spooled);
	enlargeStringInfo(&copy->spooled, row->len);
	ReadSpool(copy->spool, copy->spooled.data, row->len);
	row->data = copy->spooled.data;
	return true;
}

/* A CopyRowSource of one row. */
static bool
NextSingleRow(void *arg, CopyRow *row)
{
	UserCopy *copy = arg;

	if (!copy->has_single)
		return false;
	*row = copy->single;
	copy->has_single = false;
	return true;
}

/* For triggers that see the rows before. */
static uint64
CopyOneByOne(UserCopy *copy)
{
	uint64 rows = 0;

	while ((copy->has_single = NextTupleAsRow(copy, &copy->single)))
	{
		rows += CopyRowsToShards(copy->table, EncodedFormat(copy->encoder), NextSingleRow, copy,
								 copy->estate, NULL);
	}
	return rows;
}

/* All columns that can be written. */
static List *
WritableColumns(Relation rel)
{
	return CopyGetAttnums(RelationGetDescr(rel), rel, NIL);
}

static uint64
CopyTuples(UserCopy *copy, Node *where)
{
	uint64 rows;

	copy->slot = table_slot_create(copy->rel, NULL);
	if (where != NULL)
		copy->where = ExecInitQual((List *) where, NULL);
	copy->encoder = CreateRowEncoder(copy->table, copy->rel, WritableColumns(copy->rel));
	if (HasBeforeInsertHere(copy->rel) && SeeRowsBefore(copy->rel, CMD_INSERT))
		rows = CopyOneByOne(copy);
	else if (MustSpool(copy, where))
	{
		SpoolRows(copy);
		rows = CopyRowsToShards(copy->table, EncodedFormat(copy->encoder), NextSpooledRow, copy,
								copy->estate, NULL);
		BufFileClose(copy->spool);
	}
	else
		rows = CopyRowsToShards(copy->table, EncodedFormat(copy->encoder), NextTupleAsRow, copy,
								copy->estate, NULL);
	ExecDropSingleTupleTableSlot(copy->slot);
	return rows;
}

/* The user's options without what has been done with here. */
static List *
OptionsForNodes(List *options)
{
	List     *result = NIL;
	ListCell *lc;

	foreach (lc, options)
	{
		DefElem *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, "header") != 0 && strcmp(option->defname, "freeze") != 0 &&
			strcmp(option->defname, "encoding") != 0)
			result = lappend(result, option);
	}
	return lappend(result,
				   makeDefElem(pstrdup("encoding"),
							   (Node *) makeString(pstrdup(GetDatabaseEncodingName())), -1));
}

static List *
AppendColumn(List *columns, Relation rel, AttrNumber attnum)
{
	return lappend(columns, makeString(get_attname(RelationGetRelid(rel), attnum, false)));
}

static uint64
CopyLines(UserCopy *copy, List *options)
{
	CopyFromState cstate = copy->cstate;
	CopyFormat    format = {.options = OptionsForNodes(options), .user_lines = true};
	ListCell     *lc;

	format.added_fields = cstate->num_defaults;
	format.delim = cstate->opts.delim[0];
	format.quote = cstate->opts.csv_mode ? cstate->opts.quote[0] : '\0';
	for (int i = 0; i < cstate->num_defaults; i++)
		format.columns = AppendColumn(format.columns, copy->rel, cstate->defmap[i] + 1);
	foreach (lc, cstate->attnumlist)
		format.columns = AppendColumn(format.columns, copy->rel, lfirst_int(lc));
	return CopyRowsToShards(copy->table, &format, NextLine, CreateLineReader(copy->table, cstate),
							copy->estate, NULL);
}

static uint64
CopyToNodes(UserCopy *copy, ParseState *pstate, CopyStmt *stmt, Node *where,
			TransitionCaptureState *capture)
{
	CopyFromState cstate;
	bool          as_tuples;
	uint64        rows;

	if (InsideFragment())
		ereport(ERROR,
				(errcode(ERRCODE_FORBIDDEN_IN_FRAGMENT),
				 errmsg("cannot copy into a distributed table from inside a fragment"),
				 errdetail("A function or trigger that runs on behalf of another node tried to.")));
	cstate = BeginCopyFrom(pstate, copy->rel, where, stmt->filename, stmt->is_program, NULL,
						   stmt->attlist, stmt->options);
	copy->cstate = cstate;
	cstate->transition_capture = capture;
	as_tuples = cstate->opts.binary || where != NULL || capture != NULL ||
				HasBeforeInsertHere(copy->rel) || DefaultsCallUsersFunctions(cstate) ||
				!DefaultsCanBeFields(cstate) ||
				(copy->table->method == DIST_HASH &&
				 !list_member_int(cstate->attnumlist, copy->table->key_attno));
	rows = as_tuples ? CopyTuples(copy, where) : CopyLines(copy, stmt->options);
	EndCopyFrom(cstate);
	return rows;
}

/*
 * CopyFromUser copies into a logical table what the statement names, and
 * returns the number of rows. pstate has the table as its only RTE.
 */
uint64
CopyFromUser(ParseState *pstate, CopyStmt *stmt, Relation rel, Node *where, DistTable *table)
{
	UserCopy                copy = {.table = table, .rel = rel};
	TransitionCaptureState *capture;
	uint64                  rows;

	copy.estate = CreateExecutorState();
	copy.result = makeNode(ResultRelInfo);
	ExecInitRangeTable(copy.estate, pstate->p_rtable);
	ExecInitResultRelation(copy.estate, copy.result, 1);
	AfterTriggerBeginQuery();
	capture = MakeTransitionCaptureState(rel->trigdesc, RelationGetRelid(rel), CMD_INSERT);
	if (copy.result->ri_TrigDesc != NULL)
		copy.result->ri_TrigDesc->trig_insert_after_row = false; /* the shards fire them */
	ExecBSInsertTriggers(copy.estate, copy.result);
	if (capture)
		copy.row_triggers = BeginRowTriggers(copy.estate, copy.result, CMD_INSERT);

	if (IsHereOnly(table) && capture == NULL && !HasBeforeInsertHere(rel))
		rows = CopyHere(&copy, pstate, stmt, where);
	else
		rows = CopyToNodes(&copy, pstate, stmt, where, capture);

	FireHeldTriggers(copy.estate);
	if (copy.row_triggers)
	{
		FireRowTriggers(copy.row_triggers);
		EndRowTriggers(copy.row_triggers);
	}
	ExecASInsertTriggers(copy.estate, copy.result, capture);
	AfterTriggerEndQuery(copy.estate);
	ExecResetTupleTable(copy.estate->es_tupleTable, false);
	ExecCloseResultRelations(copy.estate);
	ExecCloseRangeTableRelations(copy.estate);
	FreeExecutorState(copy.estate);
	return rows;
}
