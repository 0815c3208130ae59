/*-------------------------------------------------------------------------
 *
 * shared_memory.h
 *	  Memory that all processes of the server share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SHARED_MEMORY_H
#define DISTSHARD_SHARED_MEMORY_H

#include "postgres.h"

#include "storage/lwlock.h"

typedef struct SharedMemory
{
	const char *name; /* also of the lock, in pg_stat_activity.wait_event */
	Size (*size)(void);
	void   **address;
	LWLock **lock;            /* NULL: it has none */
	void (*initialize)(void); /* what is not zero at first; NULL: nothing */
} SharedMemory;

/*
 * For InitXxx() functions: when the server starts, sets *address and *lock, and
 * initializes the memory. What is passed must stay.
 */
extern void ShareMemory(const SharedMemory *memory);

#endif
