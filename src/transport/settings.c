/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  Session settings follow the session to the nodes.
 *
 * A setting that changes what a statement does or returns must be the same on
 * all nodes. Before each statement the session's values are compared with the
 * ones seen last: variables of the server, without a look-up. A setting that
 * changed gets the next serial number; a connection remembers the serial number
 * up to which it has been told, and is told the rest with its next statement.
 *
 * Settings with a class go along too, those that no library claimed
 * ("myapp.tenant"), for which policies and functions on the nodes ask, and those
 * of modules ("pg_trgm.similarity_threshold") once they differ from what the
 * server's configuration says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/gin.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "parser/parse_expr.h"
#include "parser/parser.h"
#include "pgtime.h"
#include "storage/proc.h"
#include "transport/internal.h"
#include "transport/settings.h"
#include "tsearch/ts_cache.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"
#include "utils/xml.h"

/* no header of the server declares it */
extern char *default_tablespace;

char *KeptSearchPath;
bool  ConsistentReads = true;
int   InDoubtTimeout = 5000;

typedef enum SettingKind
{
	SETTING_INT,
	SETTING_BOOL,
	SETTING_STRING,
	SETTING_POINTER /* as good as its value: equal ones are shared */
} SettingKind;

typedef struct Setting
{
	const char *name;
	SettingKind kind;
	const void *variable;
	bool        privileged; /* only sent once changed: not everyone may set it */

	/* as last seen */
	union
	{
		int         number;
		const void *pointer;
		char       *string;
	} seen;
	uint64 changed; /* serial number of the change; 0: never */
} Setting;

static Setting settings[] = {
	{"DateStyle", SETTING_INT, &DateStyle},
	{"DateStyle", SETTING_INT, &DateOrder},
	{"IntervalStyle", SETTING_INT, &IntervalStyle},
	{"TimeZone", SETTING_POINTER, &session_timezone},
	{"extra_float_digits", SETTING_INT, &extra_float_digits},
	{"bytea_output", SETTING_INT, &bytea_output},
	{"xmlbinary", SETTING_INT, &xmlbinary},
	{"xmloption", SETTING_INT, &xmloption},
	{"search_path", SETTING_STRING, &namespace_search_path},
	{"distshard.kept_search_path", SETTING_STRING, &KeptSearchPath},
	{"distshard.consistent_reads", SETTING_BOOL, &ConsistentReads},
	{"distshard.in_doubt_timeout", SETTING_INT, &InDoubtTimeout},
	{"lc_monetary", SETTING_STRING, &locale_monetary},
	{"lc_numeric", SETTING_STRING, &locale_numeric},
	{"lc_time", SETTING_STRING, &locale_time},
	{"default_text_search_config", SETTING_STRING, &TSCurrentConfig},
	{"transform_null_equals", SETTING_BOOL, &Transform_null_equals},
	{"array_nulls", SETTING_BOOL, &Array_nulls},
	{"quote_all_identifiers", SETTING_BOOL, &quote_all_identifiers},
	{"gin_fuzzy_search_limit", SETTING_INT, &GinFuzzySearchLimit},
	{"backslash_quote", SETTING_INT, &backslash_quote},
	{"standard_conforming_strings", SETTING_BOOL, &standard_conforming_strings},
	{"row_security", SETTING_BOOL, &row_security},
	{"lock_timeout", SETTING_INT, &LockTimeout},
	{"synchronous_commit", SETTING_INT, &synchronous_commit},
	{"client_min_messages", SETTING_INT, &client_min_messages},
	{"default_tablespace", SETTING_STRING, &default_tablespace},
	{"default_table_access_method", SETTING_STRING, &default_table_access_method},
	{"session_replication_role", SETTING_INT, &SessionReplicationRole, true},
};

/* A setting that is looked at by its place in the server's array of settings, and what it was. */
typedef struct CustomSetting
{
	int    index;
	char  *seen;
	uint64 changed;
} CustomSetting;

static CustomSetting *custom_settings = NULL;
static int            ncustom = 0;
static int            known_options = 0; /* number of all settings when custom_settings was made */
static uint64         serial = 0;        /* of the latest change */

static bool
SettingChanged(Setting *setting)
{
	switch (setting->kind)
	{
		case SETTING_INT:
			return setting->seen.number != *(const int *) setting->variable;
		case SETTING_BOOL:
			return setting->seen.number != *(const bool *) setting->variable;
		case SETTING_POINTER:
			return setting->seen.pointer != *(void *const *) setting->variable;
		case SETTING_STRING:
			return strcmp(setting->seen.string ? setting->seen.string : "",
						  *(char *const *) setting->variable ? *(char *const *) setting->variable
															 : "") != 0;
	}
	return false;
}

static void
RememberSetting(Setting *setting)
{
	char *string;

	switch (setting->kind)
	{
		case SETTING_INT:
			setting->seen.number = *(const int *) setting->variable;
			break;
		case SETTING_BOOL:
			setting->seen.number = *(const bool *) setting->variable;
			break;
		case SETTING_POINTER:
			setting->seen.pointer = *(void *const *) setting->variable;
			break;
		case SETTING_STRING:
			string = *(char *const *) setting->variable;
			string = MemoryContextStrdup(TopMemoryContext, string ? string : "");
			if (setting->seen.string)
				pfree(setting->seen.string);
			setting->seen.string = string;
			break;
	}
	setting->changed = serial;
}

/* The value as SET takes it. Most are strings or switches; for others GetConfigOption() needs some time. */
static const char *
CustomValue(const CustomSetting *custom)
{
	struct config_generic *generic = get_guc_variables()[custom->index];
	const char            *value;

	if (generic->vartype == PGC_BOOL)
		return *((struct config_bool *) generic)->variable ? "on" : "off";
	if (generic->vartype != PGC_STRING)
		return GetConfigOption(generic->name, false, false);
	value = *((struct config_string *) generic)->variable;
	return value ? value : "";
}

static bool
IsCustomSetting(const struct config_generic *option)
{
	if (option->flags & GUC_CUSTOM_PLACEHOLDER)
		return true;
	if (strcmp(option->name, "timezone_abbreviations") == 0)
		return true; /* the server keeps its variable to itself */
	return option->context == PGC_USERSET && strchr(option->name, GUC_QUALIFIER_SEPARATOR) &&
		   strncmp(option->name, "distshard.", strlen("distshard.")) != 0;
}

/* Was it set for this session, user or database? Nodes know what is in their own configuration. */
static bool
IsSetHere(const struct config_generic *option)
{
	return (option->flags & GUC_CUSTOM_PLACEHOLDER) || option->source >= PGC_S_DATABASE;
}

/* FindCustomSettings lists these settings; all that were set count as changed. */
static void
FindCustomSettings(void)
{
	struct config_generic **options = get_guc_variables();
	int                     noptions = GetNumConfigOptions();
	int                     n = 0;
	CustomSetting          *found;

	for (int i = 0; i < noptions; i++)
		n += IsCustomSetting(options[i]);
	found = MemoryContextAllocZero(TopMemoryContext, sizeof(CustomSetting) * Max(n, 1));

	for (int i = 0; i < ncustom; i++)
		pfree(custom_settings[i].seen);
	if (custom_settings)
		pfree(custom_settings);

	n = 0;
	serial++;
	for (int i = 0; i < noptions; i++)
	{
		if (!IsCustomSetting(options[i]))
			continue;
		found[n].index = i;
		found[n].seen = MemoryContextStrdup(TopMemoryContext, CustomValue(&found[n]));
		found[n++].changed = IsSetHere(options[i]) ? serial : 0;
	}
	custom_settings = found;
	ncustom = n;
	known_options = noptions;
}

/* LookAtSettings gives serial numbers to what changed since it was last called. */
static void
LookAtSettings(void)
{
	bool first = serial == 0;

	if (first)
		serial = 1;
	for (int i = 0; i < lengthof(settings); i++)
	{
		Setting *setting = &settings[i];

		if (SettingChanged(setting) || (first && !setting->privileged))
		{
			if (!first)
				serial++;
			RememberSetting(setting);
		}
	}

	if (known_options != GetNumConfigOptions())
		FindCustomSettings();
	for (int i = 0; i < ncustom; i++)
	{
		const char *value = CustomValue(&custom_settings[i]);

		if (strcmp(value, custom_settings[i].seen) != 0)
		{
			char *copy = MemoryContextStrdup(TopMemoryContext, value);

			pfree(custom_settings[i].seen);
			custom_settings[i].seen = copy;
			custom_settings[i].changed = ++serial;
		}
	}
}

/* The names of a list, each as a literal. */
static char *
QuoteList(const char *value)
{
	StringInfoData quoted;
	List          *names = NIL;
	ListCell      *lc;

	initStringInfo(&quoted);
	(void) SplitGUCList(pstrdup(value), ',', &names);
	foreach (lc, names)
		appendStringInfo(&quoted, "%s%s", foreach_current_index(lc) == 0 ? "" : ", ",
						 quote_literal_cstr(lfirst(lc)));
	return names == NIL ? "''" : quoted.data;
}

/* As a statement of its own, which takes no snapshot. */
static void
SetOnNode(NodeConn *conn, const char *name, const char *value)
{
	StringInfoData sql;
	char          *rest = pstrdup(name);
	char          *part;

	initStringInfo(&sql);
	while ((part = strsep(&rest, ".")) != NULL)
		appendStringInfo(&sql, "%s%s", sql.len == 0 ? "SET " : ".", quote_identifier(part));
	if (GetConfigOptionFlags(name, false) & GUC_LIST_QUOTE)
		value = QuoteList(value);
	else
		value = quote_literal_cstr(value);
	appendStringInfo(&sql, " = %s", value);
	QueuePrelude(conn, sql.data, 0);
}

/*
 * Appends the setting to the statement. That is a SELECT, from which the node's transaction would get its snapshot:
 * if it is to have none yet, for LOCK TABLE, the setting is sent as it is.
 */
static void
SendSetting(NodeConn *conn, StringInfo sql, const char *name, const char *value)
{
	if (FirstSnapshotSet)
		appendStringInfo(sql, "%s pg_catalog.set_config(%s, %s, false)",
						 sql->len == 0 ? "SELECT" : ",", quote_literal_cstr(name),
						 quote_literal_cstr(value));
	else
		SetOnNode(conn, name, value);
}

void
SendSettings(NodeConn *conn)
{
	StringInfoData sql;

	LookAtSettings();
	if (conn->settings_sent == serial)
		return;

	initStringInfo(&sql);
	for (int i = 0; i < lengthof(settings); i++)
	{
		if (settings[i].changed > conn->settings_sent)
			SendSetting(conn, &sql, settings[i].name,
						GetConfigOption(settings[i].name, false, false));
	}
	for (int i = 0; i < ncustom; i++)
	{
		if (custom_settings[i].changed > conn->settings_sent)
			SendSetting(conn, &sql, get_guc_variables()[custom_settings[i].index]->name,
						custom_settings[i].seen);
	}
	if (sql.len > 0)
		QueuePrelude(conn, sql.data, 0);
	pfree(sql.data);
	conn->settings_sent = serial;
	conn->settings_in_xact = true;
}

void
ForgetSettings(NodeConn *conn)
{
	conn->settings_sent = 0;
	conn->settings_in_xact = false;
}

void
InitSettings(void)
{
	DefineCustomStringVariable(
		"distshard.kept_search_path",
		"The search path for users' functions while distshard changes tables.", NULL,
		&KeptSearchPath, "", PGC_USERSET,
		GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
	DefineCustomBoolVariable(
		"distshard.consistent_reads",
		"A statement sees each distributed transaction on all nodes, or on none.", NULL,
		&ConsistentReads, true, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"distshard.in_doubt_timeout", "Time to wait for the outcome of a distributed transaction.",
		NULL, &InDoubtTimeout, 5000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}
