/*-------------------------------------------------------------------------
 *
 * rowcodec.c
 *	  Values to and from the form in which they travel.
 *
 * Rows travel in binary format if all of their columns can: types that come
 * with PostgreSQL and mean the same on each node. Otherwise in text, all of
 * them, since libpq asks for one format only. The object identifiers of users'
 * types, and the objects that a regclass and its like stand for, differ from
 * node to node: text there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/oid_types.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "transport/internal.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* What is known of a type that came with PostgreSQL: it does not change. */
typedef struct BuiltinType
{
	Oid      type; /* hash key */
	bool     binary;
	Oid      io_param;
	FmgrInfo receive;
	FmgrInfo send;
} BuiltinType;

typedef struct ColumnCodec
{
	Oid          type;
	int32        typmod;
	BuiltinType *builtin; /* binary format only */
	FmgrInfo     input;   /* text format only */
	Oid          io_param;
} ColumnCodec;

struct RowCodec
{
	bool        binary;
	int         natts;
	ColumnCodec columns[FLEXIBLE_ARRAY_MEMBER];
};

static HTAB *builtin_types = NULL;

/* Has the type a binary format that reads the same everywhere? Elements of arrays aside. */
static bool
HasPortableBinary(Form_pg_type form)
{
	return OidIsValid(form->typreceive) && OidIsValid(form->typsend) &&
		   (form->typtype == TYPTYPE_BASE || form->typtype == TYPTYPE_RANGE ||
			form->typtype == TYPTYPE_MULTIRANGE) &&
		   !IsOidAlias(form->oid) && !HasRefusedBinary(form->oid);
}

static BuiltinType *
LookupBuiltinType(Oid type)
{
	BuiltinType *entry;
	HeapTuple    tuple;
	Form_pg_type form;

	if (builtin_types == NULL)
	{
		HASHCTL ctl = {.keysize = sizeof(Oid), .entrysize = sizeof(BuiltinType)};

		builtin_types = hash_create("distshard types", 64, &ctl, HASH_ELEM | HASH_BLOBS);
	}
	entry = hash_search(builtin_types, &type, HASH_FIND, NULL);
	if (entry)
		return entry;

	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);

	entry = hash_search(builtin_types, &type, HASH_ENTER, NULL);
	entry->io_param = getTypeIOParam(tuple);
	entry->binary = HasPortableBinary(form);
	if (entry->binary && OidIsValid(form->typelem))
	{
		HeapTuple element = SearchSysCache1(TYPEOID, ObjectIdGetDatum(form->typelem));

		entry->binary =
			HeapTupleIsValid(element) && HasPortableBinary((Form_pg_type) GETSTRUCT(element));
		if (HeapTupleIsValid(element))
			ReleaseSysCache(element);
	}
	if (entry->binary)
	{
		fmgr_info_cxt(form->typreceive, &entry->receive, TopMemoryContext);
		fmgr_info_cxt(form->typsend, &entry->send, TopMemoryContext);
	}
	ReleaseSysCache(tuple);
	return entry;
}

/* Returns what is needed to send the type in binary format, or NULL if that is not possible. */
static BuiltinType *
BinaryType(Oid type)
{
	BuiltinType *entry;

	if (type >= FirstGenbkiObjectId)
		return NULL;
	entry = LookupBuiltinType(type);
	return entry->binary ? entry : NULL;
}

bool
RowIsBinary(TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (BinaryType(TupleDescAttr(desc, i)->atttypid) == NULL)
			return false;
	}
	return true;
}

RowCodec *
MakeRowCodec(TupleDesc desc, bool binary)
{
	RowCodec *codec = palloc0(offsetof(RowCodec, columns) + sizeof(ColumnCodec) * desc->natts);

	codec->binary = binary;
	codec->natts = desc->natts;
	for (int i = 0; i < desc->natts; i++)
	{
		ColumnCodec *column = &codec->columns[i];

		column->type = TupleDescAttr(desc, i)->atttypid;
		column->typmod = TupleDescAttr(desc, i)->atttypmod;
		if (binary)
			column->builtin = BinaryType(column->type);
		else
		{
			Oid input;

			getTypeInputInfo(column->type, &input, &column->io_param);
			fmgr_info(input, &column->input);
		}
	}
	return codec;
}

/* DecodeBinary spares the most common types the way through their receive functions. */
static Datum
DecodeBinary(ColumnCodec *column, char *value, int len)
{
	StringInfoData buf;

	switch (column->type)
	{
		case BOOLOID:
			return BoolGetDatum(value[0] != 0);
		case INT2OID:
		{
			uint16 n;

			memcpy(&n, value, sizeof(n));
			return Int16GetDatum((int16) pg_ntoh16(n));
		}
		case INT4OID:
		{
			uint32 n;

			memcpy(&n, value, sizeof(n));
			return Int32GetDatum((int32) pg_ntoh32(n));
		}
		case INT8OID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		{
			uint64 n;

			memcpy(&n, value, sizeof(n));
			return Int64GetDatum((int64) pg_ntoh64(n));
		}
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return PointerGetDatum(cstring_to_text_with_len(value, len));
		default:
			buf.data = value;
			buf.len = len;
			buf.maxlen = len + 1;
			buf.cursor = 0;
			return ReceiveFunctionCall(&column->builtin->receive, &buf, column->builtin->io_param,
									   column->typmod);
	}
}

void
DecodeRow(RowCodec *codec, const PGresult *result, int row, Datum *values, bool *nulls)
{
	if (PQnfields(result) != codec->natts)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("a node returned %d columns instead of %d", PQnfields(result),
							   codec->natts)));
	for (int i = 0; i < codec->natts; i++)
	{
		ColumnCodec *column = &codec->columns[i];

		nulls[i] = PQgetisnull(result, row, i);
		if (nulls[i])
			values[i] = codec->binary ? (Datum) 0
									  : InputFunctionCall(&column->input, NULL, column->io_param,
														  column->typmod); /* a domain may object */
		else if (codec->binary)
			values[i] =
				DecodeBinary(column, PQgetvalue(result, row, i), PQgetlength(result, row, i));
		else
			values[i] = InputFunctionCall(&column->input, PQgetvalue(result, row, i),
										  column->io_param, column->typmod);
	}
}

/*
 * DecodeCommandRow decodes a row into the command's values. They last until the
 * next row that is for the same purpose: to be stored, or to be shown.
 */
void
DecodeCommandRow(RemoteCommand *command, PGresult *result, bool to_be_stored)
{
	MemoryContext context;
	MemoryContext old;

	if (command->codec == NULL)
	{
		old = MemoryContextSwitchTo(command->context);
		command->codec = MakeRowCodec(command->desc, command->binary);
		command->values = palloc(sizeof(Datum) * Max(command->desc->natts, 1));
		command->nulls = palloc(sizeof(bool) * Max(command->desc->natts, 1));
		command->row_context =
			AllocSetContextCreate(command->context, "distshard row", ALLOCSET_SMALL_SIZES);
		command->store_context =
			AllocSetContextCreate(command->context, "distshard stored row", ALLOCSET_SMALL_SIZES);
		MemoryContextSwitchTo(old);
	}
	context = to_be_stored ? command->store_context : command->row_context;
	MemoryContextReset(context);
	old = MemoryContextSwitchTo(context);
	DecodeRow(command->codec, result, 0, command->values, command->nulls);
	MemoryContextSwitchTo(old);
}

/* StoreInSlot puts values into a slot of any kind; a virtual one only points to them. */
void
StoreInSlot(TupleTableSlot *slot, Datum *values, bool *nulls)
{
	TupleDesc desc = slot->tts_tupleDescriptor;

	ExecClearTuple(slot);
	if (TTS_IS_VIRTUAL(slot))
	{
		memcpy(slot->tts_values, values, sizeof(Datum) * desc->natts);
		memcpy(slot->tts_isnull, nulls, sizeof(bool) * desc->natts);
		ExecStoreVirtualTuple(slot);
	}
	else
	{
		MemoryContext old = MemoryContextSwitchTo(slot->tts_mcxt);
		MinimalTuple  tuple = heap_form_minimal_tuple(desc, values, nulls);

		MemoryContextSwitchTo(old);
		ExecForceStoreMinimalTuple(tuple, slot, true);
	}
}

RemoteParams *
MakeRemoteParams(int count, const Oid *types, const Datum *values, const bool *nulls)
{
	RemoteParams *params = palloc(sizeof(RemoteParams));
	bool          can_send = pg_get_client_encoding() == GetDatabaseEncoding();

	params->count = count;
	params->types = palloc(sizeof(Oid) * Max(count, 1));
	params->values = palloc0(sizeof(char *) * Max(count, 1));
	params->lengths = palloc0(sizeof(int) * Max(count, 1));
	params->formats = palloc0(sizeof(int) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		BuiltinType *builtin = BinaryType(types[i]);

		params->types[i] = types[i] < FirstGenbkiObjectId ? types[i] : InvalidOid;
		if (nulls[i])
			continue;
		if (builtin && can_send)
		{
			bytea *sent = SendFunctionCall(&builtin->send, values[i]);

			params->values[i] = VARDATA(sent);
			params->lengths[i] = VARSIZE(sent) - VARHDRSZ;
			params->formats[i] = 1;
		}
		else
		{
			Oid  output;
			bool is_varlena;

			getTypeOutputInfo(types[i], &output, &is_varlena);
			params->values[i] = OidOutputFunctionCall(output, values[i]);
		}
	}
	return params;
}
