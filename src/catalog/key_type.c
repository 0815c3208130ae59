/*-------------------------------------------------------------------------
 *
 * key_type.c
 *	  How the values of a shard key are hashed.
 *
 * A value must have the same hash on every node. PostgreSQL hashes the values
 * of enums by their OIDs, which nodes assign on their own: distshard has its own
 * operator class for them, which hashes the label. (So labels of an enum that is
 * a shard key can't be renamed.) What holds an enum or an OID deeper inside
 * cannot be a key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_am.h"
#include "catalog/key_type.h"
#include "catalog/oid_types.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(distshard_hash_enum);

/* distshard.hash_enum(anyenum, seed bigint) bigint */
Datum
distshard_hash_enum(PG_FUNCTION_ARGS)
{
	Oid       value = PG_GETARG_OID(0);
	HeapTuple tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	char     *label;
	uint64    hash;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("invalid internal value for enum: %u", value)));
	label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);
	hash = hash_bytes_extended((unsigned char *) label, strlen(label), PG_GETARG_INT64(1));
	ReleaseSysCache(tuple);
	PG_RETURN_INT64(hash);
}

/* KeyOpclass returns the hash operator class by which keys of a type are hashed, or InvalidOid. */
Oid
KeyOpclass(Oid type)
{
	if (type_is_enum(getBaseType(type)))
		return get_opclass_oid(
			HASH_AM_OID, list_make2(makeString("distshard"), makeString("enum_label_ops")), false);
	return GetDefaultOpClass(type, HASH_AM_OID);
}

/*
 * HashedType returns the type that stands for all types whose values are hashed
 * alike, and hence can be distributed alike: the base type of a domain, text
 * for varchar.
 */
Oid
HashedType(Oid type)
{
	Oid input = get_opclass_input_type(KeyOpclass(type));

	return IsPolymorphicType(input) || input == RECORDOID ? getBaseType(type) : input;
}

static bool
RowHoldsOids(Oid type, int32 typmod)
{
	TupleDesc columns = lookup_rowtype_tupdesc(type, typmod);
	bool      found = false;

	for (int i = 0; i < columns->natts && !found; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		found = !column->attisdropped &&
				(type_is_enum(getBaseType(column->atttypid)) || HashedByOids(column->atttypid));
	}
	ReleaseTupleDesc(columns);
	return found;
}

/* HashedByOids: would equal values have different hashes on different nodes? */
bool
HashedByOids(Oid type)
{
	Oid base = getBaseType(type);
	Oid part = InvalidOid;

	check_stack_depth();
	if (IsOidAlias(base) || base == ACLITEMOID)
		return true;
	if (type_is_array(base))
		part = get_element_type(base);
	else if (type_is_range(base))
		part = get_range_subtype(base);
	else if (type_is_multirange(base))
		part = get_multirange_range(base);
	else if (type_is_rowtype(base))
		return RowHoldsOids(base, -1);
	return OidIsValid(part) && (type_is_enum(getBaseType(part)) || HashedByOids(part));
}
