"""Fitting the scorer of questions over a table on WikiTableQuestions' train part."""
