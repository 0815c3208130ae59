/*-------------------------------------------------------------------------
 *
 * quiet.c
 *	  Fragments whose notices the client has got already.
 *
 * What a statement does to a reference table is done to each copy, and triggers
 * that fire there fire for each. The client is to get their notices once: those of
 * the first copy.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/eflags.h"
#include "executor/executor.h"
#include "executor/quiet.h"
#include "utils/guc.h"

void
MarkQuiet(QueryDesc *fragment)
{
	fragment->estate->es_top_eflags |= EXEC_FLAG_QUIET;
}

int
EnterQuiet(void)
{
	int level = NewGUCNestLevel();

	(void) set_config_option("client_min_messages", "error", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return level;
}

int
BeginQuiet(const QueryDesc *query)
{
	return (query->estate->es_top_eflags & EXEC_FLAG_QUIET) ? EnterQuiet() : 0;
}

void
EndQuiet(int level)
{
	if (level > 0)
		AtEOXact_GUC(true, level);
}
