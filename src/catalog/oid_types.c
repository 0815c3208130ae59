/*-------------------------------------------------------------------------
 *
 * oid_types.c
 *	  Types that mean something on one node only: those whose values name
 *	  objects, which have other OIDs on other nodes, and those that others lack.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/metadata.h"
#include "catalog/namespace.h"
#include "catalog/oid_types.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

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

bool
HasRefusedBinary(Oid type)
{
	return type == OIDVECTOROID || type == INT2VECTOROID;
}

bool
IsLocalType(Oid type)
{
	Oid          element = type < FirstNormalObjectId ? InvalidOid : get_element_type(type);
	HeapTuple    tuple;
	Form_pg_type form;
	bool         result;

	if (OidIsValid(element))
		type = element;
	if (type < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	result = isAnyTempNamespace(form->typnamespace);
	if (OidIsValid(form->typrelid) && !result)
	{
		char relkind = get_rel_relkind(form->typrelid);

		/* composite types and views are as those of other nodes */
		result = relkind != RELKIND_COMPOSITE_TYPE && relkind != RELKIND_VIEW &&
				 LookupDistTable(form->typrelid) == NULL;
	}
	ReleaseSysCache(tuple);
	return result;
}
