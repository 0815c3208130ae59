/*-------------------------------------------------------------------------
 *
 * notice.c
 *	  What this backend tells the node that it works for, beside its results.
 *
 * Such messages travel as notices with an SQLSTATE of ours, which that node's
 * notice receiver keeps to itself (remote_error.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "transport/connection.h"
#include "utils/elog.h"
#include "utils/guc.h"

void
SendNotice(int sqlstate, const char *text)
{
	StringInfoData notice;

	pq_beginmessage(&notice, 'N');
	pq_sendbyte(&notice, PG_DIAG_SEVERITY);
	pq_sendstring(&notice, "LOG");
	pq_sendbyte(&notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	pq_sendstring(&notice, "LOG");
	pq_sendbyte(&notice, PG_DIAG_SQLSTATE);
	pq_sendstring(&notice, unpack_sql_state(sqlstate));
	pq_sendbyte(&notice, PG_DIAG_MESSAGE_PRIMARY);
	pq_sendstring(&notice, text);
	pq_sendbyte(&notice, '\0');
	pq_endmessage(&notice);
}

/* PostgreSQL flushes what it reports itself, if the client is to get it. */
void
SendNoticeAtOnce(int sqlstate, const char *text)
{
	int wanted = client_min_messages;

	client_min_messages = NOTICE;
	ereport(NOTICE, (errcode(sqlstate), errmsg_internal("%s", text), errhidestmt(true),
					 errhidecontext(true)));
	client_min_messages = wanted;
}
