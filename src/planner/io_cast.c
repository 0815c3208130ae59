/*-------------------------------------------------------------------------
 *
 * io_cast.c
 *	  Casts by way of a value's text, which every type has.
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
