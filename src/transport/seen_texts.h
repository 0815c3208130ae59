/*-------------------------------------------------------------------------
 *
 * seen_texts.h
 *	  Which statements were seen before.
 *
 * To keep a statement's plan pays from its second time on, and most literals
 * come once: a session that kept them all would fill its memory, and the
 * node's, with plans that nobody asks for again. A statement may be forgotten
 * here at any time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_SEEN_TEXTS_H
#define DISTSHARD_SEEN_TEXTS_H

#include "postgres.h"

typedef struct SeenTexts
{
	uint32 marks[4096];
} SeenTexts;

/* Was a statement of this hash seen before? From now on it was. */
static inline bool
SeenBefore(SeenTexts *seen, uint64 hash)
{
	uint32 *slot = &seen->marks[hash % lengthof(seen->marks)];
	uint32  mark = (uint32) (hash >> 32) | 1;
	bool    before = *slot == mark;

	*slot = mark;
	return before;
}

#endif
