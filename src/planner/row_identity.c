/*-------------------------------------------------------------------------
 *
 * row_identity.c
 *	  What tells a row from all others, also for a node that gets it as values.
 *
 * A row of a shard is identified by its ctid, as long as it is locked, and by
 * its key, which says in which shard; in a table that the user partitioned, also
 * by its partition. The copies of a row of a reference table
 * have different ctids: they are identified by the primary key, else by all
 * that they are. Rows that are equal in all are changed alike on every node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "planner/io_cast.h"
#include "planner/row_identity.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

static Var *
column(Oid relid, Index target, AttrNumber attno)
{
	Oid   type;
	int32 typmod;
	Oid   collation;

	get_atttypetypmodcoll(relid, attno, &type, &typmod, &collation);
	return makeVar(target, attno, type, typmod, collation, 0);
}

/* NIL: the table has none. */
static List *
primary_key(DistTable *table, Index target)
{
	Relation   rel = table_open(table->relid, NoLock);
	List      *result = NIL;
	Bitmapset *columns = RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_PRIMARY_KEY);
	int        i = -1;

	while ((i = bms_next_member(columns, i)) >= 0)
		result =
			lappend(result, column(table->relid, target, i + FirstLowInvalidHeapAttributeNumber));
	table_close(rel, NoLock);
	return result;
}

List *
RowAsIdentity(DistTable *table, Index target)
{
	Var *row = makeVar(target, 0, get_rel_type_id(table->relid), -1, InvalidOid, 0);

	return list_make1(AsText((Expr *) row));
}

List *
RowIdentity(DistTable *table, Index target)
{
	List *result;

	if (table->method == DIST_REFERENCE)
	{
		result = primary_key(table, target);
		return result ? result : RowAsIdentity(table, target);
	}
	result = list_make1(makeVar(target, SelfItemPointerAttributeNumber, TIDOID, -1, InvalidOid, 0));
	if (table->is_parent)
		result =
			lappend(result, makeVar(target, TableOidAttributeNumber, OIDOID, -1, InvalidOid, 0));
	if (table->method == DIST_HASH)
		result = lappend(result, column(table->relid, target, table->key_attno));
	return result;
}

/* A value as operators with that argument take it. */
static Expr *
relabel(Expr *value, Oid type)
{
	if (IsPolymorphicType(type) || exprType((Node *) value) == type)
		return value;
	return (Expr *) makeRelabelType(value, type, -1, exprCollation((Node *) value),
									COERCE_IMPLICIT_CAST);
}

static Expr *
equality(Oid operator, Expr * left, Expr *right)
{
	Oid left_type;
	Oid right_type;

	op_input_types(operator, & left_type, &right_type);
	return make_opclause(operator, BOOLOID, false, relabel(left, left_type),
						 relabel(right, right_type), InvalidOid, exprCollation((Node *) left));
}

static bool
key_may_be_null(DistTable *table)
{
	Relation rel = table_open(table->relid, NoLock);
	bool     result = !TupleDescAttr(RelationGetDescr(rel), table->key_attno - 1)->attnotnull;

	table_close(rel, NoLock);
	return result;
}

/* The row is in the shard of its key. */
static Expr *
same_key(DistTable *table, Expr *key, Expr *value)
{
	DistinctExpr *distinct = makeNode(DistinctExpr);
	Oid           equal = get_opfamily_member(table->hash_opfamily, table->hash_opcintype,
											  table->hash_opcintype, HTEqualStrategyNumber);

	if (!key_may_be_null(table))
		return make_opclause(equal, BOOLOID, false, relabel(key, table->hash_opcintype),
							 relabel(value, table->hash_opcintype), InvalidOid,
							 table->key_collation);
	distinct->opno = equal;
	distinct->opfuncid = get_opcode(distinct->opno);
	distinct->opresulttype = BOOLOID;
	distinct->inputcollid = table->key_collation;
	distinct->args =
		list_make2(relabel(key, table->hash_opcintype), relabel(value, table->hash_opcintype));
	distinct->location = -1;
	return (Expr *) makeBoolExpr(NOT_EXPR, list_make1(distinct), -1);
}

List *
SameRow(DistTable *table, List *identity, List *values)
{
	List     *result = NIL;
	ListCell *lc;
	ListCell *lc2;

	forboth (lc, identity, lc2, values)
	{
		Expr *expr = lfirst(lc);
		Expr *value = lfirst(lc2);

		if (table->method == DIST_HASH && lnext(identity, lc) == NULL)
			result = lappend(result, same_key(table, expr, value));
		else
			result = lappend(result, EqualityOf(expr, value));
	}
	return result;
}

Expr *
EqualityOf(Expr *left, Expr *right)
{
	return equality(lookup_type_cache(exprType((Node *) left), TYPECACHE_EQ_OPR)->eq_opr, left,
					right);
}

Expr *
NotDistinct(Expr *left, Expr *right)
{
	Oid           eq_opr = lookup_type_cache(exprType((Node *) left), TYPECACHE_EQ_OPR)->eq_opr;
	DistinctExpr *distinct = makeNode(DistinctExpr);

	/* what cannot be compared is so as text */
	if (!OidIsValid(eq_opr))
		return NotDistinct(AsText(left), AsText(right));
	memcpy(distinct, equality(eq_opr, left, right), sizeof(DistinctExpr));
	distinct->xpr.type = T_DistinctExpr;
	return (Expr *) makeBoolExpr(NOT_EXPR, list_make1(distinct), -1);
}
