/*-------------------------------------------------------------------------
 *
 * catalog_names.c
 *	  Names in fragments that have no schema are names in pg_catalog.
 *
 * A fragment is printed with pg_catalog as the whole search path (print.c), but
 * PostgreSQL analyzes it with the session's, which the functions that it calls
 * need. With that a function or operator of a user's may fit better than
 * PostgreSQL's own of the same name, or come before it. So a fragment that turns
 * out to use any of users is analyzed once more with the path that it was printed
 * with; most use none. What the text cannot name at all, as the operator of IS
 * DISTINCT FROM, has to be one of PostgreSQL's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "compat.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "planner/catalog_names.h"

static bool
is_of_user(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

/* An operator of a user's may have a function of PostgreSQL's. */
static bool
is_operator_of_user(Node *node)
{
	ListCell *lc;

	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			return ((OpExpr *) node)->opno >= FirstNormalObjectId;
		case T_ScalarArrayOpExpr:
			return ((ScalarArrayOpExpr *) node)->opno >= FirstNormalObjectId;
		case T_RowCompareExpr:
			foreach (lc, ((RowCompareExpr *) node)->opnos)
			{
				if (lfirst_oid(lc) >= FirstNormalObjectId)
					return true;
			}
			return false;
		default:
			return false;
	}
}

static bool
uses_any_of_users(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, uses_any_of_users, context, 0);
	return is_operator_of_user(node) || check_functions_in_node(node, is_of_user, context) ||
		   expression_tree_walker(node, uses_any_of_users, context);
}

/*
 * The operator of most of these has the name "=", whatever schema that is in. Of those that compare rows only the first
 * one has a schema.
 */
bool
ImpliesOperatorOfUser(Node *node)
{
	ListCell *lc;

	switch (nodeTag(node))
	{
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_RowCompareExpr:
			return is_operator_of_user(node);
		case T_SubLink:
			return is_andclause(((SubLink *) node)->testexpr) &&
				   uses_any_of_users(((SubLink *) node)->testexpr, NULL);
		case T_CaseExpr:
			if (((CaseExpr *) node)->arg == NULL)
				return false;
			foreach (lc, ((CaseExpr *) node)->args)
			{
				if (is_operator_of_user((Node *) lfirst_node(CaseWhen, lc)->expr))
					return true;
			}
			return false;
		case T_JoinExpr:
			return ((JoinExpr *) node)->usingClause != NIL &&
				   uses_any_of_users(((JoinExpr *) node)->quals, NULL);
		default:
			return false;
	}
}

/* A part of another command, as the query of a view, was not printed as a fragment. */
static RawStmt *
parse_fragment(const char *text)
{
	List    *parsed = raw_parser(text, RAW_PARSE_DEFAULT);
	RawStmt *statement = linitial_node(RawStmt, parsed);

	switch (nodeTag(statement->stmt))
	{
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return list_length(parsed) == 1 ? statement : NULL;
		default:
			return NULL;
	}
}

void
TakeNamesFromCatalog(ParseState *pstate, Query *query)
{
	ParseState *again;
	RawStmt    *statement;
	Query      *result;
	uint64      id = query->queryId;
	int         path;

	if (!uses_any_of_users((Node *) query, NULL))
		return;
	statement = parse_fragment(pstate->p_sourcetext);
	if (statement == NULL)
		return;
	again = make_parsestate(NULL);
	again->p_sourcetext = pstate->p_sourcetext;
	again->p_queryEnv = pstate->p_queryEnv;
	again->p_paramref_hook = pstate->p_paramref_hook;
	again->p_coerce_param_hook = pstate->p_coerce_param_hook;
	again->p_ref_hook_state = pstate->p_ref_hook_state;
	path = PushCatalogSearchPath();
	result = transformTopLevelStmt(again, statement);
	PopCatalogSearchPath(path);
	free_parsestate(again);
	*query = *result;
	query->queryId = id;
}
