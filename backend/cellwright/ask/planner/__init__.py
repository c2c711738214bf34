"""A larger language model as planner of requests in words: one on disk, or a server on this machine."""
