"""Link checks: the links of published entries come in; their state goes out."""
