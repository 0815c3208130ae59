/*-------------------------------------------------------------------------
 *
 * remote_xact.h
 *	  What only transaction control needs to do with connections.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_REMOTE_XACT_H
#define DISTSHARD_REMOTE_XACT_H

#include "transport/connection.h"

/* Set by transaction control: rolls the node's transaction back and begins it again. */
extern void (*RestartRemoteTransaction)(NodeConn *conn);

/* All connections of the session, open or not. */
extern List *AllConns(void);

/* The session's connection to a node, without opening it. */
extern NodeConn *PeekNodeConn(int32 node_id);

/* Grows each time the connection was lost. */
extern uint32 ConnIncarnation(NodeConn *conn);
extern bool   ConnIsOpen(NodeConn *conn);

/* Nothing has been done in the node's transaction: a failing statement may be tried once more. */
extern void SetConnFresh(NodeConn *conn);

/* What is running commits: do not give up before the answer. */
extern void SetOutcomeMatters(NodeConn *conn, bool matters);

/* Let no cancel become an error before the end of the transaction. */
extern void HoldOffCancel(void);
extern void ResumeCancel(void);

/* A cancel that came while nodes were waited for has been obeyed. */
extern void ForgetStopWanted(void);

/* The command's tag, "COMMIT" for instance; waits for the end. */
extern const char *CommandResultTag(RemoteCommand *command);

/* The first column of the next row, as text; a command without a row type. */
extern bool NextText(RemoteCommand *command, const char **value, bool *isnull);

/* Returns false if the command has no answer within the timeout, in milliseconds. */
extern bool WaitForCommand(RemoteCommand *command, long timeout);

/*
 * Cleaning up. AbandonCommands: nobody is interested any more in what was sent
 * at this nesting level or below, other than for a cursor that lives on.
 * SettleConns reads what is left of that, without raising errors, after
 * stopping it if so wanted; connections that do not come to rest within the
 * timeout, in milliseconds, are closed, and sooner when the client wants to stop. IsAtRest: there is nothing to settle.
 */
extern void AbandonCommands(NodeConn *conn, int level);
extern void SettleConns(List *conns, bool cancel, long timeout);
extern bool IsAtRest(NodeConn *conn);
extern void DropConn(NodeConn *conn);
extern void DropUnsent(NodeConn *conn); /* closes it if statements are queued but not sent */

/* What is queued now may fail or not. */
extern void ForgiveErrors(NodeConn *conn);
extern bool CommandDone(RemoteCommand *command);
extern int  CommandForgivenError(RemoteCommand *command); /* SQLSTATE, 0: none */

/* Makes what follows a batch of its own, which an earlier error does not skip. Raises no error. */
extern void EndBatch(NodeConn *conn);

/* Commands sent at this nesting level now belong to the one above. */
extern void RaiseCommandLevel(NodeConn *conn, int level);

/* The node's transaction was rolled back, or committed. */
extern void SettingsRolledBack(NodeConn *conn);
extern void SettingsCommitted(NodeConn *conn);

#endif
