/*-------------------------------------------------------------------------
 *
 * shared_memory.c
 *	  Memory that all processes of the server share.
 *
 * How much is needed can be told only when the server knows how many backends
 * there may be, and it is there only later; for both there is a hook.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "shared_memory.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

static List *shared = NIL; /* of SharedMemory * */

static shmem_request_hook_type next_shmem_request = NULL;
static shmem_startup_hook_type next_shmem_startup = NULL;

static void
RequestMemory(void)
{
	ListCell *lc;

	if (next_shmem_request)
		next_shmem_request();
	foreach (lc, shared)
	{
		const SharedMemory *memory = lfirst(lc);

		RequestAddinShmemSpace(memory->size());
		if (memory->lock)
			RequestNamedLWLockTranche(memory->name, 1);
	}
}

static void
SetUpMemory(void)
{
	ListCell *lc;

	if (next_shmem_startup)
		next_shmem_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	foreach (lc, shared)
	{
		const SharedMemory *memory = lfirst(lc);
		bool                found;

		*memory->address = ShmemInitStruct(memory->name, memory->size(), &found);
		if (memory->lock)
			*memory->lock = &GetNamedLWLockTranche(memory->name)->lock;
		if (found)
			continue;
		memset(*memory->address, 0, memory->size());
		if (memory->initialize)
			memory->initialize();
	}
	LWLockRelease(AddinShmemInitLock);
}

void
ShareMemory(const SharedMemory *memory)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	if (shared == NIL)
	{
		next_shmem_request = shmem_request_hook;
		shmem_request_hook = RequestMemory;
		next_shmem_startup = shmem_startup_hook;
		shmem_startup_hook = SetUpMemory;
	}
	shared = lappend(shared, unconstify(SharedMemory *, memory));
	MemoryContextSwitchTo(old);
}
