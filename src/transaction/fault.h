/*-------------------------------------------------------------------------
 *
 * fault.h
 *	  Named points in the code at which a test can make something go wrong.
 *
 * Only in a build with make FAULTS=1; otherwise a point is nothing at all.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISTSHARD_FAULT_H
#define DISTSHARD_FAULT_H

#ifdef DISTSHARD_FAULTS

extern void InitFaults(void);
extern void FaultPoint(const char *name);

#define FAULT_POINT(name) FaultPoint(name)

#else

#define InitFaults()      ((void) 0)
#define FAULT_POINT(name) ((void) 0)

#endif

#endif
