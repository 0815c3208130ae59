/*-------------------------------------------------------------------------
 *
 * utility.c
 *	  Utility commands on distributed tables, and on what those need.
 *
 * A statement that concerns no distributed table goes straight through. Any
 * other is, in one distributed transaction,
 *
 *	  run as the user wrote it, on the logical table, which keeps everything
 *		that describes the table to its users;
 *	  run on the data table, as a changed copy; PostgreSQL itself takes it on
 *		to the shards, and what it does not is done for each;
 *	  sent as text to every other node, whose hook does the first two there.
 *
 * A handler in the table below does this for one kind of statement. What it
 * finds it cannot do everywhere is refused, never done on one node only; for
 * what a statement drops or changes without naming it (CASCADE), the object
 * access hook watches.
 *
 * Before all that, it locks the table on all nodes; see lock.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "ddl/ddl.h"
#include "executor/row_session.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "placement/data_table.h"
#include "planner/claim.h"
#include "planner/on_behalf.h"
#include "storage/proc.h"
#include "transaction/start_time.h"
#include "transport/connection.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

static ProcessUtility_hook_type PreviousUtility = NULL;
static object_access_hook_type  PreviousObjectAccess = NULL;

/* The statement that a handler is running, if any. */
static Utility *Running = NULL;
/* Is it being run as written? Then what it creates and drops is recorded. */
static bool Recording = false;

/* Returns the handler for this kind of statement, or NULL if it can never concern us. */
static UtilityHandler
HandlerFor(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_AlterTableStmt:
			return AlterTableUtility;
		case T_RenameStmt:
			return RenameUtility;
		case T_AlterObjectSchemaStmt:
			return SetSchemaUtility;
		case T_IndexStmt:
			return CreateIndexUtility;
		case T_ReindexStmt:
			return ReindexUtility;
		case T_DropStmt:
			return DropUtility;
		case T_DropOwnedStmt:
			return DropOwnedUtility;
		case T_TruncateStmt:
			return TruncateUtility;
		case T_VacuumStmt:
			return VacuumUtility;
		case T_ClusterStmt:
			return ClusterUtility;
		case T_LockStmt:
			return LockUtility;
		case T_ConstraintsSetStmt:
			return SetConstraintsUtility;
		case T_CreateTrigStmt:
			return CreateTriggerUtility;
		case T_CreatePolicyStmt:
			return CreatePolicyUtility;
		case T_AlterPolicyStmt:
			return AlterPolicyUtility;
		case T_RuleStmt:
			return CreateRuleUtility;
		case T_CreateStatsStmt:
			return CreateStatisticsUtility;
		case T_AlterStatsStmt:
			return AlterStatisticsUtility;
		case T_GrantStmt:
			return GrantUtility;
		case T_CommentStmt:
			return CommentUtility;
		case T_SecLabelStmt:
			return SecurityLabelUtility;
		case T_CreateStmt:
		case T_CreateForeignTableStmt:
			return CreateTableUtility;
		case T_ViewStmt:
			return CreateViewUtility;
		case T_AlterSeqStmt:
			return SequenceUtility;
		case T_CreatePublicationStmt:
		case T_AlterPublicationStmt:
			return PublicationUtility;
		case T_CreateSchemaStmt:
		case T_DefineStmt:
		case T_CompositeTypeStmt:
		case T_CreateEnumStmt:
		case T_CreateRangeStmt:
		case T_CreateDomainStmt:
		case T_CreateFunctionStmt:
		case T_CreateCastStmt:
		case T_CreateOpClassStmt:
		case T_CreateOpFamilyStmt:
		case T_CreateExtensionStmt:
		case T_CreateRoleStmt:
		case T_CreateConversionStmt:
		case T_CreateTransformStmt:
		case T_CreatePLangStmt:
			return CreateObjectUtility;
		case T_AlterEnumStmt:
		case T_AlterTypeStmt:
		case T_AlterDomainStmt:
		case T_AlterFunctionStmt:
		case T_AlterOpFamilyStmt:
		case T_AlterOperatorStmt:
		case T_AlterCollationStmt:
		case T_AlterTSDictionaryStmt:
		case T_AlterTSConfigurationStmt:
		case T_AlterExtensionStmt:
		case T_AlterExtensionContentsStmt:
		case T_AlterObjectDependsStmt:
		case T_AlterOwnerStmt:
		case T_AlterRoleStmt:
		case T_AlterRoleSetStmt:
		case T_DropRoleStmt:
		case T_GrantRoleStmt:
		case T_AlterDefaultPrivilegesStmt:
		case T_ReassignOwnedStmt:
			return ChangeObjectUtility;
		default:
			return NULL;
	}
}

static void
CallNext(PlannedStmt *pstmt, const char *query_string, bool read_only_tree,
		 ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *query_env,
		 DestReceiver *dest, QueryCompletion *qc)
{
	if (PreviousUtility)
		PreviousUtility(pstmt, query_string, read_only_tree, context, params, query_env, dest, qc);
	else
		standard_ProcessUtility(pstmt, query_string, read_only_tree, context, params, query_env,
								dest, qc);
}

/* RunAsWritten runs the statement on what it names, and records in it what that created and dropped. */
void
RunAsWritten(Utility *utility)
{
	Recording = true;
	CallNext(utility->pstmt, utility->query_string, false, utility->context, utility->params,
			 utility->query_env, utility->dest, utility->qc);
	Recording = false;
}

/* What goes down with an object of one node, on that node only, must not be a distributed table. */
static void
RefuseDrop(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot drop distributed table \"%s\" along with an object of this node only",
					name),
			 errhint("Drop the table first.")));
}

/* RunLocally is RunAsWritten for a statement that stays on this node. */
void
RunLocally(Utility *utility)
{
	RunAsWritten(utility);
	if (utility->dropped != NIL && HaveOtherNodes() && !utility->forwarded)
		RefuseDrop(((DroppedTable *) linitial(utility->dropped))->name);
	FinishDrops(utility);
	if (utility->dropped != NIL)
		ForwardDrops(utility);
}

/* These tell, with VERBOSE, what they do to each relation. */
static bool
IsMaintenance(Node *stmt)
{
	return IsA(stmt, VacuumStmt) || IsA(stmt, ReindexStmt) || IsA(stmt, ClusterStmt);
}

static void
Handle(UtilityHandler handler, Utility *utility)
{
	Utility *outer = Running;
	bool     outer_recording = Recording;
	bool     outer_info = NodesInInfo;

	Running = utility;
	Recording = false;
	NodesInInfo = IsMaintenance(utility->pstmt->utilityStmt);
	PG_TRY();
	{
		handler(utility, utility->pstmt->utilityStmt);
	}
	PG_FINALLY();
	{
		Running = outer;
		Recording = outer_recording;
		NodesInInfo = outer_info;
	}
	PG_END_TRY();
}

/*
 * Handles a statement that another node sent on. That the bodies of functions
 * are right was checked there, and here they may name what isn't here. The user
 * has got the notices there, too.
 */
static void
HandleForwarded(UtilityHandler handler, Utility *utility)
{
	int                guc_level = NewGUCNestLevel();
	LocalTransactionId lxid = MyProc->lxid;

	utility->forwarded = true;
	(void) set_config_option("check_function_bodies", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	BeQuiet();
	Handle(handler, utility);

	/* Some commands end the transaction that they began in, and our setting with it. */
	if (MyProc->lxid == lxid)
		AtEOXact_GUC(true, guc_level);
}

/* Statements of distshard itself build the tables, or bring a node what it lacks: nothing to add. */
static bool
IsOurOwnWork(const Claim *claim)
{
	if (claim != NULL)
		return !claim->forwarded_ddl;
	return InLocalFragment() || ActsOnBehalf() || (InsideFragment() && superuser());
}

/* ADD COLUMN calls functions of generation expressions and domains; for identity it needs rights on the schema instead. */
static bool
AddsColumnAsOwner(AlterTableStmt *stmt)
{
	AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);
	ListCell      *lc;

	if (cmd->subtype != AT_AddColumn)
		return false;
	foreach (lc, castNode(ColumnDef, cmd->def)->constraints)
	{
		if (lfirst_node(Constraint, lc)->contype == CONSTR_IDENTITY)
			return false;
	}
	return true;
}

/*
 * Runs a command that another node sent to build a table here. It was printed under
 * pg_catalog; where it defines an index, PostgreSQL goes on to call functions.
 */
static void
RunOwnWork(PlannedStmt *pstmt, const char *query_string, ProcessUtilityContext context,
		   ParamListInfo params, QueryEnvironment *query_env, DestReceiver *dest,
		   QueryCompletion *qc)
{
	int             guc_level = NewGUCNestLevel();
	AlterTableStmt *alter = NULL;
	SavedRole       role;

	ActOnBehalf(&role);
	pstmt = copyObject(pstmt);
	if (IsA(pstmt->utilityStmt, AlterTableStmt))
	{
		alter = castNode(AlterTableStmt, pstmt->utilityStmt);
		SkipChecks(alter);
	}
	if (alter != NULL || IsA(pstmt->utilityStmt, IndexStmt))
		UseKeptSearchPath();
	if (alter != NULL && AddsColumnAsOwner(alter))
		AlterDataTable(RangeVarGetRelid(alter->relation, AccessExclusiveLock, false),
					   linitial_node(AlterTableCmd, alter->cmds));
	else
		CallNext(pstmt, query_string, false, context, params, query_env, dest, qc);
	RestoreRole(&role);
	AtEOXact_GUC(true, guc_level);
}

static void
DistshardUtility(PlannedStmt *pstmt, const char *query_string, bool read_only_tree,
				 ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *query_env,
				 DestReceiver *dest, QueryCompletion *qc)
{
	UtilityHandler handler = HandlerFor(pstmt->utilityStmt);
	Utility        utility = {pstmt,     query_string, context, params,
							  query_env, dest,         qc,      CurrentMemoryContext};
	const Claim   *claim;
	const char    *text;
	SavedRole      role;

	/* Parts of a statement that is being handled, and extension scripts, are not statements of the user. */
	if (handler == NULL || creating_extension ||
		(Running != NULL && context == PROCESS_UTILITY_SUBCOMMAND) || !DistshardInstalled())
		handler = NULL;

	text = EnterUtility(query_string, context);
	claim = CurrentClaim(query_string);
	if (handler == NULL || IsOurOwnWork(claim))
	{
		BecomeClaimedRole(query_string, &role);
		if (handler != NULL && InsideFragment() && superuser())
			RunOwnWork(pstmt, query_string, context, params, query_env, dest, qc);
		else
			CallNext(pstmt, query_string, read_only_tree, context, params, query_env, dest, qc);
		RestoreRole(&role);
		LeaveUtility(text);
		return;
	}

	if (read_only_tree)
		utility.pstmt = copyObject(pstmt);
	if (claim == NULL)
		Handle(handler, &utility);
	else
	{
		AdoptStartTimes(claim->transaction_start, claim->statement_start);
		BecomeClaimedRole(query_string, &role);
		HandleForwarded(handler, &utility);
		RestoreRole(&role);
	}
	LeaveUtility(text);
}

/*
 * A data table goes down with the type of its key, and would take the extension
 * with it that it belongs to: everything. The extension itself is the last to
 * go, so this looks at its table of tables.
 */
static void
RefuseToDropCatalog(Oid relid)
{
	if (HaveDistTables() && relid == get_relname_relid("distributed_table", MetadataSchema()))
		ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						errmsg("cannot drop what the shard key of a distributed table depends on"),
						errhint("Drop that table first.")));
}

/*
 * Records what the running statement creates and which distributed tables it
 * drops. One that goes down with something else, in a statement that is not
 * sent to the other nodes, must not.
 */
static void
WatchObjects(ObjectAccessType access, Oid classid, Oid objid, int subid, void *arg)
{
	if (PreviousObjectAccess)
		PreviousObjectAccess(access, classid, objid, subid, arg);

	if (access == OAT_FUNCTION_EXECUTE)
		CheckRowFunction(objid);
	else if (access == OAT_POST_CREATE && Recording && subid == 0)
	{
		MemoryContext  caller = MemoryContextSwitchTo(Running->memory);
		ObjectAddress *object = palloc(sizeof(ObjectAddress));

		ObjectAddressSet(*object, classid, objid);
		Running->created = lappend(Running->created, object);
		MemoryContextSwitchTo(caller);
	}
	else if (access == OAT_DROP && classid == RelationRelationId && subid == 0)
	{
		RefuseToDropCatalog(objid);
		if (LookupDistTable(objid) == NULL)
			return;
		if (!Recording)
			RefuseDrop(get_rel_name(objid));
		RememberDrop(Running, objid);
	}
}

void
InitDdl(void)
{
	PreviousUtility = ProcessUtility_hook;
	ProcessUtility_hook = DistshardUtility;
	PreviousObjectAccess = object_access_hook;
	object_access_hook = WatchObjects;
	InitSharedObjects();
}
