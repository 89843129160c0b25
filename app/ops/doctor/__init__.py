"""What is wrong with an installation, and what to do: the machine, the database, the mail server and the public address
are asked, each within its time, and nothing is changed."""
