/*-------------------------------------------------------------------------
 *
 * copy.c
 *	  COPY of distributed tables: what is decided before the first row.
 *
 * COPY FROM checks here what PostgreSQL's DoCopy() checks, against the logical
 * table, and goes on in copy_from.c. COPY TO becomes COPY (SELECT ...) TO, for
 * which the planner has the rows found. A stream of rows that another node
 * sends into a data table comes this way too: rights were checked where the
 * user is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "commands/copy.h"
#include "executor/copy.h"
#include "executor/deferred_triggers.h"
#include "executor/held_triggers.h"
#include "executor/quiet.h"
#include "executor/row_session.h"
#include "executor/trigger_call.h"
#include "executor/copy_lock.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "planner/claim.h"
#include "planner/fragment.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "transaction/start_time.h"
#include "transport/connection.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

/* Reading a server's file or running a program needs the same role as ever. */
static void
CheckFileRights(const CopyStmt *stmt)
{
	if (stmt->filename == NULL)
		return;
	if (stmt->is_program && !has_privs_of_role(GetUserId(), ROLE_PG_EXECUTE_SERVER_PROGRAM))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be superuser or have privileges of the "
							   "pg_execute_server_program role to COPY to or from an external "
							   "program"),
						errhint("Anyone can COPY to stdout or from stdin. "
								"psql's \\copy command also works for anyone.")));
	if (!stmt->is_program && !has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be superuser or have privileges of the "
							   "pg_read_server_files role to COPY from a file"),
						errhint("Anyone can COPY to stdout or from stdin. "
								"psql's \\copy command also works for anyone.")));
}

/* Stored generated columns don't exist yet when WHERE is evaluated. */
static void
CheckWhereColumns(Relation rel, Node *where)
{
	TupleDesc  desc = RelationGetDescr(rel);
	Bitmapset *columns = NULL;
	bool       whole_row;

	pull_varattnos(where, 1, &columns);
	whole_row = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, columns);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attgenerated &&
			(whole_row || bms_is_member(att->attnum - FirstLowInvalidHeapAttributeNumber, columns)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
					 errmsg("generated columns are not supported in COPY FROM WHERE conditions"),
					 errdetail("Column \"%s\" is a generated column.", NameStr(att->attname))));
	}
}

/* Returns the WHERE clause ready for ExecInitQual, or NULL. */
static Node *
TransformWhere(ParseState *pstate, ParseNamespaceItem *nsitem, Relation rel, Node *clause)
{
	Node *where;

	if (clause == NULL)
		return NULL;
	addNSItemToQuery(pstate, nsitem, false, true, true);
	where = transformExpr(pstate, clause, EXPR_KIND_COPY_WHERE);
	where = coerce_to_boolean(pstate, where, "WHERE");
	assign_expr_collations(pstate, where);
	CheckWhereColumns(rel, where);
	where = eval_const_expressions(NULL, where);
	where = (Node *) canonicalize_qual((Expr *) where, false);
	return (Node *) make_ands_implicit((Expr *) where);
}

/* Raises PostgreSQL's errors if the user may not COPY FROM into the table. */
static void
CheckTableRights(ParseState *pstate, RangeTblEntry *rte, Relation rel, List *columns)
{
	ListCell *lc;

	rte->requiredPerms = ACL_INSERT;
	foreach (lc, CopyGetAttnums(RelationGetDescr(rel), rel, columns))
		rte->insertedCols =
			bms_add_member(rte->insertedCols, lfirst_int(lc) - FirstLowInvalidHeapAttributeNumber);
	ExecCheckRTPerms(pstate->p_rtable, true);
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("COPY FROM not supported with row-level security"),
						errhint("Use INSERT statements instead.")));
	if (XactReadOnly)
		PreventCommandIfReadOnly("COPY FROM");
}

static void
CheckOptions(ParseState *pstate, const CopyStmt *stmt)
{
	CopyFormatOptions opts = {0};

	ProcessCopyOptions(pstate, &opts, true, stmt->options);
	if (opts.freeze)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot perform COPY FREEZE on a distributed table")));
}

static uint64
CopyFromToTable(ParseState *pstate, CopyStmt *stmt, Relation rel)
{
	ParseNamespaceItem *nsitem;
	Node               *where;

	CheckFileRights(stmt);
	nsitem = addRangeTableEntryForRelation(pstate, rel, RowExclusiveLock, NULL, false, false);
	where = TransformWhere(pstate, nsitem, rel, stmt->whereClause);
	CheckTableRights(pstate, nsitem->p_rte, rel, stmt->attlist);
	CheckOptions(pstate, stmt);
	return CopyFromUser(pstate, stmt, rel, where, LookupDistTable(RelationGetRelid(rel)));
}

/* CopyFrom, whose failure the sender gets to know at once. */
/* A COPY for another node. */
typedef struct NodeCopy
{
	CopyFromState cstate;
	Relation      data;
	int           trigger_depth;
	bool          quiet;
	uint64        rows;
} NodeCopy;

static void
RunCopy(void *arg)
{
	NodeCopy *copy = arg;
	int       quiet = copy->quiet ? EnterQuiet() : 0;

	AdoptSentTimes();
	BeginRowSession();
	copy->rows = CopyFrom(copy->cstate);
	CheckRowSession();
	EndQuiet(quiet);
}

static void
RunCopyInTriggers(void *arg)
{
	RunInTriggers(((NodeCopy *) arg)->trigger_depth, RunCopy, arg);
}

static uint64
CopyFromNode(NodeCopy *copy)
{
	PG_TRY();
	{
		HoldTriggers(MustHoldTriggers(), NULL, RunCopyInTriggers, copy);
	}
	PG_CATCH();
	{
		TellCopyFailed();
		PG_RE_THROW();
	}
	PG_END_TRY();
	TellOfHeldTriggers();
	NoteChangedTree(copy->data);
	TellOfDeferredTriggers();
	return copy->rows;
}

/*
 * Takes a stream of rows from another node into a data table. What the user may
 * do was checked there, and the line numbers in errors are its business too.
 */
static uint64
CopyIntoData(ParseState *pstate, CopyStmt *stmt, Relation data)
{
	DistTable   *table = LookupDistTableByData(RelationGetRelid(data));
	const Claim *claim = CurrentClaim(pstate->p_sourcetext);
	NodeCopy  copy = {.data = data, .trigger_depth = claim->trigger_depth, .quiet = claim->quiet};
	SavedRole role;
	uint64    rows;

	CheckPlacementClaim(claim, table);
	if (table->method == DIST_REFERENCE)
		LockLocalCopy(table);
	BecomeClaimedRole(pstate->p_sourcetext, &role);
	(void) addRangeTableEntryForRelation(pstate, data, RowExclusiveLock, NULL, false, false);
	copy.cstate =
		BeginCopyFrom(pstate, data, NULL, NULL, false, NULL, stmt->attlist, stmt->options);
	rows = CopyFromNode(&copy);
	EndCopyFrom(copy.cstate);
	RestoreRole(&role);
	return rows;
}

static ResTarget *
ColumnTarget(const char *name)
{
	ColumnRef *column = makeNode(ColumnRef);
	ResTarget *target = makeNode(ResTarget);

	column->fields = list_make1(makeString(pstrdup(name)));
	column->location = -1;
	target->val = (Node *) column;
	target->location = -1;
	return target;
}

/* COPY table TO as COPY (SELECT columns FROM table) TO. */
static uint64
CopyTableTo(ParseState *pstate, CopyStmt *stmt, Relation rel, PlannedStmt *pstmt)
{
	CopyStmt   *copy = copyObject(stmt);
	SelectStmt *select = makeNode(SelectStmt);
	RangeVar   *from;
	uint64      rows;
	ListCell   *lc;

	foreach (lc, CopyGetAttnums(RelationGetDescr(rel), rel, stmt->attlist))
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), lfirst_int(lc) - 1);

		select->targetList = lappend(select->targetList, ColumnTarget(NameStr(att->attname)));
	}
	from = makeRangeVar(get_namespace_name(RelationGetNamespace(rel)),
						pstrdup(RelationGetRelationName(rel)), -1);
	from->inh = rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE; /* not what inherits from it */
	select->fromClause = list_make1(from);
	copy->query = (Node *) select;
	copy->relation = NULL;
	copy->attlist = NIL;
	DoCopy(pstate, copy, pstmt->stmt_location, pstmt->stmt_len, &rows);
	return rows;
}

typedef enum CopyKind
{
	COPY_ORDINARY,
	COPY_FROM_USER, /* into a logical table */
	COPY_TO_USER,   /* from a logical table */
	COPY_FROM_NODE  /* into a data table, for another node */
} CopyKind;

/* A partitioned table is left to PostgreSQL's own error. */
static CopyKind
KindOfCopy(const CopyStmt *stmt, Oid relid, const char *source_text)
{
	if (!OidIsValid(relid))
		return COPY_ORDINARY;
	if (LookupDistTable(relid) != NULL)
	{
		if (stmt->is_from)
			return COPY_FROM_USER;
		return get_rel_relkind(relid) == RELKIND_RELATION ? COPY_TO_USER : COPY_ORDINARY;
	}
	if (stmt->is_from && CurrentClaim(source_text) != NULL && LookupDistTableByData(relid) != NULL)
		return COPY_FROM_NODE;
	if (relid >= FirstNormalObjectId)
		CheckUnclaimedRelation(relid);
	return COPY_ORDINARY;
}

bool
DistributedCopy(PlannedStmt *pstmt, const char *source_text, QueryEnvironment *environment,
				QueryCompletion *completion)
{
	CopyStmt   *stmt = castNode(CopyStmt, pstmt->utilityStmt);
	LOCKMODE    lockmode = stmt->is_from ? RowExclusiveLock : AccessShareLock;
	ParseState *pstate;
	Relation    rel;
	CopyKind    kind;
	uint64      rows = 0;

	if (stmt->relation == NULL || !HaveDistTables() ||
		KindOfCopy(stmt, RangeVarGetRelid(stmt->relation, NoLock, true), source_text) ==
			COPY_ORDINARY)
		return false;

	rel = table_openrv(stmt->relation, lockmode);
	pstate = make_parsestate(NULL);
	pstate->p_sourcetext = source_text;
	pstate->p_queryEnv = environment;
	kind = KindOfCopy(stmt, RelationGetRelid(rel), source_text);
	if (kind == COPY_FROM_USER)
		rows = CopyFromToTable(pstate, stmt, rel);
	else if (kind == COPY_TO_USER)
		rows = CopyTableTo(pstate, stmt, rel, pstmt);
	else if (kind == COPY_FROM_NODE)
		rows = CopyIntoData(pstate, stmt, rel);
	table_close(rel, NoLock);
	free_parsestate(pstate);
	if (kind == COPY_ORDINARY)
		return false;
	if (completion != NULL)
		SetQueryCompletion(completion, CMDTAG_COPY, rows);
	return true;
}

static ProcessUtility_hook_type prev_ProcessUtility = NULL;

static void
CopyProcessUtility(PlannedStmt *pstmt, const char *source_text, bool read_only_tree,
				   ProcessUtilityContext context, ParamListInfo params,
				   QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	if (IsA(pstmt->utilityStmt, CopyStmt) &&
		DistributedCopy(pstmt, source_text, environment, completion))
		return;
	if (prev_ProcessUtility)
		prev_ProcessUtility(pstmt, source_text, read_only_tree, context, params, environment, dest,
							completion);
	else
		standard_ProcessUtility(pstmt, source_text, read_only_tree, context, params, environment,
								dest, completion);
}

void
InitCopy(void)
{
	prev_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = CopyProcessUtility;
}
