/*-------------------------------------------------------------------------
 *
 * copy_reference.c
 *	  The rows of a reference table for a node that has none yet.
 *
 * They are scanned as they lie in this node's data table, below any policy, and
 * sent in the text format of COPY: in binary format user-defined types would
 * carry OIDs of this node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "placement/copy_reference.h"
#include "planner/claim.h"
#include "transaction/xact.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* One column that is sent; dropped and generated ones are not. */
typedef struct SentColumn
{
	int      index; /* in the slot */
	FmgrInfo output;
} SentColumn;

/* Values are written in the one way that any settings read. Ends with the returned nest level. */
static int
UsePlainFormats(void)
{
	static const char *const settings[][2] = {
		{"DateStyle", "ISO"}, {"IntervalStyle", "postgres"}, {"extra_float_digits", "3"}};
	int level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(settings); i++)
		set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
						  GUC_ACTION_SAVE, true, 0, false);
	return level;
}

/* Fills columns and appends "(name, ...)". Returns the number of columns. */
static int
ChooseColumns(Relation relation, SentColumn *columns, StringInfo names)
{
	TupleDesc desc = RelationGetDescr(relation);
	int       ncolumns = 0;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		Oid               output;
		bool              is_varlena;

		if (attribute->attisdropped || attribute->attgenerated)
			continue;
		getTypeOutputInfo(attribute->atttypid, &output, &is_varlena);
		fmgr_info(output, &columns[ncolumns].output);
		columns[ncolumns].index = i;
		appendStringInfo(names, "%s%s", ncolumns ? ", " : "",
						 quote_identifier(NameStr(attribute->attname)));
		ncolumns++;
	}
	return ncolumns;
}

static void
AppendEscaped(StringInfo line, const char *value)
{
	for (; *value; value++)
	{
		switch (*value)
		{
			case '\\':
				appendStringInfoString(line, "\\\\");
				break;
			case '\n':
				appendStringInfoString(line, "\\n");
				break;
			case '\r':
				appendStringInfoString(line, "\\r");
				break;
			case '\t':
				appendStringInfoString(line, "\\t");
				break;
			default:
				appendStringInfoChar(line, *value);
		}
	}
}

static void
SendRow(NodeConn *conn, TupleTableSlot *slot, SentColumn *columns, int ncolumns, StringInfo line)
{
	resetStringInfo(line);
	slot_getallattrs(slot);
	for (int i = 0; i < ncolumns; i++)
	{
		int index = columns[i].index;

		if (i > 0)
			appendStringInfoChar(line, '\t');
		if (slot->tts_isnull[index])
			appendStringInfoString(line, "\\N");
		else
			AppendEscaped(line, OutputFunctionCall(&columns[i].output, slot->tts_values[index]));
	}
	appendStringInfoChar(line, '\n');
	CopyInData(conn, line->data, line->len);
}

static void
SendRows(NodeConn *conn, Relation relation, SentColumn *columns, int ncolumns)
{
	Snapshot        snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc   scan = table_beginscan(relation, snapshot, 0, NULL);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	MemoryContext   per_row = AllocSetContextCreate(CurrentMemoryContext, "distshard reference row",
													ALLOCSET_DEFAULT_SIZES);
	StringInfoData  line;

	initStringInfo(&line);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		MemoryContext old = MemoryContextSwitchTo(per_row);

		CHECK_FOR_INTERRUPTS();
		SendRow(conn, slot, columns, ncolumns, &line);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
	}
	MemoryContextDelete(per_row);
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
}

/*
 * Those who write the table are locked out on their own nodes. What a node has left prepared that is none any more
 * is not: the lock on the rows waits for that.
 */
void
CopyReferenceTable(DistTable *table, int32 node_id)
{
	Relation       relation = table_open(table->data_relid, ShareLock);
	SentColumn    *columns = palloc(sizeof(SentColumn) * RelationGetNumberOfAttributes(relation));
	StringInfoData names;
	StringInfoData sql;
	int            ncolumns;
	int            guc_level;
	NodeConn      *conn = EnlistNode(node_id, REMOTE_WRITE);

	initStringInfo(&names);
	ncolumns = ChooseColumns(relation, columns, &names);
	initStringInfo(&sql);
	AppendClaim(&sql, NULL, relation->rd_rel->relowner, false);
	appendStringInfo(&sql, "COPY %s%s%s%s FROM STDIN",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)),
					 ncolumns ? " (" : "", names.data, ncolumns ? ")" : "");

	SendCopyBegin(conn, sql.data);
	BeginCopyIn(conn);
	guc_level = UsePlainFormats();
	SendRows(conn, relation, columns, ncolumns);
	AtEOXact_GUC(true, guc_level);
	SendCopyEnd(conn);
	EndCopyIn(conn);
	table_close(relation, NoLock);
}
