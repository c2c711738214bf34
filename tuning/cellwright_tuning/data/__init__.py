"""Generated training data: words, grammar, workbooks, slips, tasks; nothing here is copied from a corpus."""
