"""Verification: Candidate -> Verdict, by running the candidate on the workbook."""
