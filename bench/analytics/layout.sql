-- How the tables are distributed: by the keys that most joins use.
SELECT create_reference_table(name::regclass) FROM unnest('{region,nation,supplier}'::text[]) name;
SELECT create_distributed_table('part', 'p_partkey');
SELECT create_distributed_table('partsupp', 'ps_partkey', colocate_with => 'part');
SELECT create_distributed_table('customer', 'c_custkey', colocate_with => 'part');
SELECT create_distributed_table('orders', 'o_orderkey', colocate_with => 'none');
SELECT create_distributed_table('lineitem', 'l_orderkey', colocate_with => 'orders');
SELECT create_distributed_table('event', 'tenant_id', colocate_with => 'part');
SELECT create_distributed_table('lefthand', 'id', colocate_with => 'orders');
SELECT create_distributed_table('righthand', 'id', colocate_with => 'orders');
SELECT create_distributed_table('target', 'id', colocate_with => 'orders');
