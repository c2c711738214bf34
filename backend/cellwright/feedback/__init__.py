"""The feedback store: what was suggested, shown, accepted and rejected, append-only, under consent."""
