"""The admin page's REST: the review queue, labels, plots, people, tuning runs, gate reports, promotion."""
