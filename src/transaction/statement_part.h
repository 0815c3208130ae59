/*-------------------------------------------------------------------------
 *
 * statement_part.h
 *	  Several fragments that are one statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_STATEMENT_PART_H
#define DISTSHARD_STATEMENT_PART_H

#include "postgres.h"

#include "executor/execdesc.h"
#include "transport/connection.h"

extern void InitStatementParts(void);

/* Tells the node that the next command is part of the statement which the executor state runs. */
extern void QueueStatementPart(NodeConn *conn, EState *estate);

/*
 * Before a part is started, and after: gives it the statement's snapshot and
 * command. With newest, it sees what others have committed since, but still
 * nothing of what its own statement did.
 */
extern void JoinStatement(QueryDesc *part, bool here, bool newest);
extern void StatementJoined(QueryDesc *part);

#endif
