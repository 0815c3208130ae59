/*-------------------------------------------------------------------------
 *
 * progress.c
 *	  What the progress views show of a command that runs another one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/progress.h"
#include "executor/progress.h"

void
ShowRows(uint64 rows)
{
	int   index[] = {PROGRESS_COPY_TUPLES_PROCESSED, PROGRESS_ROWS_OF_ALL_NODES};
	int64 values[] = {rows, rows};

	pgstat_progress_update_multi_param(lengthof(index), index, values);
}

void
RestoreProgress(const PgBackendStatus *before)
{
	int index[PGSTAT_NUM_PROGRESS_PARAM];

	if (before->st_progress_command == PROGRESS_COMMAND_INVALID)
	{
		pgstat_progress_end_command();
		return;
	}
	for (int i = 0; i < PGSTAT_NUM_PROGRESS_PARAM; i++)
		index[i] = i;
	pgstat_progress_start_command(before->st_progress_command, before->st_progress_command_target);
	pgstat_progress_update_multi_param(PGSTAT_NUM_PROGRESS_PARAM, index, before->st_progress_param);
}
