/*-------------------------------------------------------------------------
 *
 * trigger_function.c
 *	  What a trigger's function may do, as far as one can see.
 *
 * A function that only computes can be called on the node of a row as well as on
 * any other, so this decides mostly what a statement costs, not what it does: a
 * guess will do. The body is not parsed: its words tell.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/trigger_function.h"
#include "commands/proclang.h"
#include "parser/scanner.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

/* Statements begin with one of these, or have it in them. */
static const char *const statement_words[] = {
	"alter",   "analyze", "call",   "copy", "create", "delete",   "do",     "drop",   "execute",
	"fetch",   "grant",   "insert", "into", "listen", "lock",     "merge",  "notify", "perform",
	"refresh", "revoke",  "select", "set",  "table",  "truncate", "update", "values",
};

/* Functions that change what only the client's session has, or tell of it. */
static const char *const session_functions[] = {
	"currval",      "inet_client_addr",      "inet_client_port",   "lastval",
	"nextval",      "pg_advisory_lock",      "pg_advisory_unlock", "pg_backend_pid",
	"setval",       "pg_advisory_xact_lock", "set_config",         "pg_current_xact_id",
	"txid_current", "pg_try_advisory_lock",
};

static bool
is_among(const char *word, const char *const *words, int nwords)
{
	for (int i = 0; i < nwords; i++)
	{
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

/* Is it, in any schema, a function of users, that is not known to do nothing but compute? */
static bool
may_be_users_function(const char *name)
{
	CatCList *list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	bool      result = false;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(&list->members[i]->tuple);

		result |= proc->oid >= FirstNormalObjectId && proc->provolatile != PROVOLATILE_IMMUTABLE;
	}
	ReleaseSysCacheList(list);
	return result;
}

/* To PostgreSQL's scanner all words are names here: in lower case, unless they are quoted. */
static bool
has_statements(const char *body)
{
	static const ScanKeywordList no_keywords = {.kw_string = ""};

	core_yy_extra_type extra;
	core_yyscan_t      scanner = scanner_init(body, &extra, &no_keywords, NULL);
	core_YYSTYPE       value;
	YYLTYPE            location;
	const char        *word = NULL; /* NULL: the last token was none */
	bool               result = false;
	int                token;

	while (!result && (token = core_yylex(&value, &location, scanner)) != 0)
	{
		if (isalpha((unsigned char) body[location]) || strchr("_\"", body[location]) ||
			IS_HIGHBIT_SET(body[location]))
		{
			word = value.str;
			result = is_among(word, statement_words, lengthof(statement_words));
			continue;
		}
		result = token == '(' && word &&
				 (is_among(word, session_functions, lengthof(session_functions)) ||
				  may_be_users_function(word));
		word = NULL;
	}
	scanner_finish(scanner);
	return result;
}

bool
MayRunStatements(Oid function)
{
	HeapTuple    tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc proc;
	bool         result = true;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	proc = (Form_pg_proc) GETSTRUCT(tuple);
	if (proc->prolang == INTERNALlanguageId || proc->prolang == ClanguageId)
		result = false;
	else if (proc->prolang == get_language_oid("plpgsql", true))
	{
		bool  isnull;
		Datum body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &isnull);

		result = has_statements(TextDatumGetCString(body));
	}
	ReleaseSysCache(tuple);
	return result;
}
