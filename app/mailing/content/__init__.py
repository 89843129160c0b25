"""The content of mails: MIME messages, links, and the entries that mails show."""
