"""Ask: a sentence in; a plan of edits, or a formula whose value is the answer, out."""
