/*-------------------------------------------------------------------------
 *
 * transaction_end.c
 *	  What parts of distshard do at the end of a transaction.
 *
 * Most of them have nothing to do in most transactions, and those on ordinary
 * tables are to cost what they cost without distshard. So PostgreSQL is given one
 * function, which looks here who is to be called.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transaction_end.h"

typedef struct Part
{
	TransactionCallback callback;
	void              **state;
} Part;

#define NUM_EVENTS (XACT_EVENT_PRE_PREPARE + 1)
#define MAX_PARTS  16

/* Those of an event: the last registered comes first. */
static Part parts[NUM_EVENTS][MAX_PARTS];
static int  nparts[NUM_EVENTS];

static void
call_parts(XactEvent event, void *arg)
{
	for (int i = nparts[event] - 1; i >= 0; i--)
	{
		const Part *part = &parts[event][i];

		if (part->state == NULL || *part->state != NULL)
			part->callback(event);
	}
}

void
CallAtEvents(int events, TransactionCallback callback, void *state)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(call_parts, NULL);
	registered = true;
	for (int event = 0; event < NUM_EVENTS; event++)
	{
		if (!(events & EVENT(event)))
			continue;
		if (nparts[event] == MAX_PARTS)
			elog(ERROR, "too many callbacks at the end of transactions");
		parts[event][nparts[event]++] = (Part){callback, state};
	}
}
