-- The queue of applications, for those who oversee a part of it: each page in the order of an index.

ALTER TABLE application
  ADD INDEX IF NOT EXISTS by_region (region_code, state, waiting_since, id),
  ADD INDEX IF NOT EXISTS by_hierarchy (hierarchy, state, waiting_since, id);
