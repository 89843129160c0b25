"""What is wrong with an installation, and what to do: the machine, the database, the mail server and the public address
are probed, each with a time limit, and nothing is changed."""
