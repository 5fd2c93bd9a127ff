"""Numbers to words, tables, plots and pages."""
