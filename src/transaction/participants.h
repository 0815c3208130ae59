/*-------------------------------------------------------------------------
 *
 * participants.h
 *	  Which nodes take part in the session's transaction, for the end of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_PARTICIPANTS_H
#define DISTSHARD_PARTICIPANTS_H

#include "postgres.h"

#include "transport/connection.h"

#define ABORT_TIMEOUT_MS 3000 /* to wait for a node's answer when its transaction is over */

/* A node that takes part. */
typedef struct Participant
{
	NodeConn *conn;
	uint32    incarnation; /* of the connection that holds the transaction */
	int       isolation;   /* level of the transaction there */
	int       depth;       /* nesting levels that the node knows of */
	int       write_level; /* outermost nesting level that wrote; 0: it only read */
	TimestampTz
		told_start; /* of the statement that it was last told of (start_time.h); 0: of none */
	CommandId
		changes_seen_from; /* command of this node whose snapshot sees all that was changed there */
	bool           locked; /* holds locks on tables for the transaction */
	bool           preparing; /* PREPARE TRANSACTION was sent */
	bool           over;      /* the transaction there has ended */
	RemoteCommand *command;
} Participant;

extern Participant *participants;
extern int          nparticipants;

extern void InitParticipants(void);

/* NULL if the node of the connection takes no part. */
extern Participant *FindParticipant(NodeConn *conn);

/* Is the connection another one by now? CheckNotLost raises the error. */
extern bool IsLost(const Participant *participant);
extern void CheckNotLost(const Participant *participant);

/* The current subtransaction becomes part of the one above, or is undone, on all nodes. */
extern void MergeCurrentLevel(void);
extern void RollbackCurrentLevel(void);

/* The transaction is over. */
extern void ForgetParticipants(void);

#endif
