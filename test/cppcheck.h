/*
 * What cppcheck has to know of PostgreSQL's headers, which it does not read: how control flows through macros.
 */
#define ERROR 21
#define FATAL 22
#define PANIC 23
#define ereport(level, ...) do { (void) (__VA_ARGS__); if ((level) >= ERROR) abort(); } while (0)
#define elog(level, ...) do { use(__VA_ARGS__); if ((level) >= ERROR) abort(); } while (0)
#define Assert(condition) do { if (!(condition)) abort(); } while (0)
#define PG_RE_THROW() abort()
#define PG_TRY() { bool failed = setjmp(); if (!failed)
#define PG_CATCH() else
#define PG_FINALLY()
#define PG_END_TRY() }
#define foreach(cell, list) for (cell = first_cell(list); cell != NULL; cell = next_cell(list, cell))
#define forboth(cell1, list1, cell2, list2) for (cell1 = first_cell(list1), cell2 = first_cell(list2); \
	cell1 != NULL && cell2 != NULL; cell1 = next_cell(list1, cell1), cell2 = next_cell(list2, cell2))
#define PG_FUNCTION_ARGS FunctionCallInfo fcinfo
#define PG_FUNCTION_INFO_V1(name) extern Datum name(FunctionCallInfo fcinfo)
#define PG_MODULE_MAGIC extern int magic
#define pg_noreturn
#define pg_attribute_noreturn()
#define CppAsString(x) #x
#define CppAsString2(x) #x
#define dlist_foreach(iter, list) for (iter.cur = first_node(list); iter.cur != NULL; iter.cur = next_node(iter.cur))
#define dlist_foreach_modify(iter, list) dlist_foreach(iter, list)
#define slist_foreach(iter, list) dlist_foreach(iter, list)
#define slist_foreach_modify(iter, list) dlist_foreach(iter, list)
#define dlist_container(type, member, node) ((type *) (void *) (node))
#define dclist_foreach(iter, list) dlist_foreach(iter, list)
#define foreach_delete_current(list, cell) (cell)
#define for_each_from(cell, list, n) foreach (cell, list)
#define for_each_cell(cell, list, start) foreach (cell, list)
