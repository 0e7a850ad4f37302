-- The shop in memory: from pictures and certificates of a revision to the product that shows them.

ALTER TABLE product
  ADD KEY IF NOT EXISTS by_revision (revision);
