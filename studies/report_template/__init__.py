"""Parts of the report: rows as columns, comparison of verdicts, and the page."""
