/*-------------------------------------------------------------------------
 *
 * apply.c
 *	  Running a changed copy of a statement on the data table.
 *
 * The user owns the data table but has no rights on its schema, so a command
 * that looks names up there, or creates something there, runs as the
 * superuser. A command that evaluates expressions of the user over rows (a new
 * column's default, a check) must not: it runs as the user, on the relation's
 * OID, for which no name is looked up. What is missed is an error; see
 * planner/on_behalf.c.
 *
 * Notices of these commands would only repeat what the user's own statement
 * said, and their errors speak of data tables and shards: the former are kept
 * back, the latter put in the user's terms.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/event_trigger.h"
#include "commands/tablecmds.h"
#include "ddl/ddl.h"
#include "nodes/makefuncs.h"
#include "parser/parser.h"
#include "planner/claim.h"
#include "planner/on_behalf.h"
#include "planner/planner.h"
#include "storage/lmgr.h"
#include "transport/connection.h"
#include "utils/guc.h"

/* BeQuiet keeps notices back for the rest of the GUC nest level. */
void
BeQuiet(void)
{
	if (client_min_messages < WARNING)
		(void) set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* Throws the current error again, in the user's terms. */
static void
pg_attribute_noreturn() RethrowForUser(MemoryContext context)
{
	ErrorData *edata;

	MemoryContextSwitchTo(context);
	edata = CopyErrorData();
	FlushErrorState();
	UseLogicalNames(edata);
	ReThrowError(edata);
}

static PlannedStmt *
WrapStatement(Utility *utility, Node *stmt)
{
	PlannedStmt *wrapper = makeNode(PlannedStmt);

	wrapper->commandType = CMD_UTILITY;
	wrapper->utilityStmt = stmt;
	wrapper->stmt_location = utility->pstmt->stmt_location;
	wrapper->stmt_len = utility->pstmt->stmt_len;
	return wrapper;
}

/* RunOnData runs a statement, which already names data tables, as the superuser. */
void
RunOnData(Utility *utility, Node *stmt)
{
	SavedRole role;
	int       guc_level = NewGUCNestLevel();

	BeQuiet();
	BecomeSuperuser(&role);
	PG_TRY();
	{
		standard_ProcessUtility(WrapStatement(utility, stmt), utility->query_string, false,
								PROCESS_UTILITY_SUBCOMMAND, NULL, NULL, None_Receiver, NULL);
	}
	PG_CATCH();
	{
		RethrowForUser(utility->memory);
	}
	PG_END_TRY();
	RestoreRole(&role);
	AtEOXact_GUC(true, guc_level);
}

/*
 * RunForeignKeyOnData is RunOnData for what checks a foreign key: PostgreSQL
 * does so by a query on the tables, which names the data tables.
 */
void
RunForeignKeyOnData(Utility *utility, Node *stmt)
{
	bool previous = EnterLocalFragment();

	RunOnData(utility, stmt);
	LeaveLocalFragment(previous);
}

/*
 * RunIndexOnData is RunOnData for what builds an index. The index of a shard has
 * no lasting name yet when it finds that rows are not unique.
 */
void
RunIndexOnData(Utility *utility, Node *stmt, const char *name)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		RunOnData(utility, stmt);
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(caller);
		edata = CopyErrorData();
		FlushErrorState();
		if (edata->sqlerrcode == ERRCODE_UNIQUE_VIOLATION)
		{
			edata->message = psprintf("could not create unique index \"%s\"", name);
			edata->constraint_name = pstrdup(name);
		}
		ReThrowError(edata);
	}
	PG_END_TRY();
}

/* AlterData runs subcommands of ALTER TABLE on a data table or shard, as the user. */
void
AlterData(Utility *utility, Oid relid, List *cmds)
{
	AlterTableStmt          *stmt = makeNode(AlterTableStmt);
	AlterTableUtilityContext context;
	LOCKMODE                 lockmode = AlterTableGetLockLevel(cmds);
	int                      guc_level;

	if (cmds == NIL)
		return;
	guc_level = NewGUCNestLevel();
	BeQuiet();
	stmt->relation = NameOfRelation(relid);
	stmt->relation->inh = !utility->only;
	stmt->cmds = cmds;
	stmt->objtype = OBJECT_TABLE;
	context.pstmt = WrapStatement(utility, (Node *) stmt);
	context.queryString = utility->query_string;
	context.relid = relid;
	context.params = NULL;
	context.queryEnv = NULL;

	LockRelationOid(relid, lockmode);
	EventTriggerInhibitCommandCollection();
	PG_TRY();
	{
		AlterTable(stmt, lockmode, &context);
	}
	PG_CATCH();
	{
		RethrowForUser(utility->memory);
	}
	PG_END_TRY();
	EventTriggerUndoInhibitCommandCollection();
	CommandCounterIncrement();
	AtEOXact_GUC(true, guc_level);
}

/*
 * RunOnEmptyTables is RunAsWritten for what has PostgreSQL check the foreign keys
 * of the rows, by queries: logical tables have no rows, and those of the data
 * tables are checked there.
 */
void
RunOnEmptyTables(Utility *utility)
{
	bool previous = PlanForeignKeysAsEmpty(true);

	PG_TRY();
	{
		RunAsWritten(utility);
	}
	PG_FINALLY();
	{
		PlanForeignKeysAsEmpty(previous);
	}
	PG_END_TRY();
}

/* AlterDataWithKeys is AlterData for the same: the queries name data tables, which users may not. */
void
AlterDataWithKeys(Utility *utility, Oid relid, List *cmds)
{
	bool previous = EnterLocalFragment();

	AlterData(utility, relid, cmds);
	LeaveLocalFragment(previous);
}

/* ParseExpression returns the tree of an expression that distshard or a pg_get_..() function wrote. */
Node *
ParseExpression(const char *sql)
{
	RawStmt    *raw = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_PLPGSQL_EXPR));
	SelectStmt *select = castNode(SelectStmt, raw->stmt);

	return linitial_node(ResTarget, select->targetList)->val;
}
