/*-------------------------------------------------------------------------
 *
 * io_cast.c
 *	  Casts by way of a value's text, which every type has, and COLLATE.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "planner/io_cast.h"

Expr *
CastByIO(Expr *expr, Oid type, Oid collation)
{
	CoerceViaIO *cast = makeNode(CoerceViaIO);

	cast->arg = expr;
	cast->resulttype = type;
	cast->resultcollid = collation;
	cast->coerceformat = COERCE_EXPLICIT_CAST;
	cast->location = -1;
	return (Expr *) cast;
}

Expr *
AsText(Expr *expr)
{
	return CastByIO(expr, TEXTOID, DEFAULT_COLLATION_OID);
}

Expr *
WithCollation(Expr *expr, Oid collation)
{
	CollateExpr *result = makeNode(CollateExpr);

	result->arg = expr;
	result->collOid = collation;
	result->location = -1;
	return (Expr *) result;
}
