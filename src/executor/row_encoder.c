/*-------------------------------------------------------------------------
 *
 * row_encoder.c
 *	  Tuples -> rows of a COPY stream.
 *
 * Rows are binary unless a column is of a type whose binary form holds object
 * identifiers, which differ from node to node: then all columns are text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/oid_types.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "executor/copy_command.h"
#include "executor/row_encoder.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

struct RowEncoder
{
	DistTable     *table;
	int            ncolumns;
	AttrNumber    *attnums;
	FmgrInfo      *functions; /* send or output functions */
	CopyFormat     format;
	StringInfoData buf;
	MemoryContext  row_context;
};

/* Types whose binary form is not good for all values and on all nodes, and arrays of them. */
static bool
NeedsText(Oid type)
{
	Oid element = HasRefusedBinary(type) ? InvalidOid : get_element_type(type);

	if (OidIsValid(element))
		type = element;
	return IsOidAlias(type) || HasRefusedBinary(type);
}

static bool
HasBinaryForm(Oid type)
{
	HeapTuple    tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form;
	bool         result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	result = OidIsValid(form->typsend) && OidIsValid(form->typreceive);
	ReleaseSysCache(tuple);
	return result;
}

/* Is the binary form of a type the same on all nodes? */
static bool
TravelsInBinary(Oid type)
{
	Oid base = getBaseType(type);

	return base < FirstGenbkiObjectId && !NeedsText(base) && HasBinaryForm(base);
}

/* COPY wants a binary form of each column, also of those that it does not read. */
static bool
HaveBinaryForms(TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped &&
			!HasBinaryForm(TupleDescAttr(desc, i)->atttypid))
			return false;
	}
	return true;
}

static DefElem *
StringOption(const char *name, const char *value)
{
	return makeDefElem(pstrdup(name), (Node *) makeString(pstrdup(value)), -1);
}

/* CreateRowEncoder makes an encoder for columns of a table, in the current memory context. */
RowEncoder *
CreateRowEncoder(DistTable *table, Relation logical, List *attnums)
{
	TupleDesc   desc = RelationGetDescr(logical);
	RowEncoder *encoder = palloc0(sizeof(RowEncoder));
	ListCell   *lc;

	encoder->table = table;
	encoder->ncolumns = list_length(attnums);
	encoder->attnums = palloc(encoder->ncolumns * sizeof(AttrNumber));
	encoder->functions = palloc(encoder->ncolumns * sizeof(FmgrInfo));
	encoder->format.binary = HaveBinaryForms(desc);
	foreach (lc, attnums)
	{
		Form_pg_attribute att = TupleDescAttr(desc, lfirst_int(lc) - 1);

		encoder->attnums[foreach_current_index(lc)] = att->attnum;
		encoder->format.columns =
			lappend(encoder->format.columns, makeString(pstrdup(NameStr(att->attname))));
		if (!TravelsInBinary(att->atttypid))
			encoder->format.binary = false;
	}

	for (int i = 0; i < encoder->ncolumns; i++)
	{
		Oid  type = TupleDescAttr(desc, encoder->attnums[i] - 1)->atttypid;
		Oid  function;
		bool is_varlena;

		if (encoder->format.binary)
			getTypeBinaryOutputInfo(type, &function, &is_varlena);
		else
			getTypeOutputInfo(type, &function, &is_varlena);
		fmgr_info(function, &encoder->functions[i]);
	}

	encoder->format.options =
		list_make2(StringOption("format", encoder->format.binary ? "binary" : "text"),
				   StringOption("encoding", GetDatabaseEncodingName()));
	initStringInfo(&encoder->buf);
	encoder->row_context = AllocSetContextCreate(CurrentMemoryContext, "distshard row encoder",
												 ALLOCSET_DEFAULT_SIZES);
	return encoder;
}

CopyFormat *
EncodedFormat(RowEncoder *encoder)
{
	return &encoder->format;
}

static void
AppendBinaryValue(RowEncoder *encoder, int column, Datum value, bool isnull)
{
	bytea *bytes;

	if (isnull)
	{
		pq_sendint32(&encoder->buf, -1);
		return;
	}
	bytes = SendFunctionCall(&encoder->functions[column], value);
	pq_sendint32(&encoder->buf, VARSIZE(bytes) - VARHDRSZ);
	appendBinaryStringInfoNT(&encoder->buf, VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);
}

/*
 * ExactOutput returns a value as text that loses nothing on its way, whatever
 * the session's settings for output are.
 */
char *
ExactOutput(FmgrInfo *function, Datum value)
{
	int   date_style = DateStyle;
	int   float_digits = extra_float_digits;
	char *text = NULL;

	PG_TRY();
	{
		DateStyle = USE_ISO_DATES;
		extra_float_digits = 3;
		text = OutputFunctionCall(function, value);
	}
	PG_FINALLY();
	{
		DateStyle = date_style;
		extra_float_digits = float_digits;
	}
	PG_END_TRY();
	return text;
}

/* Appends text with what COPY's text format treats specially escaped. */
static void
AppendEscaped(StringInfo buf, const char *text)
{
	static const char special[] = "\\\n\r\t";
	static const char escaped[] = "\\nrt";

	while (*text != '\0')
	{
		int         plain = strcspn(text, special);
		const char *which;

		appendBinaryStringInfo(buf, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		which = strchr(special, *text++);
		appendStringInfoChar(buf, '\\');
		appendStringInfoChar(buf, escaped[which - special]);
	}
}

static void
AppendTextValue(RowEncoder *encoder, int column, Datum value, bool isnull)
{
	if (column > 0)
		appendStringInfoChar(&encoder->buf, '\t');
	if (isnull)
		appendStringInfoString(&encoder->buf, "\\N");
	else
		AppendEscaped(&encoder->buf, ExactOutput(&encoder->functions[column], value));
}

static void
AppendBinaryRow(RowEncoder *encoder, TupleTableSlot *slot)
{
	pq_sendint16(&encoder->buf, encoder->ncolumns);
	for (int i = 0; i < encoder->ncolumns; i++)
	{
		bool  isnull;
		Datum value = slot_getattr(slot, encoder->attnums[i], &isnull);

		AppendBinaryValue(encoder, i, value, isnull);
	}
}

static void
AppendTextRow(RowEncoder *encoder, TupleTableSlot *slot)
{
	for (int i = 0; i < encoder->ncolumns; i++)
	{
		bool  isnull;
		Datum value = slot_getattr(slot, encoder->attnums[i], &isnull);

		AppendTextValue(encoder, i, value, isnull);
	}
	appendStringInfoChar(&encoder->buf, '\n');
}

/* Sets *row to the encoded tuple, valid until the next call. Knows of no lines. */
void
EncodeRow(RowEncoder *encoder, TupleTableSlot *slot, CopyRow *row)
{
	MemoryContext caller = MemoryContextSwitchTo(encoder->row_context);

	MemoryContextReset(encoder->row_context);
	resetStringInfo(&encoder->buf);
	if (encoder->format.binary)
		AppendBinaryRow(encoder, slot);
	else
		AppendTextRow(encoder, slot);

	memset(row, 0, sizeof(CopyRow));
	if (encoder->table->method == DIST_HASH)
	{
		bool  isnull;
		Datum value = slot_getattr(slot, encoder->table->key_attno, &isnull);

		row->position = HashKey(encoder->table, value, isnull);
	}
	row->data = encoder->buf.data;
	row->len = encoder->buf.len;
	MemoryContextSwitchTo(caller);
}

typedef struct TupleRows
{
	RowEncoder     *encoder;
	CopyTupleSource source;
	void           *arg;
} TupleRows;

static bool
NextTupleRow(void *arg, CopyRow *row)
{
	TupleRows      *rows = arg;
	TupleTableSlot *slot = rows->source(rows->arg);

	if (TupIsNull(slot))
		return false;
	EncodeRow(rows->encoder, slot, row);
	return true;
}

uint64
CopyTuplesToShards(DistTable *table, Relation logical, List *attnums, CopyTupleSource source,
				   void *arg, EState *statement, SentRows *sent)
{
	TupleRows rows = {CreateRowEncoder(table, logical, attnums), source, arg};

	return CopyRowsToShards(table, EncodedFormat(rows.encoder), NextTupleRow, &rows, statement,
							sent);
}

char *
CopyCommandForTuples(DistTable *table, Relation logical, List *attnums)
{
	return CopyCommand(table, EncodedFormat(CreateRowEncoder(table, logical, attnums)));
}
