"""The checks of the audit, one idea a file; each takes the workbook's Facts and yields Findings."""
