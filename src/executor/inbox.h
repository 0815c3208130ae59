/*-------------------------------------------------------------------------
 *
 * inbox.h
 *	  Rows that nodes have sent to this one for a fragment to come.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_INBOX_H
#define DISTSHARD_INBOX_H

#include "postgres.h"

#include "access/htup.h"
#include "storage/dsm_impl.h"

typedef struct Inbox       Inbox;
typedef struct InboxReader InboxReader;

extern void InitInboxes(void);

/*
 * OpenInbox makes room for the rows of a transfer until the end of the
 * (sub)transaction, or until its reader has ended. The handle is what others
 * on this node find it by.
 */
extern dsm_handle OpenInbox(int transfer);

/* The session's newest inbox for a transfer; NULL if there is none. */
extern Inbox *FindInbox(int transfer);
extern double InboxRows(Inbox *inbox);

/* Adds rows to an inbox of any session of this node, if it is still there. The sender is a group. */
extern void AppendToInbox(dsm_handle handle, int32 sender, const char *data, int len, int64 rows);

/* Reads all rows, as often as wanted. The inbox is gone when its last reader has ended. */
extern InboxReader *BeginReading(Inbox *inbox);
extern MinimalTuple
			NextInboxRow(InboxReader *reader); /* valid until the next call; NULL at the end */
extern void ReadAgain(InboxReader *reader);
extern void EndReading(InboxReader *reader);

#endif
