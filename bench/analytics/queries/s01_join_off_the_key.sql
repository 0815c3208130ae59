-- other: two tables of 1M rows, neither of them by its key
SELECT count(*), sum(l.value), sum(r.value) FROM lefthand l JOIN righthand r ON l.other = r.other;
