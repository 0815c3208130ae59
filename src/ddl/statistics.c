/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  Column statistics of logical tables, from rows of all nodes.
 *
 * PostgreSQL's ANALYZE looks at a relation's own rows, and a logical table has
 * none. So a sample of its rows, drawn on the nodes by the same two steps
 * (pages first, then rows on them), goes through the very functions that
 * ANALYZE computes statistics with, and what comes out is stored on every node.
 * There the planner and pg_stats find it as with any table, under the same
 * rules about who may see it.
 *
 * The order of rows on disk is a matter of each shard, so a logical table has
 * no correlation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "ddl/ddl.h"
#include "executor/row_encoder.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "placement/cluster_change.h"
#include "placement/data_table.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/attoptcache.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(distshard_raw_size);
PG_FUNCTION_INFO_V1(distshard_set_column_statistics);

/*
 * PostgreSQL leaves values over 1024 bytes, and elements of arrays over 64 kB,
 * out of what it computes, but for their number and width. It sees this from
 * pointers to where they are toasted. So they are not fetched, only their
 * sizes: a sample of whole ones could be larger than memory. Of arrays what
 * would not fit on a page, and so is a pointer in PostgreSQL's sample, is
 * treated in this way.
 */
#define WIDEST_VALUE     1024
#define WIDEST_ARRAY     BLCKSZ
#define TOO_WIDE_FOR_ALL 0x10001

typedef struct SampledColumn
{
	VacAttrStats stats;
	int          widest; /* what is larger is not fetched; 0: all is */
} SampledColumn;

/* distshard.raw_size("any") int: the size of a value of variable length, not compressed */
Datum
distshard_raw_size(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(toast_raw_datum_size(PG_GETARG_DATUM(0)));
}

/* Other types than these look into values of any size. */
static int
WidestSampled(const VacAttrStats *stats)
{
	if (stats->attrtype->typlen != -1)
		return 0;
	return stats->attrtype->typanalyze == F_ARRAY_TYPANALYZE ? WIDEST_ARRAY
		   : OidIsValid(stats->attrtype->typanalyze)         ? 0
															 : WIDEST_VALUE;
}

/* One column: how its type wants it analyzed. Like examine_attribute() of PostgreSQL. */
static VacAttrStats *
ColumnToAnalyze(Relation rel, AttrNumber attno)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), attno - 1);
	VacAttrStats     *stats;
	HeapTuple         type;

	if (att->attisdropped || att->attstattarget == 0)
		return NULL;
	stats = palloc0(sizeof(SampledColumn));
	stats->attr = memcpy(palloc(ATTRIBUTE_FIXED_PART_SIZE), att, ATTRIBUTE_FIXED_PART_SIZE);
	stats->attrtypid = att->atttypid;
	stats->attrtypmod = att->atttypmod;
	stats->attrcollid = att->attcollation;
	type = SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(stats->attrtypid));
	if (!HeapTupleIsValid(type))
		elog(ERROR, "cache lookup failed for type %u", stats->attrtypid);
	stats->attrtype = (Form_pg_type) GETSTRUCT(type);
	stats->anl_context = CurrentMemoryContext;
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		stats->statypid[i] = stats->attrtypid;
		stats->statyplen[i] = stats->attrtype->typlen;
		stats->statypbyval[i] = stats->attrtype->typbyval;
		stats->statypalign[i] = stats->attrtype->typalign;
	}
	if (!(OidIsValid(stats->attrtype->typanalyze)
			  ? DatumGetBool(OidFunctionCall1(stats->attrtype->typanalyze, PointerGetDatum(stats)))
			  : std_typanalyze(stats)) ||
		stats->compute_stats == NULL || stats->minrows <= 0)
		return NULL;
	((SampledColumn *) stats)->widest = WidestSampled(stats);
	return stats;
}

/* The columns that are named, or all, of those that can be analyzed. */
static List *
ColumnsToAnalyze(Relation rel, List *names)
{
	List *columns = NIL;
	int   position = 1;

	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		char         *name = NameStr(TupleDescAttr(RelationGetDescr(rel), i)->attname);
		VacAttrStats *stats;

		if (names != NIL && !list_member(names, makeString(name)))
			continue;
		stats = ColumnToAnalyze(rel, i + 1);
		if (stats == NULL)
			continue;
		columns = lappend(columns, stats);
		stats->tupattnum = position;
		position += ((SampledColumn *) stats)->widest > 0 ? 2 : 1;
	}
	return columns;
}

/* The column, or, where it may be too wide, the value or its size. */
static void
AppendColumn(StringInfo sql, const SampledColumn *column)
{
	const char *name = quote_identifier(NameStr(column->stats.attr->attname));

	if (column->widest == 0)
		appendStringInfoString(sql, name);
	else
		appendStringInfo(
			sql,
			"CASE WHEN distshard.raw_size(%1$s) OPERATOR(pg_catalog.<=) %2$d THEN %1$s END, "
			"CASE WHEN distshard.raw_size(%1$s) OPERATOR(pg_catalog.>) %2$d THEN "
			"distshard.raw_size(%1$s) END",
			name, column->widest);
}

/*
 * The query for about so many rows. It reads at most as many pages as it wants
 * rows, chosen at random.
 */
static char *
SampleQuery(Relation rel, List *columns, int wanted)
{
	double         tuples = Max(rel->rd_rel->reltuples, 0);
	double         pages = rel->rd_rel->relpages;
	double         share = 1;
	StringInfoData sql;
	ListCell      *lc;

	initStringInfo(&sql);
	foreach (lc, columns)
	{
		appendStringInfoString(&sql, lc == list_head(columns) ? "SELECT " : ", ");
		AppendColumn(&sql, lfirst(lc));
	}
	appendStringInfo(&sql, " FROM %s%s", rel->rd_rel->relkind == RELKIND_RELATION ? "ONLY " : "",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												RelationGetRelationName(rel)));
	if (pages > wanted)
	{
		share = wanted / pages;
		appendStringInfo(&sql, " TABLESAMPLE pg_catalog.system (%.9g)", share * 100);
	}
	if (tuples * share > wanted)
		appendStringInfo(&sql, " WHERE pg_catalog.random() < %.9g", wanted / (tuples * share));
	return sql.data;
}

/* The size of a value that was not fetched for it, or 0. */
static int
SizeNotFetched(const VacAttrStats *stats, int row)
{
	bool  isnull = true;
	Datum size = 0;

	if (((const SampledColumn *) stats)->widest > 0)
		size = heap_getattr(stats->rows[row], stats->tupattnum + 1, stats->tupDesc, &isnull);
	return isnull ? 0 : DatumGetInt32(size);
}

/* A pointer to what is toasted nowhere, which nobody follows since it is too wide. */
static Datum
StandIn(int size)
{
	varatt_external pointer = {.va_rawsize = Max(size, TOO_WIDE_FOR_ALL)};
	struct varlena *value = palloc(TOAST_POINTER_SIZE);

	SET_VARTAG_EXTERNAL(value, VARTAG_ONDISK);
	memcpy(VARDATA_EXTERNAL(value), &pointer, sizeof(pointer));
	return PointerGetDatum(value);
}

static Datum
FetchValue(VacAttrStatsP stats, int row, bool *isnull)
{
	Datum value = heap_getattr(stats->rows[row], stats->tupattnum, stats->tupDesc, isnull);
	int   size = *isnull ? SizeNotFetched(stats, row) : 0;

	if (size == 0)
		return value;
	*isnull = false;
	return StandIn(size);
}

/* What the planner asks for is how many bytes travel, so a value counts as what it is, not as a pointer. */
static void
AddWidthNotFetched(VacAttrStats *stats, int nrows)
{
	double values = nrows * (1.0 - stats->stanullfrac);
	double bytes = 0;

	for (int row = 0; row < nrows; row++)
	{
		int size = SizeNotFetched(stats, row);

		bytes += size == 0 ? 0 : size - (double) TOAST_POINTER_SIZE;
	}
	if (bytes > 0)
		stats->stawidth += bytes / values;
}

/* An element of an array in text form. */
static void
AppendElement(StringInfo array, int i, const char *text)
{
	appendStringInfoString(array, i == 0 ? "ARRAY[" : ", ");
	appendStringInfoString(array, text ? quote_literal_cstr(text) : "NULL");
}

static char *
NumbersAsText(const VacAttrStats *stats, int slot)
{
	StringInfoData text;

	if (stats->numnumbers[slot] <= 0)
		return NULL;
	initStringInfo(&text);
	for (int i = 0; i < stats->numnumbers[slot]; i++)
		appendStringInfo(&text, "%c%.9g", i == 0 ? '{' : ',', stats->stanumbers[slot][i]);
	appendStringInfoChar(&text, '}');
	return text.data;
}

static char *
ValuesAsText(const VacAttrStats *stats, int slot)
{
	FmgrInfo   output;
	ArrayType *values;

	if (stats->numvalues[slot] <= 0)
		return NULL;
	values =
		construct_array(stats->stavalues[slot], stats->numvalues[slot], stats->statypid[slot],
						stats->statyplen[slot], stats->statypbyval[slot], stats->statypalign[slot]);
	fmgr_info(F_ARRAY_OUT, &output);
	return ExactOutput(&output, PointerGetDatum(values));
}

static const char *
CollationName(Oid collation)
{
	HeapTuple         tuple;
	Form_pg_collation form;
	char             *name;

	if (!OidIsValid(collation))
		return "-";
	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->collnamespace),
									  NameStr(form->collname));
	ReleaseSysCache(tuple);
	return name;
}

/* The call that stores a column's statistics on a node. Names stand for what has other OIDs there. */
static char *
StoreCommand(const char *table, const VacAttrStats *stats)
{
	StringInfoData parts[6]; /* kinds, operators, collations, numbers, types, values */
	StringInfoData sql;

	for (int i = 0; i < lengthof(parts); i++)
		initStringInfo(&parts[i]);
	for (int k = 0; k < STATISTIC_NUM_SLOTS; k++)
	{
		bool  used = stats->stakind[k] != 0 && stats->stakind[k] != STATISTIC_KIND_CORRELATION;
		char *values = used ? ValuesAsText(stats, k) : NULL;

		AppendElement(&parts[0], k, psprintf("%d", used ? stats->stakind[k] : 0));
		AppendElement(
			&parts[1], k,
			used && OidIsValid(stats->staop[k]) ? format_operator_qualified(stats->staop[k]) : "0");
		AppendElement(&parts[2], k, CollationName(used ? stats->stacoll[k] : InvalidOid));
		AppendElement(&parts[3], k, used ? NumbersAsText(stats, k) : NULL);
		AppendElement(&parts[4], k, values ? format_type_be_qualified(stats->statypid[k]) : NULL);
		AppendElement(&parts[5], k, values);
	}
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT distshard.set_column_statistics(%s, %s, %.9g, %d, %.9g",
					 quote_literal_cstr(table), quote_literal_cstr(NameStr(stats->attr->attname)),
					 stats->stanullfrac, stats->stawidth, stats->stadistinct);
	for (int i = 0; i < lengthof(parts); i++)
		appendStringInfo(&sql, ", %s]", parts[i].data);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

/* Code of the column's types, which may be the owner's, runs as he. */
typedef struct Owner
{
	Oid user;
	int context;
	int guc_level;
} Owner;

static void
BecomeOwner(Owner *saved, Oid owner)
{
	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(owner, saved->context | SECURITY_RESTRICTED_OPERATION);
	saved->guc_level = NewGUCNestLevel();
}

static void
BecomeUserAgain(const Owner *saved)
{
	AtEOXact_GUC(false, saved->guc_level);
	SetUserIdAndSecContext(saved->user, saved->context);
}

/* The commands that store what the rows of the last SPI query tell of the columns. */
static List *
ComputeStatistics(Relation rel, List *columns)
{
	const char *table = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
												   RelationGetRelationName(rel));
	uint64      nrows = SPI_processed;
	List       *commands = NIL;
	ListCell   *lc;

	foreach (lc, nrows > 0 ? columns : NIL)
	{
		VacAttrStats  *stats = lfirst(lc);
		AttributeOpts *options = get_attribute_options(RelationGetRelid(rel), stats->attr->attnum);

		stats->rows = SPI_tuptable->vals;
		stats->tupDesc = SPI_tuptable->tupdesc;
		stats->compute_stats(stats, FetchValue, nrows, Max(rel->rd_rel->reltuples, (double) nrows));
		if (options != NULL && options->n_distinct != 0)
			stats->stadistinct = options->n_distinct;
		AddWidthNotFetched(stats, nrows);
		if (stats->stats_valid)
			commands = lappend(commands, StoreCommand(table, stats));
	}
	return commands;
}

/* Runs the query for a sample, as the owner, and computes statistics of its rows. */
static List *
AnalyzeSample(Relation rel, List *columns)
{
	MemoryContext context = CurrentMemoryContext;
	int           wanted = 100;
	Owner         owner;
	List         *commands;
	ListCell     *lc;

	foreach (lc, columns)
		wanted = Max(wanted, ((VacAttrStats *) lfirst(lc))->minrows);
	BecomeOwner(&owner, rel->rd_rel->relowner);
	if (SPI_connect() != SPI_OK_CONNECT ||
		SPI_execute(SampleQuery(rel, columns, wanted), true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read a sample of \"%s\"", RelationGetRelationName(rel));
	MemoryContextSwitchTo(context);
	commands = ComputeStatistics(rel, columns);
	SPI_finish();
	BecomeUserAgain(&owner);
	return commands;
}

static bool
OwnerMayRead(Relation rel)
{
	Oid owner = rel->rd_rel->relowner;

	return pg_namespace_aclcheck(RelationGetNamespace(rel), owner, ACL_USAGE) == ACLCHECK_OK &&
		   pg_class_aclcheck(RelationGetRelid(rel), owner, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * AnalyzeDistTable computes statistics of the columns that are named, or all,
 * and stores them on every node. The table's size must be known.
 */
void
AnalyzeDistTable(Oid relid, List *names)
{
	Relation      rel = table_open(relid, ShareUpdateExclusiveLock);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "distshard analyze", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	List         *columns = ColumnsToAnalyze(rel, names);
	CatalogWork   work;
	ListCell     *lc;

	if (!OwnerMayRead(rel))
		ereport(WARNING, (errmsg("no statistics of columns of \"%s\" --- its owner may not read it",
								 RelationGetRelationName(rel))));
	else if (columns != NIL)
	{
		List *commands = AnalyzeSample(rel, columns);

		EnterCatalogWork(&work);
		foreach (lc, commands)
			RunEverywhere(lfirst(lc));
		LeaveCatalogWork(&work);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	table_close(rel, NoLock);
}

/* The n-th element of an array of texts, or NULL. */
static char *
Element(ArrayType *array, int n)
{
	bool  isnull;
	Datum value =
		array_get_element(PointerGetDatum(array), 1, &n, -1, -1, false, TYPALIGN_INT, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static Datum
ArrayFromText(const char *text, Oid element_type)
{
	return OidFunctionCall3(F_ARRAY_IN, CStringGetDatum(text), ObjectIdGetDatum(element_type),
							Int32GetDatum(-1));
}

/* Values of a type whose input function is the owner's are read as the owner. */
static void
FillSlots(FunctionCallInfo fcinfo, Oid owner, Datum *values, bool *nulls)
{
	ArrayType *parts[6];
	Owner      saved;

	for (int i = 0; i < lengthof(parts); i++)
		parts[i] = PG_GETARG_ARRAYTYPE_P(5 + i);
	BecomeOwner(&saved, owner);
	for (int k = 0; k < STATISTIC_NUM_SLOTS; k++)
	{
		char *numbers = Element(parts[3], k + 1);
		char *items = Element(parts[5], k + 1);

		values[Anum_pg_statistic_stakind1 - 1 + k] =
			Int16GetDatum(pg_strtoint16(Element(parts[0], k + 1)));
		values[Anum_pg_statistic_staop1 - 1 + k] =
			DirectFunctionCall1(regoperatorin, CStringGetDatum(Element(parts[1], k + 1)));
		values[Anum_pg_statistic_stacoll1 - 1 + k] =
			DirectFunctionCall1(regcollationin, CStringGetDatum(Element(parts[2], k + 1)));
		nulls[Anum_pg_statistic_stanumbers1 - 1 + k] = numbers == NULL;
		if (numbers != NULL)
			values[Anum_pg_statistic_stanumbers1 - 1 + k] = ArrayFromText(numbers, FLOAT4OID);
		nulls[Anum_pg_statistic_stavalues1 - 1 + k] = items == NULL;
		if (items != NULL)
			values[Anum_pg_statistic_stavalues1 - 1 + k] =
				ArrayFromText(items, DatumGetObjectId(DirectFunctionCall1(
										 regtypein, CStringGetDatum(Element(parts[4], k + 1)))));
	}
	BecomeUserAgain(&saved);
}

/*
 * distshard.set_column_statistics(): stores what AnalyzeDistTable has computed
 * in this node's pg_statistic. Superuser only.
 */
Datum
distshard_set_column_statistics(PG_FUNCTION_ARGS)
{
	Relation   rel = table_open(PG_GETARG_OID(0), ShareUpdateExclusiveLock);
	AttrNumber attno = get_attnum(RelationGetRelid(rel), NameStr(*PG_GETARG_NAME(1)));
	bool       inherits = rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
	Datum      values[Natts_pg_statistic] = {0};
	bool       nulls[Natts_pg_statistic] = {0};
	bool       replaces[Natts_pg_statistic];
	Relation   statistic = table_open(StatisticRelationId, RowExclusiveLock);
	HeapTuple  old;
	HeapTuple new;

	memset(replaces, true, sizeof(replaces));
	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(RelationGetRelid(rel));
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(attno);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(inherits);
	values[Anum_pg_statistic_stanullfrac - 1] = PG_GETARG_DATUM(2);
	values[Anum_pg_statistic_stawidth - 1] = PG_GETARG_DATUM(3);
	values[Anum_pg_statistic_stadistinct - 1] = PG_GETARG_DATUM(4);
	FillSlots(fcinfo, rel->rd_rel->relowner, values, nulls);

	old = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(rel)),
						  Int16GetDatum(attno), BoolGetDatum(inherits));
	if (HeapTupleIsValid(old))
	{
		new = heap_modify_tuple(old, RelationGetDescr(statistic), values, nulls, replaces);
		CatalogTupleUpdate(statistic, &old->t_self, new);
		ReleaseSysCache(old);
	}
	else
		CatalogTupleInsert(statistic, heap_form_tuple(RelationGetDescr(statistic), values, nulls));
	table_close(statistic, RowExclusiveLock);
	table_close(rel, NoLock);
	CommandCounterIncrement();
	PG_RETURN_VOID();
}
