/*-------------------------------------------------------------------------
 *
 * constants.c
 *	  A statement without its constants, as PREPARE would have it.
 *
 * The constants that a fragment sends as parameters anyway (substitute.c) become
 * parameters of the statement itself, each its own. A plan for it is right for
 * any constants, as a generic plan is. Others stay, as part of the statement:
 * NULL and boolean constants in conditions, by which PostgreSQL plans, and what
 * belongs to the syntax, as type modifiers do.
 *
 * Not for statements where it would matter whether two constants are equal, as in
 * GROUP BY x + 1, nor where their number varies from one call to the next, as
 * in a list.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/metadata.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "nodes/nodeFuncs.h"
#include "planner/constants.h"
#include "planner/dist_plan.h"
#include "planner/print_steps.h"

StaticAssertDecl(sizeof(Const) >= sizeof(Param), "a parameter fits in the place of a constant");

/* Parameters that stand for constants are numbered from here; they are gone when the plan is executed. */
#define CONSTANT_BASE (2 * OWN_PARAM_BASE)

typedef struct TakeContext
{
	Constants *constants;
	bool       assigned; /* in what is assigned to columns, where no condition is */
} TakeContext;

static void
hash_in(TakeContext *context, uint64 value)
{
	context->constants->hash = hash_combine64(context->constants->hash, value);
}

/* Returns true if the statement cannot do without the constant. */
static bool
take_constant(Const *place, TakeContext *context)
{
	Const *value;
	Param *param = (Param *) place;

	hash_in(context, place->consttype);
	if (!IsValueType(place->consttype))
		return !place->constisnull;
	if (!context->assigned && (place->constisnull || place->consttype == BOOLOID))
		return false;
	if (place->constisnull && TravelsAsText(place->consttype))
		return false;

	value = palloc(sizeof(Const));
	memcpy(value, place, sizeof(Const));
	memset(place, 0, sizeof(Const));
	NodeSetTag(param, T_Param);
	param->paramkind = PARAM_EXTERN;
	param->paramid = CONSTANT_BASE + list_length(context->constants->values);
	param->paramtype = value->consttype;
	param->paramtypmod = value->consttypmod;
	param->paramcollid = value->constcollid;
	param->location = -1;
	context->constants->values = lappend(context->constants->values, value);
	context->constants->places = lappend(context->constants->places, place);
	return false;
}

/* Returns true for what is not in a simple statement. Its steps are those of substitute.c. */
static bool
take_walker(Node *node, TakeContext *context)
{
	ListCell   *lc;
	FuncExpr   *func;
	const char *name;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_List:
			break;
		case T_Const:
			return take_constant((Const *) node, context);
		case T_Var:
			hash_in(context, ((uint64) ((Var *) node)->varno << 32) + ((Var *) node)->varattno);
			return false;
		case T_Param:
			hash_in(context, ((Param *) node)->paramid);
			return ((Param *) node)->paramkind != PARAM_EXTERN;
		case T_FuncExpr:
			func = (FuncExpr *) node;
			hash_in(context, func->funcid);
			if (func->funcformat == COERCE_EXPLICIT_CALL)
				break;
			if (func->funcformat != COERCE_SQL_SYNTAX)
				return take_walker(linitial(func->args), context);
			foreach (lc, func->args)
			{
				if (lfirst(lc) && !IsA(lfirst(lc), Const) && take_walker(lfirst(lc), context))
					return true;
			}
			return false;
		case T_OpExpr:
			hash_in(context, ((OpExpr *) node)->opno);
			break;
		case T_TargetEntry:
			name = ((TargetEntry *) node)->resname;
			if (name)
				hash_in(context, hash_bytes((const unsigned char *) name, strlen(name)));
			break;
		case T_Query:
		case T_SubLink:
		case T_ArrayExpr:
		case T_SubscriptingRef:
		case T_FieldStore:
		case T_XmlExpr:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_CurrentOfExpr:
			return true;
		default:
			hash_in(context, nodeTag(node));
			break;
	}
	return expression_tree_walker(node, take_walker, context);
}

/* Only distributed tables, joined or not, of which one at least has shards elsewhere. */
static bool
take_from_tables(List *rtable, TakeContext *context)
{
	bool      found = false;
	ListCell *lc;

	foreach (lc, rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		DistTable     *table;

		if (rte->rtekind == RTE_JOIN)
			continue;
		if (rte->rtekind != RTE_RELATION || rte->securityQuals || rte->tablesample)
			return false;
		table = LookupDistTable(rte->relid);
		if (table == NULL || table->is_parent)
			return false;
		hash_in(context, rte->relid);
		found |= table->method != DIST_REFERENCE && !table->all_here;
	}
	return found;
}

/* The arbiter must be found by name: a condition or an expression would have to match an index. */
static bool
take_from_conflict(OnConflictExpr *conflict, TakeContext *context)
{
	ListCell *lc;

	if (conflict == NULL)
		return true;
	foreach (lc, conflict->arbiterElems)
	{
		if (!IsA(lfirst_node(InferenceElem, lc)->expr, Var))
			return false;
	}
	return conflict->arbiterWhere == NULL &&
		   !take_walker((Node *) conflict->onConflictSet, context) &&
		   !take_walker(conflict->onConflictWhere, context);
}

static bool
is_simple(const Query *query)
{
	switch (query->commandType)
	{
		case CMD_SELECT:
		case CMD_INSERT:
		case CMD_UPDATE:
		case CMD_DELETE:
			break;
		default:
			return false;
	}
	return query->querySource == QSRC_ORIGINAL && !query->hasSubLinks && !query->hasWindowFuncs &&
		   !query->hasTargetSRFs && !query->hasRowSecurity && query->cteList == NIL &&
		   query->groupClause == NIL && query->groupingSets == NIL &&
		   query->distinctClause == NIL && query->setOperations == NULL &&
		   query->withCheckOptions == NIL;
}

bool
TakeConstants(Query *query, Constants *constants)
{
	TakeContext context = {.assigned = query->commandType != CMD_SELECT};
	bool        taken;

	if (!is_simple(query))
		return false;
	*constants = (Constants){.hash = query->commandType};
	context.constants = constants;
	taken = take_from_tables(query->rtable, &context) &&
			!take_walker((Node *) query->targetList, &context);
	context.assigned = false;
	taken = taken && !take_walker((Node *) query->jointree, &context) &&
			!take_walker((Node *) query->returningList, &context) &&
			take_from_conflict(query->onConflict, &context) &&
			!take_walker(query->havingQual, &context) &&
			!take_walker(query->limitCount, &context) && !take_walker(query->limitOffset, &context);
	if (!taken)
		RestoreConstants(constants);
	constants->hash =
		hash_bytes_extended((const unsigned char *) &constants->hash, sizeof(uint64), 0);
	return taken;
}

void
RestoreConstants(const Constants *constants)
{
	ListCell *place;
	ListCell *value;

	forboth (place, constants->places, value, constants->values)
		memcpy(lfirst(place), lfirst(value), sizeof(Const));
}

static Node *
fill_in(Node *node, const Constants *constants)
{
	Param *param = (Param *) node;

	if (node == NULL)
		return NULL;
	if (IsA(node, Param) && param->paramkind == PARAM_EXTERN && param->paramid >= CONSTANT_BASE)
		return list_nth(constants->values, param->paramid - CONSTANT_BASE);
	return expression_tree_mutator(node, fill_in, (void *) constants);
}

List *
FillInConstants(List *exprs, const Constants *constants)
{
	return (List *) fill_in((Node *) exprs, constants);
}
