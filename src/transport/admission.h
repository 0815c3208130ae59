/*-------------------------------------------------------------------------
 *
 * admission.h
 *	  Which sessions of this server may have connections to other nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_ADMISSION_H
#define DISTSHARD_ADMISSION_H

#include "postgres.h"

#include "datatype/timestamp.h"

extern void InitAdmission(void);

/*
 * AwaitAdmission returns once this session may open a connection to each node.
 * It stays admitted until it calls Leave, which it should do, after closing its
 * connections, when BeginLeaving says that others have waited long enough.
 */
extern void AwaitAdmission(void);
extern bool IsAdmitted(void);
extern bool ShouldLeave(TimestampTz now);
extern bool BeginLeaving(TimestampTz now);
extern void Leave(void);
extern bool OthersWait(void);

/* The session begins to use its connections, or has stopped to. */
extern void NoteAtWork(void);
extern void NoteIdle(TimestampTz since);

/* So many connections can be opened to the node at this address, by all who want some. */
extern void NoteCapacity(const char *host, int port, int capacity);

#endif
