/*-------------------------------------------------------------------------
 *
 * oid_types.c
 *	  Types whose values name objects, which have other OIDs on other nodes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/oid_types.h"
#include "catalog/pg_type.h"

bool
IsOidAlias(Oid type)
{
	switch (type)
	{
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGTYPEOID:
		case REGROLEOID:
		case REGNAMESPACEOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
		case REGCOLLATIONOID:
			return true;
		default:
			return false;
	}
}
