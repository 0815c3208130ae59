/*-------------------------------------------------------------------------
 *
 * named_types.c
 *	  What the plan of a statement depends on because fragments name it.
 *
 * PostgreSQL's plans have OIDs; the text of a fragment has names. PostgreSQL
 * invalidates plans when a relation, function, operator or schema changes its
 * name, but not for a type, so plans say that they depend on the types that
 * users have made. For collations there is no such note; all plans are made
 * anew, as PostgreSQL does for operators.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planmain.h"
#include "planner/named_types.h"
#include "planner/print_steps.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

static bool
has_type(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Const:
		case T_Param:
			return true;
		default:
			return IsExpression(node);
	}
}

static bool
find_types(Node *node, List **types)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_types, types, 0);
	if (has_type(node))
	{
		Oid type = exprType(node);

		if (type >= FirstNormalObjectId)
			*types = list_append_unique_oid(*types, type);
	}
	return expression_tree_walker(node, find_types, types);
}

List *
NamedTypes(Query *query)
{
	PlannerInfo root = {.glob = makeNode(PlannerGlobal)};
	List       *types = NIL;
	ListCell   *lc;

	(void) find_types((Node *) query, &types);
	foreach (lc, types)
	{
		Oid element = get_element_type(lfirst_oid(lc));

		record_plan_type_dependency(&root, lfirst_oid(lc));
		if (OidIsValid(element))
			record_plan_type_dependency(&root, element);
	}
	return root.glob->invalItems;
}

static void
collation_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	ResetPlanCache();
}

void
InitNamedTypes(void)
{
	CacheRegisterSyscacheCallback(COLLOID, collation_changed, (Datum) 0);
}
