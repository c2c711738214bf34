"""One workbook that panes look at, and one line to a pane: revisions, requests, cancellation."""
