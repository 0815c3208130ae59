/*-------------------------------------------------------------------------
 *
 * hold_commits.h
 *	  Hold the commits of this node's database for a moment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_HOLD_COMMITS_H
#define DISTSHARD_HOLD_COMMITS_H

#include "postgres.h"

#include "transport/connection.h"

/* A hold that nobody ends or renews expires by itself. Longer than any sane round trip. */
#define HOLD_EXPIRES_MS 1000

extern void InitHoldCommits(void);

/*
 * EnterCommit says that the current transaction is about to commit with an xid,
 * or to be prepared. Waits while commits are held, interruptible. Not needed for
 * COMMIT PREPARED of a distributed transaction: that was decided elsewhere.
 */
extern void EnterCommit(void);

/* What was entered is over, seen by everybody on all nodes or by none. */
extern void LeaveCommit(void);

/*
 * HoldCommitsHere returns true once no commit is under way here and none can
 * begin; false if that did not come in time, or others have held commits for too
 * long already: try again later. RenewHold returns whether the hold has lasted
 * without a break, and makes it last HOLD_EXPIRES_MS from now. Holds end with
 * ReleaseCommitsHere, when a transaction or subtransaction aborts, and with the session.
 */
extern bool HoldCommitsHere(void);
extern bool RenewHold(void);
extern void ReleaseCommitsHere(void);

/* Only a node of the cluster may have commits held here. */
extern void CheckMayHold(void);

/* Has another node end the hold that it has for this session; nobody waits for that. */
extern void ReleaseCommitsOn(NodeConn *conn);

#endif
