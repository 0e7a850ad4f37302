-- How long the rows of imports are kept, and how the turn that takes them away finds them; the prices of one supplier that
-- wait for one instant.

ALTER TABLE import
  ADD COLUMN IF NOT EXISTS kept ENUM('whole', 'going', 'gone') NOT NULL DEFAULT 'whole' COMMENT 'what stands of its faults, notes and changes: rows that are being taken away are shown no more',
  ADD KEY IF NOT EXISTS by_kept (kept, supplier, id);

ALTER TABLE price_plan
  ADD KEY IF NOT EXISTS by_supplier_start (supplier, state, starts_at, sku, id);
